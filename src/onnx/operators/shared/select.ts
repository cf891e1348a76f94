/** Elements of one axis by constant indices: as ranges, every n-th, or by a matrix of ones and zeros. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { Refusal } from '../../graph/attributes.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { Numbers } from '../../schema/data-types.js';
import { concat, mixAxis, range, reshape } from './layers.js';

/** Values at indices of an axis. */
export function selectNumbers(
  data: Numbers,
  shape: readonly number[],
  axis: number,
  indices: readonly number[],
): Numbers {
  const [outer, length, inner] = [product(shape, 0, axis), shape[axis]!, product(shape, axis + 1)];
  const out = new (data.constructor as Float64ArrayConstructor)(outer * indices.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const index of indices) {
      const from = (o * length + index) * inner;
      out.set(data.subarray(from, from + inner), at);
      at += inner;
    }
  return out;
}

/** Up to so many ranges are sliced and joined. */
const MOST_RANGES = 6;
/** A matrix of more entries than this is large for what it does. */
const LARGE_MATRIX = 2 ** 20;

/** The blob's elements at the indices along an axis, in their order. */
export function select(c: EmitContext, whole: Blob, axis: number, wanted: readonly number[]): Blob {
  const { x, indices } = narrowed(c, whole, axis, wanted);
  const length = x.shape[axis]!;
  if (indices.length === 0) throw new Refusal('it takes no elements, and no Caffe layer makes an empty blob');
  const runs = runsOf(indices);
  if (runs.length === 1) return range(c, x, axis, runs[0]!.start, runs[0]!.end);
  if (c.target.has('Reverse') && indices.length === length && indices.every((index, i) => index === length - 1 - i))
    return c.layer('Reverse', [x], axis === 0 ? {} : { axis }, x.shape, { role: 'reverse' });
  const step = stepOf(indices);
  if (step !== undefined && step > 1) return everyNth(c, x, axis, indices[0]!, step, indices.length);
  if (runs.length <= MOST_RANGES)
    return concat(
      c,
      runs.map(({ start, end }) => range(c, x, axis, start, end)),
      axis,
    );
  // What stands around a long run, as the mirrored ends of a signal do, takes a matrix of its own length only.
  const [longest, ...others] = runs.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  if (longest && others.length > 0 && longest.end - longest.start >= indices.length / 4) {
    const at = runs.slice(0, runs.indexOf(longest)).reduce((sum, { start, end }) => sum + end - start, 0);
    const parts = [
      indices.slice(0, at),
      indices.slice(at, at + longest.end - longest.start),
      indices.slice(at + longest.end - longest.start),
    ].filter((part) => part.length > 0);
    return concat(
      c,
      parts.map((part) => select(c, x, axis, part)),
      axis,
    );
  }
  c.heavy(
    `elements of an axis picked by a matrix of ${indices.length} x ${length} ones and zeros`,
    indices.length * length <= LARGE_MATRIX,
  );
  return mixAxis(
    c,
    x,
    axis,
    indices.length,
    () => {
      const matrix = new Float32Array(indices.length * length);
      indices.forEach((index, o) => (matrix[o * length + index] = 1));
      return matrix;
    },
    { role: 'select' },
  );
}

/** The stretch of the axis that the indices lie in, where that leaves out half of it or more. */
function narrowed(
  c: EmitContext,
  x: Blob,
  axis: number,
  indices: readonly number[],
): { x: Blob; indices: readonly number[] } {
  let [low, high] = [Infinity, -Infinity];
  for (const index of indices) [low, high] = [Math.min(low, index), Math.max(high, index)];
  if (runsOf(indices).length <= 1 || (high + 1 - low) * 2 > x.shape[axis]!) return { x, indices };
  return { x: range(c, x, axis, low, high + 1), indices: indices.map((index) => index - low) };
}

function runsOf(indices: readonly number[]): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const index of indices) {
    const last = runs[runs.length - 1];
    if (last?.end === index) last.end++;
    else runs.push({ start: index, end: index + 1 });
  }
  return runs;
}

function stepOf(indices: readonly number[]): number | undefined {
  const step = indices[1]! - indices[0]!;
  return indices.every((index, i) => i === 0 || index - indices[i - 1]! === step) ? step : undefined;
}

/** A maximum over windows of one element, every `step`-th. */
function everyNth(c: EmitContext, x: Blob, axis: number, start: number, step: number, count: number): Blob {
  // Up to where the next would begin, if the layer can round down; else to the last that is taken.
  const canFloor = c.target.has('Pooling.round_mode');
  const end = canFloor ? Math.min(start + count * step, x.shape[axis]!) : start + (count - 1) * step + 1;
  const part = range(c, x, axis, start, end);
  const shape = x.shape.with(axis, count);
  const isImage = x.shape.length === 4 && axis >= 2;
  const image = isImage
    ? part
    : reshape(c, part, [product(x.shape, 0, axis), 1, end - start, product(x.shape, axis + 1)]);
  const isRow = isImage && axis === 3;
  const fields = {
    kernel_size: 1,
    stride_h: isRow ? 1 : step,
    stride_w: isRow ? step : 1,
    ...(canFloor && { round_mode: 'FLOOR' }),
  };
  const taken = c.layer('Pooling', [image], fields, image.shape.with(isRow ? 3 : 2, count), { role: 'stride' });
  return reshape(c, taken, shape);
}
