/** Boxes of detectors in ONNX: decoded from their offsets, and selected by NonMaxSuppression. */
import { range } from './axis.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** Values of `code_type`: CORNER, CENTER_SIZE, CORNER_SIZE. */
export type BoxCode = 1 | 2 | 3;

/** The first, or the second, two of four coordinates. */
function pair(ops: Ops, x: Value, second: boolean): Value {
  const axis = x.shape.length - 1;
  return ops.slice(x, [{ axis, start: second ? 2 : 0, end: second ? 4 : 2 }]);
}

/**
 * Boxes as x1, y1, x2, y2, of offsets to default boxes, coordinates last.
 * @param variances factors of the offsets; undefined where they are in them
 */
export function decodeBoxes(
  ops: Ops,
  offsets: Value,
  defaults: Value,
  { code, variances }: { code: BoxCode; variances: Value | undefined },
): Value {
  const scaled = variances ? ops.mul(offsets, variances) : offsets;
  if (code === 1) return ops.add(scaled, defaults);
  const [low, high] = [pair(ops, defaults, false), pair(ops, defaults, true)];
  const size = ops.sub(high, low);
  const axis = scaled.shape.length - 1;
  if (code === 3) return ops.add(ops.mul(scaled, ops.concat([size, size], axis)), defaults);
  const middle = ops.add(ops.mul(pair(ops, scaled, false), size), ops.mul(ops.add(low, high), 0.5));
  const reach = ops.mul(ops.mul(ops.unary('Exp', pair(ops, scaled, true)), size), 0.5);
  return ops.concat([ops.sub(middle, reach), ops.add(middle, reach)], axis);
}

/** What {@link selectBoxes} selects from, and how. */
export interface Selection {
  /** (images, boxes, classes or 1, 4): x1, y1, x2, y2. */
  readonly boxes: Value;
  /** (images, classes, boxes). */
  readonly scores: Value;
  /** Classes that are looked at, ascending. */
  readonly labels: readonly number[];
  /** Overlap beyond which the box with the lower score goes. */
  readonly threshold: number;
  /** Scores up to this one do not count. */
  readonly least: number;
  /** How many boxes of a class are looked at, the best ones; −1 for all. */
  readonly candidates: number;
  /** How many boxes of an image stay, the best ones; −1 for all. */
  readonly kept: number;
}

/** Rows of image, label, score, x1, y1, x2, y2 as (1, 1, rows, 7): by image, label and score. Without any, a row of −1 for each image. */
export function selectBoxes(ops: Ops, selection: Selection): Value {
  const { boxes, scores, kept } = selection;
  const images = scores.shape[0]!;
  // Rows are counted in each image, which is looked at by itself then.
  const isApart = kept >= 0 && images > 1;
  const parts = isApart
    ? range(0, images).map((image) => {
        const ofImage = (x: Value): Value => ops.slice(x, [{ axis: 0, start: image, end: image + 1 }]);
        return rowsOf(ops, { ...selection, boxes: ofImage(boxes), scores: ofImage(scores) }, image);
      })
    : [rowsOf(ops, selection, 0)];
  const rows = parts.length > 1 ? ops.node('Concat', parts, [-1, 7], { axis: 0 }) : parts[0]!;
  return ops.reshape(orNothing(ops, rows, images), [1, 1, -1, 7]);
}

