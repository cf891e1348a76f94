/**
 * transform: from a picture to a detector's input blob: resize, to float, channel order, mean and deviation, zero padding.
 * All arithmetic is float32's, in the order in which numpy and torchvision do it, so the values are bit for bit theirs.
 */
import { IMAGE, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import { fitSize, type FitOptions } from './fit-size.js';
import { checkImage, checkSize, type RgbImage, type Size } from './image.js';
import { resizeBilinear } from './resize.js';

/** How {@link transformImage} makes an input of a picture. */
export interface TransformOptions {
  /**
   * Sides to fit the image into; a width and a height to resize it to whatever its proportions are; `null` keeps
   * the image's size; `'net'` is the size of the net's input, for whoever knows the net.
   */
  size: FitOptions | Size | 'net' | null;
  /**
   * With a width and a height: keep the proportions, and put the image in the middle of grey, as Darknet does. Default: false.
   */
  letterbox?: boolean;
  /** Order of the blob's channels. `mean` and `std` are in this order too. */
  channelOrder: 'bgr' | 'rgb';
  /** What a full channel becomes: 255 keeps 0..255, 1 gives 0..1 as torchvision's ToTensor. */
  scale: number;
  /** Subtracted after scaling. */
  mean: readonly [number, number, number];
  /** Divided by after the mean is subtracted. */
  std: readonly [number, number, number];
  /** Width and height of the blob are multiples of this; what is added at the right and at the bottom is 0. */
  padTo: number;
}

/** What detection-v2 was trained with: maskrcnn_benchmark's defaults at 480 to 640 pixels. */
export const DETECTION_TRANSFORM: TransformOptions = {
  size: { short: 480, long: 640 },
  channelOrder: 'bgr',
  scale: 255,
  mean: [102.9801, 115.9465, 122.7717],
  std: [1, 1, 1],
  padTo: 32,
};

/** A picture as the input of a net; see {@link transformImage}. */
export interface TransformedImage {
  /** [1, 3, height, width], padding included. */
  readonly shape: readonly [1, 3, number, number];
  readonly data: Float32Array;
  /** The picture after resizing, before anything else: what the boxes that a net finds refer to. */
  readonly resized: RgbImage;
  /** Where the upper left corner of that picture is in the blob. */
  readonly corner: { readonly x: number; readonly y: number };
  /** Size of the picture that was given. */
  readonly original: Size;
}

/**
 * A picture as a net's input blob: Pillow's bilinear resize, pixel/255·scale, channel order, minus mean, divided by std,
 * and zeros up to a multiple of `padTo`: after the mean, so the padding is 0 and not minus the mean.
 * Source: the transforms of maskrcnn_benchmark (Resize, ToTensor, Normalize, to_image_list).
 * @param options what differs from {@link DETECTION_TRANSFORM}
 * @throws NetspecError for a bad option, for a picture that cannot be fitted, and as {@link resizeBilinear}.
 * @example
 * const image = await readImage('photo.png');
 * const { shape } = transformImage(image, { size: null, padTo: 32 });
 * shape; // → [1, 3, 32, 32]
 */
export function transformImage(image: RgbImage, options: Partial<TransformOptions> = {}): TransformedImage {
  checkArguments('transformImage()', { image: [image, IMAGE], options: [options, OPTIONS] });
  checkImage(image);
  const given = checkTransform({ ...DETECTION_TRANSFORM, ...options });
  const { channelOrder, scale, mean, std, padTo } = given;
  const { target, around } = sizesOf(image, given);
  const [height, width] = [around.height, around.width].map((side) => Math.ceil(side / padTo) * padTo) as [
    number,
    number,
  ];
  checkBlobSize({ width, height }, target);
  const resized = resizeBilinear(image, target.width, target.height);
  const corner = { x: (around.width - target.width) >> 1, y: (around.height - target.height) >> 1 };
  const data = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    const values = channelValues(scale, mean[c]!, std[c]!);
    const plane = data.subarray(c * height * width, (c + 1) * height * width);
    if (given.letterbox) plane.fill(valueOf(GREY, scale, mean[c]!, std[c]!));
    let from = channelOrder === 'bgr' ? 2 - c : c;
    for (let y = corner.y; y < corner.y + target.height; y++)
      for (let x = y * width + corner.x; x < y * width + corner.x + target.width; x++) {
        plane[x] = values[resized.data[from]!]!;
        from += 3;
      }
  }
  return {
    shape: [1, 3, height, width],
    data,
    resized,
    corner,
    original: { width: image.width, height: image.height },
  };
}

