/**
 * classifier: pycaffe's caffe.Classifier: a picture to class scores, from one crop or from ten, with its names for the
 * options and its order of steps.
 */
import { IMAGE, NET, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import { product } from '../shapes.js';
import { resizeLikeCaffe, type FloatImage } from './caffe-resize.js';
import { checkImage, checkSize, type RgbImage, type Size } from './image.js';
import { checkBlob, imageInput, setInput, type VisionNet } from './net-interface.js';
import { resizeBilinear } from './resize.js';

/** Numbers and their shape. */
export interface MeanArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** How a {@link Classifier} prepares pictures. */
export interface ClassifierOptions {
  /** Name of the input that takes the picture, and of the blob with the scores. Default: the first of each. */
  input?: string;
  output?: string;
  /** What pictures are resized to before they are cropped. Default: the net's input size, which leaves nothing to crop. */
  imageDims?: Size;
  /**
   * Subtracted after `rawScale`, in the blob's channel order: a number for each channel, or an image of channels x height x
   * width, resized to the input's size when it has another one.
   */
  mean?: readonly number[] | MeanArray;
  /** Multiplied first: pictures are 0..1. Default: 255, as in Caffe's classify.py. */
  rawScale?: number;
  /** Multiplied last. Default: 1. */
  inputScale?: number;
  /** Which channel of RGB each channel of the blob is. Default: 2, 1, 0, which is BGR; nets of one channel have none. */
  channelSwap?: readonly number[];
  /** Average over ten crops: corners and centre, and all of them mirrored. Default: false, the centre alone. */
  oversample?: boolean;
  /** 'caffe': as caffe.io.resize_image; 'pillow': bilinear as PyTorch's nets were trained with. Default: 'caffe'. */
  resize?: 'caffe' | 'pillow';
}

/** A class and its score. */
export interface ClassScore {
  /** From 0. */
  index: number;
  score: number;
}

/**
 * A classifier net with its preparation of pictures, as pycaffe's caffe.Classifier.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const classifier = new Classifier(net, { mean: [104, 117, 123] });
 * const scores = await classifier.classify(await readImage('photo.png'));
 * scores.length; // → 5
 */
export class Classifier {
  readonly #input: string;
  readonly #output: string;
  readonly #channels: number;
  readonly #crop: Size;
  readonly #imageDims: Size;
  readonly #mean: Float64Array | undefined;
  readonly #rawScale: number;
  readonly #inputScale: number;
  readonly #swap: readonly number[];
  readonly #oversample: boolean;
  readonly #resize: 'caffe' | 'pillow';

  /**
   * @throws NetspecError when the net has no such input or output, or an option does not fit it: before anything runs.
   */
  constructor(
    readonly net: VisionNet,
    options: ClassifierOptions = {},
  ) {
    checkArguments('new Classifier()', { net: [net, NET], options: [options, OPTIONS] });
    const { mean, rawScale = 255, inputScale = 1, oversample = false, resize = 'caffe' } = options;
    this.#input = imageInput(net, options.input, [1, 3]);
    const output = options.output ?? net.outputs[0];
    if (output === undefined) throw new NetspecError('the net has no output');
    checkBlob(net, output, 'the scores');
    this.#output = output;
    const [, channels, height, width] = net.blobs.get(this.#input)!.shape as [number, number, number, number];
    this.#channels = channels;
    this.#crop = { width, height };
    this.#imageDims = options.imageDims ?? this.#crop;
    checkSize(this.#imageDims, 'imageDims');
    if (this.#imageDims.width < width || this.#imageDims.height < height)
      throw new NetspecError(
        `imageDims of ${this.#imageDims.height},${this.#imageDims.width} (height, width) are smaller than the net's ` +
          `input of ${height},${width}`,
      );
    for (const [name, value] of Object.entries({ rawScale, inputScale }))
      if (!Number.isFinite(value) || value === 0)
        throw new NetspecError(`${name} must be a number other than 0, got ${value}`);
    this.#rawScale = Math.fround(rawScale);
    this.#inputScale = Math.fround(inputScale);
    this.#swap = checkSwap(options.channelSwap ?? (channels === 3 ? [2, 1, 0] : [0]), channels);
    this.#mean = mean && meanPlanes(mean, channels, this.#crop);
    this.#oversample = oversample;
    this.#resize = resize;
  }

  /** Name of the blob with the scores. */
  get output(): string {
    return this.#output;
  }

  /** Whether the ten crops differ by more than their mirroring. */
  get hasRoomToCrop(): boolean {
    return this.#imageDims.width > this.#crop.width || this.#imageDims.height > this.#crop.height;
  }

  /**
   * A score for each class: the output's values, averaged over the crops.
   * Source: Classifier.predict of Caffe's classifier.py, with Transformer.preprocess and oversample of io.py.
   * @throws NetspecError when the picture is none, the output has no row for each crop, or holds what is no number.
   */
  async classify(image: RgbImage, onProgress?: (done: number, total: number) => void): Promise<Float32Array> {
    checkImage(image);
    const whole = this.#resized(image);
    const crops = cropCorners(whole, this.#crop, this.#oversample);
    const { width, height } = this.#crop;
    const size = this.#channels * height * width;
    const data = new Float32Array(crops.length * size);
    crops.forEach((crop, i) => this.#fill(data.subarray(i * size, (i + 1) * size), whole, crop));
    setInput(this.net, this.#input, [crops.length, this.#channels, height, width], data);
    const total = this.net.steps.length;
    const blobs = await this.net.forward({
      blobs: [this.#output],
      onStep: onProgress && ((index) => onProgress(index + 1, total)),
    });
    return averageRows(blobs.get(this.#output)!, crops.length, this.#output);
  }

  #resized(image: RgbImage): FloatImage {
    const { width, height } = this.#imageDims;
    if (this.#resize === 'pillow') return toFloat(resizeBilinear(image, width, height), this.#channels);
    if (this.#channels === 3) return resizeLikeCaffe({ ...image, channels: 3 }, this.#imageDims, BYTE_VALUES);
    return resizeLikeCaffe(toFloat(image, 1), this.#imageDims);
  }

  /** One crop into its place of the blob: channel by channel, scaled, without the mean. */
  #fill(target: Float32Array, { width: stride, channels, data }: FloatImage, { x, y, mirrored }: Crop): void {
    const { fround } = Math;
    const { width, height } = this.#crop;
    let out = 0;
    for (const channel of this.#swap)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++) {
          const from = x + (mirrored ? width - 1 - column : column);
          const scaled = fround(data[((y + row) * stride + from) * channels + channel]! * this.#rawScale);
          const centered = this.#mean ? fround(scaled - this.#mean[out]!) : scaled;
          target[out++] = centered * this.#inputScale;
        }
  }
}

/**
 * One picture with a net: see {@link Classifier}, which serves many.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const scores = await classify(net, await readImage('photo.png'), { mean: [104, 117, 123], oversample: true });
 * scores.length; // → 5
 */
export async function classify(
  net: VisionNet,
  image: RgbImage,
  options: ClassifierOptions = {},
): Promise<Float32Array> {
  checkArguments('classify()', { net: [net, NET], image: [image, IMAGE], options: [options, OPTIONS] });
  return new Classifier(net, options).classify(image);
}

/** The classes of the highest scores, best first; of equal scores the lower index. */
export function topClasses(scores: Float32Array, count: number): ClassScore[] {
  return Array.from(scores, (score, index) => ({ index, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}

function checkSwap(swap: readonly number[], channels: number): readonly number[] {
  if (swap.length !== channels || !swap.every((c) => Number.isInteger(c) && c >= 0 && c < channels))
    throw new NetspecError(
      `channelSwap must name ${channels === 1 ? 'channel 0' : `${channels} channels from 0 to ${channels - 1}`}, got [${swap.join(', ')}]`,
    );
  return swap;
}

/** A mean for each value of a crop. Source: Transformer.set_mean of Caffe's io.py. */
function meanPlanes(mean: readonly number[] | MeanArray, channels: number, { width, height }: Size): Float64Array {
  const plane = width * height;
  const { shape, data } = 'shape' in mean ? mean : { shape: [mean.length], data: mean };
  const refuse = (reason: string) =>
    new NetspecError(`the mean is ${shape.join('x')}: ${reason}`, {
      hint: `a mean has a number for each of ${channels} channels, or is ${channels} x height x width`,
    });
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) throw refuse('it holds what is no number');
  if (shape.length === 1) {
    if (shape[0] !== channels) throw refuse(`the input has ${channels} channels`);
    return Float64Array.from({ length: channels * plane }, (_, i) => data[Math.floor(i / plane)]!);
  }
  // A .binaryproto has a batch axis, a mean of one channel may have none.
  const dims = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape.length === 2 ? [1, ...shape] : shape;
  if (dims.length !== 3 || dims[0] !== channels || product(dims) === 0) throw refuse('it does not fit the input');
  if (dims[1] === height && dims[2] === width) return Float64Array.from(data);
  const [, fromHeight, fromWidth] = dims as [number, number, number];
  const interleaved = { width: fromWidth, height: fromHeight, channels, data: new Float32Array(product(dims)) };
  const pixels = fromHeight * fromWidth;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < pixels; i++) interleaved.data[i * channels + c] = data[c * pixels + i]!;
  const resized = resizeLikeCaffe(interleaved, { width, height });
  return Float64Array.from(
    { length: channels * plane },
    (_, i) => resized.data[(i % plane) * channels + Math.floor(i / plane)]!,
  );
}

/** What Caffe's load_image makes of each byte. */
const BYTE_VALUES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Bytes as 0..1; for one channel the luminance that scikit-image's rgb2gray gives. */
function toFloat({ width, height, data }: RgbImage, channels: number): FloatImage {
  if (channels === 3) return { width, height, channels, data: Float32Array.from(data, (byte) => BYTE_VALUES[byte]!) };
  const gray = new Float32Array(width * height);
  for (let i = 0; i < gray.length; i++) {
    const [r, g, b] = [data[i * 3]!, data[i * 3 + 1]!, data[i * 3 + 2]!];
    // A grey picture's values stay as they are, as Caffe leaves them.
    gray[i] = r === g && g === b ? r / 255 : (0.2125 * r + 0.7154 * g + 0.0721 * b) / 255;
  }
  return { width, height, channels, data: gray };
}

interface Crop {
  x: number;
  y: number;
  mirrored: boolean;
}

/** The centre; or corners row by row, centre, and the five mirrored. An odd remainder leaves the centre up and left. */
function cropCorners(whole: Size, crop: Size, oversample: boolean): Crop[] {
  const [right, bottom] = [whole.width - crop.width, whole.height - crop.height];
  const center = { x: Math.floor(right / 2), y: Math.floor(bottom / 2) };
  if (!oversample) return [{ ...center, mirrored: false }];
  const five = [...[0, bottom].flatMap((y) => [0, right].map((x) => ({ x, y }))), center];
  return [false, true].flatMap((mirrored) => five.map((corner) => ({ ...corner, mirrored })));
}

/** Row by row added up and divided in float32, as numpy's mean over an axis does. */
function averageRows({ data, shape }: MeanArray, rows: number, name: string): Float32Array {
  const size = data.length / rows;
  if (!Number.isInteger(size) || size === 0 || shape[0] !== rows)
    throw new NetspecError(
      `output '${name}' of ${shape.join('x') || 'one value'} has no row for each of ${rows} crops`,
    );
  const sums = new Float32Array(size);
  for (let i = 0; i < data.length; i++) sums[i % size]! += data[i]!;
  for (let i = 0; i < size; i++) {
    sums[i]! /= rows;
    if (Number.isNaN(sums[i]))
      throw new NetspecError(`output '${name}': some values are not numbers`, {
        code: 'not-a-number',
        hint: 'look at the blobs before it: see where they begin',
      });
  }
  return sums;
}
