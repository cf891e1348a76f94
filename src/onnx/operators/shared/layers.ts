/** The Caffe layers that operators are made of most, each left out where it would change nothing. */
import { product, sameShape } from '../../../shapes.js';
import type { Blob, Weights } from '../../emit/builder.js';
import { weights } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { Numbers } from '../../schema/data-types.js';

export function reshape(c: EmitContext, x: Blob, shape: readonly number[], role?: string): Blob {
  const given = shape.length === 0 ? [1] : shape;
  if (sameShape(x.shape, given)) return x;
  // What was given another shape before is taken as it was.
  const { reshapedFrom } = c.options.builder;
  const source = reshapedFrom.get(x.top) ?? x;
  if (sameShape(source.shape, given)) return source;
  const made = c.layer('Reshape', [source], { shape: { dim: [...given] } }, given, { role });
  reshapedFrom.set(made.top, source);
  return made;
}

/** (shift + scale · x) ^ power */
export function power(
  c: EmitContext,
  x: Blob,
  { scale = 1, shift = 0, power: exponent = 1 }: { scale?: number; shift?: number; power?: number },
  role?: string,
): Blob {
  if (scale === 1 && shift === 0 && exponent === 1) return x;
  const fields = {
    ...(exponent !== 1 && { power: exponent }),
    ...(scale !== 1 && { scale }),
    ...(shift !== 0 && { shift }),
  };
  return c.layer('Power', [x], fields, x.shape, { role });
}

/** A layer of one bottom that keeps its shape. */
export function neuron(
  c: EmitContext,
  type: string,
  x: Blob,
  fields: Record<string, unknown> = {},
  role?: string,
): Blob {
  return c.layer(type, [x], fields, x.shape, { role });
}

/** Sum, product or maximum of blobs of one shape. */
export function eltwise(
  c: EmitContext,
  operation: 'SUM' | 'PROD' | 'MAX',
  bottoms: readonly Blob[],
  coeff?: readonly number[],
  role?: string,
): Blob {
  const fields = {
    ...(operation !== 'SUM' && { operation }),
    ...(coeff?.some((each) => each !== 1) && { coeff: [...coeff] }),
  };
  return c.layer('Eltwise', bottoms, fields, bottoms[0]!.shape, { role });
}

export function concat(c: EmitContext, bottoms: readonly Blob[], axis: number, role?: string): Blob {
  const [first] = bottoms as [Blob];
  if (bottoms.length === 1) return first;
  const total = bottoms.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return c.layer('Concat', bottoms, axis === 1 ? {} : { axis }, first.shape.with(axis, total), { role });
}

/** Cuts a blob along an axis at the points, which ascend from 1 on. */
export function slice(c: EmitContext, x: Blob, axis: number, points: readonly number[], role?: string): Blob[] {
  if (points.length === 0) return [x];
  const ends = [...points, x.shape[axis]!];
  const shapes = ends.map((end, i) => x.shape.with(axis, end - (ends[i - 1] ?? 0)));
  const fields = { ...(axis !== 1 && { axis }), slice_point: [...points] };
  return c.split('Slice', [x], fields, shapes, { role });
}

/** The elements from `start` to before `end` of an axis. */
export function range(c: EmitContext, x: Blob, axis: number, start: number, end: number): Blob {
  const length = x.shape[axis]!;
  const points = [start, end].filter((point) => point > 0 && point < length);
  return slice(c, x, axis, points)[start > 0 ? 1 : 0]!;
}

export function tile(c: EmitContext, x: Blob, axis: number, tiles: number): Blob {
  if (tiles === 1) return x;
  return c.layer('Tile', [x], { ...(axis !== 1 && { axis }), tiles }, x.shape.with(axis, x.shape[axis]! * tiles));
}

/** Repeats axes of one so that the blob has the shape, which has as many axes. */
export function expandTo(c: EmitContext, x: Blob, shape: readonly number[]): Blob {
  let grown = x;
  shape.forEach((dim, axis) => {
    if (grown.shape[axis] !== dim) grown = tile(c, grown, axis, dim);
  });
  return grown;
}

