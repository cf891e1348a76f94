/**
 * detector: a net and what stands around it, from a picture to boxes in that picture. One net serves any number of
 * pictures of any size: it is reshaped to each.
 */
import { NetspecError } from '../errors.js';
import { anchorLevels, type AnchorLevel, type AnchorOptions } from './anchors.js';
import { scaleBox } from './boxes.js';
import type { RgbImage, Size } from './image.js';
import { checkBlob, imageInput, setInput, type VisionNet } from './net-interface.js';
import { checkSelect, DETECTION_SELECT, selectDetections, type Detection, type SelectOptions } from './select.js';
import { checkTransform, DETECTION_TRANSFORM, transformImage, type TransformOptions } from './transform.js';

/** The blobs of a head's level. */
export interface HeadNames {
  logits: string;
  deltas: string;
}

export interface DetectorOptions {
  /** Name of the input that takes the picture. Default: the net's first. */
  input?: string;
  /** What differs from {@link DETECTION_TRANSFORM}. */
  transform?: Partial<TransformOptions>;
  /** What differs from DETECTION_ANCHORS, or the anchors of each level themselves. */
  anchors?: Partial<AnchorOptions> | readonly AnchorLevel[];
  /** What differs from {@link DETECTION_SELECT}. */
  select?: Partial<SelectOptions>;
  /** The head's blobs, level by level as the anchors. Default: detection-v2's. */
  heads?: readonly HeadNames[];
}

/** detection-v2's head: five levels. */
export const DETECTION_HEADS: readonly HeadNames[] = ['p2', 'p3', 'p4', 'p6', 'p7'].map((level) => ({
  logits: `rpn_head_cls_logits_${level}`,
  deltas: `rpn_head_bbox_pred_${level}`,
}));

export interface DetectOptions {
  /** Called after each of the net's steps. */
  onProgress?: (done: number, total: number) => void;
}

export interface DetectionResult {
  /** Best first; boxes in pixels of the picture that was given. */
  detections: Detection[];
  /** Size of that picture, and what it was resized to. */
  original: Size;
  resized: Size;
  /** Shape of the blob that the net ran on. */
  inputShape: readonly number[];
}

export class Detector {
  readonly #input: string;
  readonly #heads: readonly HeadNames[];
  readonly #anchors: readonly AnchorLevel[];
  readonly #transform: TransformOptions;
  readonly #select: SelectOptions;

  /**
   * @throws NetspecError when the net has no such input or head, or an option cannot be meant: before anything runs.
   */
  constructor(
    readonly net: VisionNet,
    { input, transform, anchors = {}, select, heads = DETECTION_HEADS }: DetectorOptions = {},
  ) {
    this.#input = imageInput(net, input, [3]);
    this.#transform = checkTransform({ ...DETECTION_TRANSFORM, ...transform });
    this.#select = checkSelect({ ...DETECTION_SELECT, ...select });
    this.#anchors = isLevels(anchors) ? anchors : anchorLevels(anchors);
    this.#heads = heads;
    if (heads.length !== this.#anchors.length)
      throw new NetspecError(`the head has ${heads.length} levels, the anchors ${this.#anchors.length}`);
    for (const { logits, deltas } of heads) {
      checkBlob(net, logits, "the head's logits");
      checkBlob(net, deltas, "the head's deltas");
    }
  }

  /**
   * Finds what is in a picture: {@link transformImage}, a forward pass, {@link selectDetections}, and back to the
   * picture's own pixels.
   * @throws NetspecError when the picture cannot be resized, the net cannot take its size, or gives what is no number.
   */
  async detect(image: RgbImage, { onProgress }: DetectOptions = {}): Promise<DetectionResult> {
    const { shape, data, resized, original } = transformImage(image, this.#transform);
    setInput(this.net, this.#input, shape, data);
    const total = this.net.steps.length;
    const blobs = await this.net.forward({
      blobs: this.#heads.flatMap(({ logits, deltas }) => [logits, deltas]),
      onStep: onProgress && ((index) => onProgress(index + 1, total)),
    });
    const outputs = this.#heads.map((names) => ({
      names,
      logits: blobs.get(names.logits)!,
      deltas: blobs.get(names.deltas)!,
    }));
    const detections = selectDetections(outputs, this.#anchors, resized, this.#select);
    return {
      detections: detections.map((found) => ({ ...found, box: scaleBox(found.box, resized, original) })),
      original,
      resized: { width: resized.width, height: resized.height },
      inputShape: shape,
    };
  }
}

function isLevels(anchors: Partial<AnchorOptions> | readonly AnchorLevel[]): anchors is readonly AnchorLevel[] {
  return Array.isArray(anchors);
}

/** One picture with a net: see {@link Detector}, which serves many. */
export async function detect(
  net: VisionNet,
  image: RgbImage,
  { onProgress, ...options }: DetectorOptions & DetectOptions = {},
): Promise<DetectionResult> {
  return new Detector(net, options).detect(image, { onProgress });
}
