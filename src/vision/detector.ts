/**
 * detector: a net and what stands around it, from a picture to boxes in that picture. One net serves any number of
 * pictures of any size: it is reshaped to each.
 */
import { IMAGE, NET, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { AnchorLevel, AnchorOptions } from './anchors.js';
import { scaleBox, type Box } from './boxes.js';
import { createHead, kindOf, type HeadOptions } from './heads/kinds.js';
import type { DetectionHead } from './heads/head.js';
import type { HeadNames, RetinaNetHeadOptions } from './heads/retina-net.js';
import type { RgbImage, Size } from './image.js';
import { imageInput, setInput, type VisionNet } from './net-interface.js';
import type { Detection, SelectOptions } from './select.js';
import { checkTransform, transformImage, type TransformOptions } from './transform.js';

export { DETECTION_HEADS, type HeadNames } from './heads/retina-net.js';

/** How a {@link Detector} makes inputs and reads outputs. Default: as for detection-v2. */
export interface DetectorOptions {
  /** Name of the input that takes the picture. Default: the net's first. */
  input?: string;
  /** What differs from the transform that nets with such a head were trained with. */
  transform?: Partial<TransformOptions>;
  /**
   * The kind of head, with what it takes. Default: by the net's layers, a layer that gives detections or a Region layer; else
   * RetinaNet's, with `anchors`, `select` and `heads`.
   */
  head?: HeadOptions;
  /** What differs from DETECTION_ANCHORS, or the anchors of each level themselves. */
  anchors?: Partial<AnchorOptions> | readonly AnchorLevel[];
  /** What differs from DETECTION_SELECT. */
  select?: Partial<SelectOptions>;
  /** The head's blobs, level by level as the anchors. Default: detection-v2's. */
  heads?: readonly HeadNames[];
}

/** How far a detection is: for progress. */
export interface DetectOptions {
  /** Called after each of the net's steps. */
  onProgress?: (done: number, total: number) => void;
}

/** What a {@link Detector} found in a picture. */
export interface DetectionResult {
  /** Best first; boxes in pixels of the picture that was given. */
  detections: Detection[];
  /** Size of that picture, and what it was resized to. */
  original: Size;
  resized: Size;
  /** Shape of the blob that the net ran on. */
  inputShape: readonly number[];
}

/**
 * A detector net with its input transform and its selection of boxes.
 * @example
 * const net = await Net.load('detector.prototxt', { weights: 'detector.caffemodel' });
 * const detector = new Detector(net, {
 *   transform: { size: null },
 *   anchors: { sizes: [16], strides: [8], aspectRatios: [1], scalesPerOctave: 1 },
 *   heads: [{ logits: 'logits', deltas: 'deltas' }],
 * });
 * const { detections, inputShape } = await detector.detect(await readImage('photo.png'));
 * inputShape; // → [1, 3, 32, 32]
 * detections.length > 0; // → true
 */
export class Detector {
  readonly #input: string;
  readonly #head: DetectionHead;
  readonly #transform: TransformOptions;

  /**
   * @throws NetspecError when the net has no such input or head, or an option cannot be meant: before anything runs.
   */
  constructor(
    readonly net: VisionNet,
    options: DetectorOptions = {},
  ) {
    checkArguments('new Detector()', { net: [net, NET], options: [options, OPTIONS] });
    const { input, transform, head, ...retinaNet } = options;
    this.#input = imageInput(net, input, [3]);
    const chosen = head ?? headOf(net, retinaNet);
    this.#head = createHead(net, chosen);
    if (chosen.kind === 'retinanet' && transform?.letterbox)
      throw new NetspecError(
        "a letterbox is not for RetinaNet's head, which clips boxes to the upper left part of its input",
      );
    const { size, ...others } = checkTransform({ ...this.#head.transform, ...transform });
    const [, , height, width] = net.blobs.get(this.#input)!.shape as [number, number, number, number];
    this.#transform = { ...others, size: size === 'net' ? { width, height } : size };
  }

  /** The kind of the net's head, and the transform that pictures go through. */
  get head(): string {
    return this.#head.kind;
  }

  /** The input transform, with its defaults. */
  get transform(): TransformOptions {
    return this.#transform;
  }

  /**
   * Finds what is in a picture: {@link transformImage}, a forward pass, what the head means, and back to the picture's own pixels.
   * @throws NetspecError when the picture cannot be resized, the net cannot take its size, or gives what is no number.
   */
  async detect(image: RgbImage, { onProgress }: DetectOptions = {}): Promise<DetectionResult> {
    const { shape, data, resized, corner, original } = transformImage(image, this.#transform);
    setInput(this.net, this.#input, shape, data);
    const total = this.net.steps.length;
    const blobs = await this.net.forward({
      blobs: this.#head.blobs,
      onStep: onProgress && ((index) => onProgress(index + 1, total)),
    });
    const { width, height } = resized;
    const [, , blobHeight, blobWidth] = shape;
    const detections = this.#head.detections(
      blobs,
      { ...corner, width, height },
      { width: blobWidth, height: blobHeight },
    );
    const withinPicture = ([x1, y1, x2, y2]: Box): Box => [x1 - corner.x, y1 - corner.y, x2 - corner.x, y2 - corner.y];
    return {
      detections: detections.map((found) => ({ ...found, box: scaleBox(withinPicture(found.box), resized, original) })),
      original,
      resized: { width, height },
      inputShape: shape,
    };
  }
}

/** RetinaNet's head where something is said about it, else the one that the net's layers show. */
function headOf(net: VisionNet, retinaNet: RetinaNetHeadOptions): HeadOptions {
  const given = [retinaNet.anchors, retinaNet.select, retinaNet.heads].some((value) => value !== undefined);
  const kind = given ? 'retinanet' : kindOf(net);
  return kind === 'retinanet' ? { kind, ...retinaNet } : { kind };
}

/**
 * One picture with a net: see {@link Detector}, which serves many.
 * @example
 * const net = await Net.load('detector.prototxt', { weights: 'detector.caffemodel' });
 * const { original } = await detect(net, await readImage('photo.png'), {
 *   transform: { size: null },
 *   anchors: { sizes: [16], strides: [8], aspectRatios: [1], scalesPerOctave: 1 },
 *   heads: [{ logits: 'logits', deltas: 'deltas' }],
 * });
 * original; // → { width: 24, height: 16 }
 */
export async function detect(
  net: VisionNet,
  image: RgbImage,
  options: DetectorOptions & DetectOptions = {},
): Promise<DetectionResult> {
  checkArguments('detect()', { net: [net, NET], image: [image, IMAGE], options: [options, OPTIONS] });
  const { onProgress, ...rest } = options;
  return new Detector(net, rest).detect(image, { onProgress });
}