/** What Darknet fills the rest of a letterbox with, in parts of white. */
const GREY = 0.5;

/** What the picture is resized to, and the size of what it then stands in. */
function sizesOf(image: Size, { size, letterbox = false }: TransformOptions): { target: Size; around: Size } {
  if (size === 'net')
    throw new NetspecError("size 'net' is the size of a net's input: give a width and a height where no net is known");
  if (size === null || !('width' in size)) {
    const target = size === null ? image : fitSize(image, size);
    return { target, around: target };
  }
  if (!letterbox) return { target: size, around: size };
  // Darknet cuts fractions off.
  const factor = Math.min(size.width / image.width, size.height / image.height);
  const target = { width: Math.trunc(image.width * factor), height: Math.trunc(image.height * factor) };
  if (target.width < 1 || target.height < 1)
    throw new NetspecError(
      `an image of ${image.width}x${image.height} would be resized to ${target.width}x${target.height}`,
      {
        hint: 'it is too narrow for a letterbox; crop it first',
      },
    );
  return { target, around: size };
}

/** @throws NetspecError for a value that cannot be meant. */
export function checkTransform(options: TransformOptions): TransformOptions {
  const { size, letterbox, channelOrder, scale, mean, std, padTo } = options;
  const fail = (reason: string): never => {
    throw new NetspecError(reason);
  };
  // Callers without types reach this too.
  if (!(['bgr', 'rgb'] as string[]).includes(channelOrder))
    fail(`channel order must be 'bgr' or 'rgb', got '${channelOrder}'`);
  for (const [name, values] of Object.entries<readonly number[]>({ mean, std }))
    if (values.length !== 3 || !values.every(Number.isFinite))
      fail(`${name} must be three numbers, one a channel, got [${values.join(', ')}]`);
  if (std.includes(0)) fail(`std must not be 0, got [${std.join(', ')}]`);
  if (!Number.isFinite(scale) || scale === 0) fail(`scale must be a number other than 0, got ${scale}`);
  if (typeof size === 'object' && size !== null && 'width' in size) checkSize(size, 'target');
  else if (letterbox && size !== 'net') fail('a letterbox needs a width and a height');
  if (!Number.isInteger(padTo) || padTo < 1) fail(`padTo must be whole and at least 1, got ${padTo}`);
  return options;
}

/** Values that a blob of three channels may have at most: what WebAssembly's 4 GiB hold. */
const MOST_PIXELS = Math.floor(0x3fffffff / 3);

function checkBlobSize({ width, height }: Size, target: Size): void {
  if (width * height > MOST_PIXELS)
    throw new NetspecError(
      `the image would become ${target.width}x${target.height}: more than the ${MOST_PIXELS} pixels that a blob can hold`,
    );
}

/** The float of each of the 256 values that a byte has, rounded to float32 after every step as numpy does. */
function channelValues(scale: number, mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => valueOf(byte / 255, scale, mean, std));
}

/** The float of a brightness, which is 1 for white. */
function valueOf(brightness: number, scale: number, mean: number, std: number): number {
  const { fround } = Math;
  const [s, m, d] = [fround(scale), fround(mean), fround(std)];
  return fround(fround(fround(fround(brightness) * s) - m) / d);
}