/** The rows of some images, the first of which has the number `first`. */
function rowsOf(ops: Ops, selection: Selection, first: number): Value {
  const { labels, threshold, least, candidates } = selection;
  const [images, , count] = selection.scores.shape as [number, number, number];
  const classes = ops.ints(labels);
  const isShared = selection.boxes.shape[2] === 1;
  // A class is a batch of its own where it has boxes of its own.
  const batches = isShared ? images : images * labels.length;
  const perBatch = isShared ? labels.length : 1;
  const picked = ops.gather(selection.scores, classes, 1);
  const scores = ops.reshape(best(ops, picked, candidates), [batches, perBatch, count]);
  const ofClasses = isShared ? selection.boxes : ops.gather(selection.boxes, classes, 2);
  const boxes = ops.reshape(ops.transpose(ofClasses, [0, 2, 1, 3]), [batches, count, 4]);
  const found = suppress(ops, boxes, scores, { threshold, least });
  const column = (index: number): Value =>
    ops.reshape(ops.slice(found, [{ axis: 1, start: index, end: index + 1 }]), [-1]);
  const [batch, inBatch, box] = [column(0), column(1), column(2)];
  const line = ops.add(ops.mul(batch, perBatch), inBatch);
  const scoreOf = ops.gather(ops.reshape(scores, [batches * perBatch * count]), ops.add(ops.mul(line, count), box), 0);
  const cornersOf = ops.gather(ops.reshape(boxes, [batches * count, 4]), ops.add(ops.mul(batch, count), box), 0);
  const number = (value: Value): Value => ops.reshape(ops.cast(value, 'float'), [-1, 1]);
  const image = ops.div(line, labels.length);
  const label = ops.gather(classes, ops.sub(line, ops.mul(image, labels.length)), 0);
  const columns = [number(first === 0 ? image : ops.add(image, first)), number(label), number(scoreOf), cornersOf];
  return onlyBest(ops, ops.node('Concat', columns, [-1, 7], { axis: 1 }), scoreOf, selection.kept);
}

/** The scores, all but the best ones of each class made too small to count. */
function best(ops: Ops, scores: Value, candidates: number): Value {
  const [, , count] = scores.shape as [number, number, number];
  if (candidates < 0 || candidates >= count) return scores;
  const shape = scores.shape.with(2, candidates);
  const outputs = [shape, { shape, type: 'int64' as const }];
  const [, indices] = ops.graph.nodeOf('TopK', [scores, ops.ints([candidates])], outputs, { axis: 2 });
  const none = ops.expand(ops.ints([0], []), scores.shape);
  const ones = ops.expand(ops.ints([1], []), shape);
  const marks = ops.node('ScatterElements', [none, indices, ones], { shape: scores.shape, type: 'int64' }, { axis: 2 });
  return ops.where(ops.cast(marks, 'bool'), scores, -Infinity);
}

/** NonMaxSuppression: rows of batch, class and box, by class and score. */
export function suppress(
  ops: Ops,
  boxes: Value,
  scores: Value,
  { threshold, least }: Pick<Selection, 'threshold' | 'least'>,
): Value {
  const [low, high] = [pair(ops, boxes, false), pair(ops, boxes, true)];
  // A box that ends before it begins overlaps none: it is made empty, for ONNX would turn it round.
  const proper = ops.concat([low, ops.max(low, high)], 2);
  const limits = [ops.ints([boxes.shape[1]!]), ops.floats([threshold]), ops.floats([least])];
  return ops.node('NonMaxSuppression', [proper, scores, ...limits], { shape: [-1, 3], type: 'int64' });
}

/** So many rows with the best scores, in the order that they have. */
function onlyBest(ops: Ops, rows: Value, scores: Value, kept: number): Value {
  if (kept < 0) return rows;
  const all = ops.node('Shape', [scores], { shape: [1], type: 'int64' });
  // Whole numbers of 64 bits have no Min before opset 12.
  const wanted = ops.where(ops.less(all, kept), all, ops.ints([kept]));
  const some = { shape: [-1], type: 'int64' as const };
  const [, found] = ops.graph.nodeOf('TopK', [scores, wanted], [[-1], some], { axis: 0 });
  const [places] = ops.graph.nodeOf('TopK', [found, wanted], [some, some], { axis: 0, largest: 0 });
  return ops.gather(rows, places!, 0);
}

/** The rows; where there are none, one that says so for each image. */
export function orNothing(ops: Ops, rows: Value, images: number): Value {
  const nothing = ops.floats(
    Array.from({ length: images * 7 }, (_, i) => (i % 7 === 0 ? i / 7 : -1)),
    [images, 7],
  );
  const both = ops.node('Concat', [rows, nothing], [-1, 7], { axis: 0 });
  const sizes = ops.node('Shape', [rows], { shape: [2], type: 'int64' });
  const count = ops.slice(sizes, [{ axis: 0, start: 0, end: 1 }]);
  const end = ops.where(ops.greater(count, 0), count, ops.ints([images]));
  return ops.node('Slice', [both, ops.ints([0]), end, ops.ints([0])], [-1, 7]);
}