/** Axes [axis, axis + factors' axes) of x times the factors, plus the terms. */
export function scale(
  c: EmitContext,
  x: Blob,
  axis: number,
  shape: readonly number[],
  factors: Numbers | readonly number[] | Weights,
  terms?: Numbers | readonly number[] | Weights,
  role?: string,
): Blob {
  const fields = {
    ...(axis !== 1 && { axis }),
    ...(shape.length !== 1 && { num_axes: shape.length }),
    ...(terms && { bias_term: true }),
  };
  const blobs = [factors, ...(terms ? [terms] : [])].map((each) => ('shape' in each ? each : weights(shape, each)));
  return c.layer('Scale', [x], fields, x.shape, { blobs, role });
}

/** Axes [axis, axis + terms' axes) of x plus the terms. */
export function bias(
  c: EmitContext,
  x: Blob,
  axis: number,
  shape: readonly number[],
  terms: Numbers | readonly number[],
  role?: string,
): Blob {
  const fields = { ...(axis !== 1 && { axis }), ...(shape.length !== 1 && { num_axes: shape.length }) };
  return c.layer('Bias', [x], fields, x.shape, { blobs: [weights(shape, terms)], role });
}

/** Clip where the target has it, else two ReLUs. */
export function clip(c: EmitContext, x: Blob, min: number, max: number, role?: string): Blob {
  if (c.target.has('Clip')) return neuron(c, 'Clip', x, { min, max }, role);
  // min + ReLU(x − min), then max − ReLU(max − ·).
  const above = power(c, neuron(c, 'ReLU', power(c, x, { shift: -min }), {}, `${role ?? 'clip'}_min`), { shift: min });
  const room = neuron(c, 'ReLU', power(c, above, { scale: -1, shift: max }), {}, `${role ?? 'clip'}_max`);
  return power(c, room, { scale: -1, shift: max });
}

/** A 1x1 convolution over axis 1 of (N, C, …): `matrix` is (outputs, C / group) in row-major order. */
export function mix(
  c: EmitContext,
  x: Blob,
  outputs: number,
  matrix: () => Float32Array,
  { terms, group = 1, role }: { terms?: Numbers; group?: number; role?: string } = {},
): Blob {
  const channels = x.shape[1]!;
  const kernel = x.shape.slice(2).map(() => 1);
  return c.layer(
    'Convolution',
    [x],
    { num_output: outputs, kernel_size: 1, ...(terms ? {} : { bias_term: false }), ...(group > 1 && { group }) },
    [x.shape[0]!, outputs, ...x.shape.slice(2)],
    {
      blobs: [
        { shape: [outputs, channels / group, ...kernel], values: matrix },
        ...(terms ? [weights([outputs], terms)] : []),
      ],
      role,
    },
  );
}

/**
 * Replaces an axis by linear combinations of its elements: result[…, o, …] = Σ matrix[o, i] · x[…, i, …] (+ terms[o]).
 * @param matrix (outputs, length of the axis), row-major
 */
export function mixAxis(
  c: EmitContext,
  x: Blob,
  axis: number,
  outputs: number,
  matrix: () => Float32Array,
  options: { terms?: Numbers; role?: string } = {},
): Blob {
  const shape = x.shape.with(axis, outputs);
  const inputs = x.shape[axis]!;
  const outer = product(x.shape, 0, axis);
  const inner = product(x.shape, axis + 1);
  if (axis > 0 && inner === 1) {
    const flat = reshape(c, x, [outer, inputs]);
    const y = c.layer(
      'InnerProduct',
      [flat],
      { num_output: outputs, ...(options.terms ? {} : { bias_term: false }) },
      [outer, outputs],
      {
        blobs: [
          { shape: [outputs, inputs], values: matrix },
          ...(options.terms ? [weights([outputs], options.terms)] : []),
        ],
        role: options.role,
      },
    );
    return reshape(c, y, shape);
  }
  const isImage = axis === 1 && x.shape.length === 4;
  const flat = isImage ? x : reshape(c, x, [outer, inputs, 1, inner]);
  return reshape(c, mix(c, flat, outputs, matrix, options), shape);
}
