/**
 * head: what turns a detector's last blobs into boxes. Each kind of head is one file of this folder and one row of the table in
 * kinds.ts.
 */
import type { Box } from '../boxes.js';
import type { Size } from '../image.js';
import type { VisionNet } from '../net-interface.js';
import type { Detection, HeadBlob } from '../select.js';
import type { TransformOptions } from '../transform.js';

/** The picture within the input blob, in pixels of the blob. */
export interface Frame extends Size {
  readonly x: number;
  readonly y: number;
}

/** The values of the blobs that a head reads, by name. */
export type HeadValues = ReadonlyMap<string, HeadBlob>;

/** A head of a net: which blobs it reads, and what they mean. */
export interface DetectionHead {
  /** The kind: a name of the table. */
  readonly kind: string;
  /** Names of the blobs that are read. */
  readonly blobs: readonly string[];
  /** How nets with such a head were trained to see pictures, as far as it is known. */
  readonly transform: TransformOptions;
  /**
   * The detections, best first, with boxes in pixels of the input blob.
   * @param values the blobs
   * @param frame where the picture lies within the input blob
   * @param blob height and width of the input blob
   * @throws NetspecError for shapes that do not fit, and for what is no number
   */
  detections(values: HeadValues, frame: Frame, blob: Size): Detection[];
}

/** What all heads but RetinaNet's take. */
export interface HeadLimits {
  /** Lowest score of a box. Default: 0.3. */
  scoreThreshold: number;
  /** Of two boxes of a class that overlap by more than this, the one of lower score goes. Default: 0.45. */
  nmsThreshold: number;
  /** Largest number of boxes. Default: 100. */
  top: number;
}

export const HEAD_LIMITS: HeadLimits = { scoreThreshold: 0.3, nmsThreshold: 0.45, top: 100 };

/** A box by its edges, in parts of the input blob. */
export type Edges = readonly [left: number, top: number, right: number, bottom: number];

/** The edges of a box that is given by its centre and its sides. */
export function edgesOf(x: number, y: number, width: number, height: number): Edges {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** A box in pixels of the blob, cut off at the edges of the picture. */
export function boxOf([left, top, right, bottom]: Edges, frame: Frame, { width, height }: Size): Box {
  const clamp = (value: number, from: number, length: number) => Math.min(Math.max(value, from), from + length);
  return [
    clamp(left * width, frame.x, frame.width),
    clamp(top * height, frame.y, frame.height),
    clamp(right * width, frame.x, frame.width),
    clamp(bottom * height, frame.y, frame.height),
  ];
}

/** Those with the best scores, best first; equal ones in the order given. */
export function bestOf<T extends { readonly score: number }>(found: readonly T[], { top }: HeadLimits): T[] {
  return found.toSorted((a, b) => b.score - a.score).slice(0, top);
}

/** What a kind of head wants to know of the net's layers; none for a net that does not say. */
export function layersOf(net: VisionNet): readonly { readonly type: string; readonly tops: readonly string[] }[] {
  return (net.layers ?? []).map(({ type }, i) => ({ type, tops: net.topNamesOf?.(i) ?? [] }));
}
