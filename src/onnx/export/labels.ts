/** Class labels in ONNX: which positions count, what stands at the class of each, and what a loss is divided by. */
import { LossParameter_NormalizationMode as Mode } from '../../generated/messages.js';
import { product } from '../../shapes.js';
import { range } from './axis.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** Labels of positions before and after a class axis. */
export interface Labels {
  /** (outer, 1, inner), whole numbers; 0 where the position is left out. */
  readonly classes: Value;
  /** (outer, 1, inner), true where the position counts; undefined where all do. */
  readonly counts: Value | undefined;
  readonly outer: number;
  readonly inner: number;
  /** Number of classes. */
  readonly size: number;
}

/**
 * The labels as (outer, 1, inner) beside scores of (outer, classes, inner).
 * @param shape of the scores
 */
export function labelsOf(
  ops: Ops,
  labels: Value,
  shape: readonly number[],
  axis: number,
  ignore: number | undefined,
): Labels {
  const [outer, size, inner] = [product(shape, 0, axis), shape[axis]!, product(shape, axis + 1)];
  const given = ops.cast(ops.reshape(labels, [outer, 1, inner]), 'int64');
  if (ignore === undefined) return { classes: given, counts: undefined, outer, inner, size };
  const counts = ops.not(ops.equal(given, ignore));
  return { classes: ops.where(counts, given, ops.ints([0], [])), counts, outer, inner, size };
}

/** What stands at the class of each position: (outer, 1, inner) of (outer, classes, inner). */
export function atLabels(ops: Ops, values: Value, { classes }: Labels): Value {
  return ops.node('GatherElements', [values, classes], classes.shape, { axis: 1 });
}

/** (outer, classes, inner): whether a position is of a class. */
export function isOfClass(ops: Ops, { classes, size }: Labels): Value {
  return ops.equal(classes, ops.ints(range(0, size), [1, size, 1]));
}

/** The sum over all positions that count, as a number. */
export function sumOver(ops: Ops, values: Value, counts: Value | undefined): Value {
  const kept = counts ? ops.where(counts, values, 0) : values;
  return ops.reduce(
    'ReduceSum',
    kept,
    kept.shape.map((_, axis) => axis),
    false,
  );
}

/** The sum divided by what `normalization` says: a number of positions, at least 1. */
export function normalized(
  ops: Ops,
  sum: Value,
  mode: Mode,
  { counts, outer, inner }: Pick<Labels, 'counts' | 'outer' | 'inner'>,
): Value {
  if (mode === Mode.NONE) return sum;
  if (mode === Mode.VALID && counts)
    return ops.div(sum, ops.max(sumOver(ops, ops.cast(counts, 'float'), undefined), 1));
  return ops.div(sum, Math.max(1, mode === Mode.BATCH_SIZE ? outer : outer * inner));
}
