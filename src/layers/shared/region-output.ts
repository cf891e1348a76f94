/** What BoxOutput and BoxGroupOutput share: how far boxes move, which are kept, and the rows that they become. All in float32. */
import type { Blob } from '../../engine/blob.js';
import { suppress } from './detections.js';
import { takeMemory } from './views.js';

const f = Math.fround;

/** Settings that both have. */
export interface RegionSettings {
  readonly fg_thr: number;
  readonly iou_thr: number;
  readonly nms_type: string;
  readonly field_whr: number;
  readonly field_xyr: number;
  readonly max_nms_num: number;
  readonly max_post_nms_num: number;
  readonly min_size: number;
}

export const REGION_DEFAULTS: RegionSettings = {
  ...{ fg_thr: 0, iou_thr: 0.5, nms_type: 'IOU', field_whr: 2, field_xyr: 2 },
  ...{ max_nms_num: 0, max_post_nms_num: 0, min_size: 15 },
};

/** A region of an image: image, x1, y1, x2, y2, score. */
export type RegionRow = readonly [number, number, number, number, number, number];

/** The factors of the field by which offsets move and resize a box; they are limited by `field_xyr` and `field_whr`. */
export function limitedMoves({ field_xyr, field_whr }: RegionSettings): {
  shift: (offset: number) => number;
  growth: (offset: number) => number;
} {
  const within = (value: number, low: number, high: number) => Math.min(Math.max(low, value), high);
  const [farthest, largest] = [f(1 / f(field_xyr)), f(Math.log(f(field_whr)))];
  const smallest = f(Math.log(f(1 / f(field_whr))));
  return {
    shift: (offset) => within(offset, -farthest, farthest),
    growth: (offset) => f(Math.exp(within(offset, smallest, largest))),
  };
}

/**
 * The best boxes that do not overlap a better one too much.
 * @param sorted the best first
 * @param overlap of the better box and another, by `nms_type`
 */
export function bestRegions<T>(
  sorted: readonly T[],
  { iou_thr, nms_type, max_nms_num, max_post_nms_num }: RegionSettings,
  overlap: (a: T, b: T, mode: string) => number,
): T[] {
  const kept = suppress(
    sorted.slice(0, max_nms_num > 0 ? max_nms_num : undefined),
    (a, b) => overlap(a, b, nms_type) > f(iou_thr),
  );
  return kept.slice(0, max_post_nms_num > 0 ? max_post_nms_num : undefined);
}

/** What a common area is divided by: the union, the smaller area (IOMU), or the first one (IOFU). */
export function overlapBase(mode: string, first: number, second: number, common: number): number {
  return mode === 'IOMU' ? Math.min(first, second) : mode === 'IOFU' ? first : f(f(first + second) - common);
}

/** Shapes tops for rows and writes them; where there are none, one row that stands for nothing. */
export function writeRegions(rois: Blob, scored: Blob | undefined, rows: readonly RegionRow[]): void {
  rois.reshape([Math.max(rows.length, 1), 5, 1, 1]);
  scored?.reshape([Math.max(rows.length, 1), 6, 1, 1]);
  takeMemory(rois, ...(scored ? [scored] : []));
  rois.data.set(rows.length > 0 ? rows.flatMap((row) => row.slice(0, 5)) : [0, 1, 1, 10, 10]);
  scored?.data.set(rows.length > 0 ? rows.flat() : [0, 0, 0, 0, 0, 0]);
}
