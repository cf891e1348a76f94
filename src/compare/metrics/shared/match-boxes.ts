/**
 * match-boxes: which boxes of a detector are the reference's. The rows are those of DetectionOutput: image, label, score,
 * xmin, ymin, xmax, ymax.
 */
import type { Sides } from '../metric.js';

/** Boxes that overlap less are two. */
const LEAST_IOU = 0.5;
const COLUMNS = 7;

/** A reference's box and the box that was found for it. */
export interface BoxMatch {
  iou: number;
  /** |score − reference's score| */
  scoreDifference: number;
}

/** What the two sides have in common. */
export interface BoxMatches {
  matches: BoxMatch[];
  actualCount: number;
  referenceCount: number;
}

interface Box {
  image: number;
  label: number;
  score: number;
  corners: readonly number[];
}

/**
 * Goes through the reference's boxes, the highest score first. Each takes the box of its image and label that is free and
 * overlaps it most, where that is at least half of their union.
 * @returns undefined where a side holds no detections
 */
export function matchBoxes({ actual, reference, shape, referenceShape, isOutput }: Sides): BoxMatches | undefined {
  if (!isOutput || !isDetections(shape) || !isDetections(referenceShape)) return undefined;
  const [found, wanted] = [boxesOf(actual), boxesOf(reference)];
  const free = new Set(found);
  const matches: BoxMatch[] = [];
  for (const box of wanted) {
    let best: { box: Box; iou: number } | undefined;
    for (const other of free) {
      if (other.image !== box.image || other.label !== box.label) continue;
      const iou = iouOf(other.corners, box.corners);
      if (iou >= LEAST_IOU && iou > (best?.iou ?? 0)) best = { box: other, iou };
    }
    if (!best) continue;
    free.delete(best.box);
    matches.push({ iou: best.iou, scoreDifference: Math.abs(best.box.score - box.score) });
  }
  return { matches, actualCount: found.length, referenceCount: wanted.length };
}

/** 1x1xNx7, as SSD's DetectionOutput gives. */
function isDetections(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[0] === 1 && shape[1] === 1 && shape[3] === COLUMNS;
}

/** By falling score; the row of -1 that stands for no detection is none. */
function boxesOf(rows: ArrayLike<number>): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + COLUMNS <= rows.length; at += COLUMNS) {
    const [image = 0, label = 0, score = 0, ...corners] = Array.from({ length: COLUMNS }, (_, i) => rows[at + i]!);
    if (label >= 0) boxes.push({ image, label, score, corners });
  }
  return boxes.sort((a, b) => b.score - a.score);
}

/** Intersection over union of xmin, ymin, xmax, ymax; 1 of two equal boxes without an area. */
function iouOf(a: readonly number[], b: readonly number[]): number {
  const area = ([x1, y1, x2, y2]: readonly number[]): number => Math.max(0, x2! - x1!) * Math.max(0, y2! - y1!);
  const common = area([Math.max(a[0]!, b[0]!), Math.max(a[1]!, b[1]!), Math.min(a[2]!, b[2]!), Math.min(a[3]!, b[3]!)]);
  const union = area(a) + area(b) - common;
  if (union > 0) return common / union;
  return a.every((corner, i) => corner === b[i]) ? 1 : 0;
}
