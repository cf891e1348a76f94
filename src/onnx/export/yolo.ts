/** Output layers of YOLO in ONNX: boxes of a map, and suppression over all classes at once. */
import { range } from './axis.js';
import { orNothing, suppress } from './detections.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** Candidates of one map, or of several that were joined along their axis. */
export interface Candidates {
  /** (1, candidates, 4): left, top, right, bottom. */
  readonly boxes: Value;
  /** (1, 1, candidates). */
  readonly scores: Value;
  /** (candidates), whole numbers as floats. */
  readonly labels: Value;
}

/** The largest float32 below a number: what is greater than it is not less than the number. */
export function below(value: number): number {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  bits[0]! += value > 0 ? -1 : 1;
  return value === 0 ? -(2 ** -149) : float[0];
}

/**
 * Boxes as (images, boxes, 4, area): left, top, right, bottom.
 * @param centre (images, boxes, 2, area), before the sigmoid; `size` likewise, before the exponential
 * @param anchors width and height of each box
 * @param scale what widths and heights are divided by
 */
export function mapBoxes(
  ops: Ops,
  { centre, size }: { centre: Value; size: Value },
  { side, anchors, scale }: { side: number; anchors: readonly number[]; scale: number },
): Value {
  const cells = ops.floats(
    [...range(0, side * side).map((i) => i % side), ...range(0, side * side).map((i) => Math.floor(i / side))],
    [1, 1, 2, side * side],
  );
  const middle = ops.div(ops.add(ops.unary('Sigmoid', centre), cells), side);
  const factors = ops.floats(
    anchors.map((anchor) => anchor / scale),
    [1, anchors.length / 2, 2, 1],
  );
  const reach = ops.mul(ops.mul(ops.unary('Exp', size), factors), 0.5);
  return ops.concat([ops.sub(middle, reach), ops.add(middle, reach)], 2);
}

/** Candidates of several maps as one list. */
export function joinCandidates(ops: Ops, maps: readonly Candidates[]): Candidates {
  return {
    boxes: ops.concat(
      maps.map(({ boxes }) => boxes),
      1,
    ),
    scores: ops.concat(
      maps.map(({ scores }) => scores),
      2,
    ),
    labels: ops.concat(
      maps.map(({ labels }) => labels),
      0,
    ),
  };
}

/**
 * Rows of 0, class + 1, score, left, top, right, bottom as (1, 1, rows, 7), by score. A box goes when one with a better score
 * overlaps it by `threshold` or more, whatever their classes are.
 */
export function yoloRows(
  ops: Ops,
  { boxes, scores, labels }: Candidates,
  { threshold, least, images }: { threshold: number; least: number; images: number },
): Value {
  const found = suppress(ops, boxes, scores, { threshold: below(threshold), least });
  const places = ops.reshape(ops.slice(found, [{ axis: 1, start: 2, end: 3 }]), [-1]);
  const flat = (value: Value, shape: readonly number[]): Value => ops.gather(ops.reshape(value, shape), places, 0);
  const column = (value: Value): Value => ops.reshape(value, [-1, 1]);
  const count = labels.shape[0]!;
  const score = column(flat(scores, [count]));
  const columns = [ops.mul(score, 0), column(ops.add(flat(labels, [count]), 1)), score, flat(boxes, [count, 4])];
  const rows = ops.node('Concat', columns, [-1, 7], { axis: 1 });
  return ops.reshape(orNothing(ops, rows, images), [1, 1, -1, 7]);
}
