/**
 * The steps that a rule may put between a source's tensors and a blob: each knows the shape that comes out, so that a
 * plan can be checked before a value is read, and copies values once.
 */
import { NetspecError, didYouMean, valueText } from '../../errors.js';
import { formatShape } from '../../proto/blob-proto.js';
import { product, sameShape } from '../../shapes.js';
import { emptyLike, gather, rowMajorStrides } from '../elements.js';
import type { NumericArray } from '../source.js';

/** One step as a rule file has it: a name, or a name with its argument. */
export type TransformStep =
  | 'transpose'
  | 'rgb-bgr'
  | 'sum'
  | { transpose: true }
  | { 'rgb-bgr': true }
  | { sum: true }
  | { permute: readonly number[] }
  | { reshape: readonly number[] }
  | { reverse: number | readonly number[] }
  | { scale: number }
  | { slice: { axis?: number; from?: number; to?: number } }
  | { pad: { axis?: number; before?: number; after?: number; value?: number } }
  | { split: { axis?: number; parts: number; take: number } }
  | { reorder: { axis?: number; order: readonly number[] } }
  | { concat: number };

/** Values with their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** A checked step. Those that join make one tensor of all there are, the others take each tensor by itself. */
export interface Transform {
  /** For reports: `permute 1,0,2,3`. */
  readonly label: string;
  readonly joins: boolean;
  /** @throws NetspecError when the shapes do not fit the step */
  shapeOf(shapes: readonly (readonly number[])[]): readonly number[];
  apply(inputs: readonly Values[]): Values;
}

/** A step of one tensor. */
function each(
  label: string,
  shapeOf: (shape: readonly number[]) => readonly number[],
  apply: (input: Values) => NumericArray,
): Transform {
  return {
    label,
    joins: false,
    shapeOf: ([shape]) => shapeOf(shape!),
    apply: ([input]) => ({ shape: shapeOf(input!.shape), data: apply(input!) }),
  };
}

const KINDS: Readonly<Record<string, (argument: unknown) => Transform>> = {
  transpose: (argument) => {
    expectNone(argument);
    const shapeOf = (shape: readonly number[]) => {
      if (shape.length !== 2)
        throw new NetspecError(`transpose takes a matrix, the tensor is ${formatShape(shape)}`, {
          hint: 'permute takes the order of any number of axes',
        });
      return [shape[1]!, shape[0]!];
    };
    return each('transpose', shapeOf, ({ data, shape }) => permuted(data, shape, [1, 0]));
  },
  permute: (argument) => {
    const axes = integers(argument, 'the order of axes, as [1, 0, 2, 3]');
    if (![...axes].sort((a, b) => a - b).every((axis, i) => axis === i))
      throw new NetspecError(`expected each axis from 0 on once, got [${axes.join(', ')}]`);
    const shapeOf = (shape: readonly number[]) => {
      if (shape.length !== axes.length)
        throw new NetspecError(`permute orders ${axes.length} axes, the tensor is ${formatShape(shape)}`);
      return axes.map((axis) => shape[axis]!);
    };
    return each(`permute ${axes.join(',')}`, shapeOf, ({ data, shape }) => permuted(data, shape, axes));
  },
  reshape: (argument) => {
    const dims = integers(argument, 'dimensions, as [64, -1]');
    if (dims.some((dim) => dim < -1 || dim === 0) || dims.filter((dim) => dim === -1).length > 1)
      throw new NetspecError(
        `expected positive dimensions, one of them may be -1 for the rest, got [${dims.join(', ')}]`,
      );
    const shapeOf = (shape: readonly number[]) => {
      const known = product(dims.filter((dim) => dim !== -1));
      const rest = product(shape) / known;
      const to = dims.map((dim) => (dim === -1 ? rest : dim));
      if (!Number.isInteger(rest) || product(to) !== product(shape))
        throw new NetspecError(`a tensor of ${formatShape(shape)} cannot be reshaped to ${dims.join('x')}`);
      return to;
    };
    return each(`reshape ${dims.join('x')}`, shapeOf, ({ data }) => data);
  },
  'rgb-bgr': (argument) => {
    expectNone(argument);
    const shapeOf = (shape: readonly number[]) => {
      if (shape.length < 2 || shape[1] !== 3)
        throw new NetspecError(
          `rgb-bgr takes weights of 3 input channels (axis 1), the tensor is ${formatShape(shape)}`,
        );
      return shape;
    };
    return each('rgb-bgr', shapeOf, ({ data, shape }) => reversed(data, shape, [1]));
  },
  reverse: (argument) => {
    const axes = typeof argument === 'number' ? [argument] : argument;
    const list = integers(axes, 'an axis, or a list of axes');
    const shapeOf = (shape: readonly number[]) => {
      for (const axis of list) axisOf(axis, shape, 'reverse');
      return shape;
    };
    return each(`reverse ${list.join(',')}`, shapeOf, ({ data, shape }) =>
      reversed(
        data,
        shape,
        list.map((axis) => axisOf(axis, shape, 'reverse')),
      ),
    );
  },
  scale: (argument) => {
    if (typeof argument !== 'number' || !Number.isFinite(argument))
      throw new NetspecError(`expected a number, got ${valueText(argument)}`);
    return each(
      `× ${argument}`,
      (shape) => shape,
      ({ data }) => (data instanceof Float64Array ? data : Float32Array.from(data)).map((value) => value * argument),
    );
  },
  slice: (argument) => {
    const { axis = 0, from = 0, to } = fields(argument, ['axis', 'from', 'to'], []);
    if (from < 0 || (to !== undefined && to <= from))
      throw new NetspecError(`expected 0 <= from < to, got from ${from}, to ${String(to)}`);
    const range = (shape: readonly number[]) => {
      const at = axisOf(axis, shape, 'slice');
      const end = to ?? shape[at]!;
      if (end > shape[at]! || from >= end)
        throw new NetspecError(`slice ${from}:${end} of axis ${axis} is outside a tensor of ${formatShape(shape)}`);
      return { at, end };
    };
    const shapeOf = (shape: readonly number[]) => {
      const { at, end } = range(shape);
      return shape.with(at, end - from);
    };
    return each(`slice ${from}:${to ?? ''} of axis ${axis}`, shapeOf, ({ data, shape }) => {
      const { at, end } = range(shape);
      return sliced(data, shape, at, from, end);
    });
  },
  pad: (argument) => {
    const known = ['axis', 'before', 'after', 'value'];
    const { axis = 0, before = 0, after = 0, value = 0 } = fields(argument, known, [], ['value']);
    if (before < 0 || after < 0 || before + after === 0)
      throw new NetspecError(
        `expected before and after from 0 on, and one above 0, got before ${before}, after ${after}`,
      );
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new NetspecError(`expected a number for 'value', got ${valueText(value)}`);
    const shapeOf = (shape: readonly number[]) => {
      const at = axisOf(axis, shape, 'pad');
      const to = shape.with(at, before + shape[at]! + after);
      if (product(to) > MOST_VALUES)
        throw new NetspecError(`a tensor of ${formatShape(shape)} cannot be padded to ${formatShape(to)}: too large`);
      return to;
    };
    const label = `pad ${before},${after} of axis ${axis}${value === 0 ? '' : ` with ${value}`}`;
    return each(label, shapeOf, ({ data, shape }) =>
      padded(data, shape, axisOf(axis, shape, 'pad'), { before, after, value }),
    );
  },
  split: (argument) => {
    const { axis = 0, parts = 0, take = 0 } = fields(argument, ['axis', 'parts', 'take'], ['parts', 'take']);
    if (parts < 1 || take < 0 || take >= parts)
      throw new NetspecError(`expected take from 0 to parts - 1, got parts ${parts}, take ${take}`);
    const size = (shape: readonly number[]) => {
      const at = axisOf(axis, shape, 'split');
      const length = shape[at]! / parts;
      if (!Number.isInteger(length))
        throw new NetspecError(`axis ${axis} of a tensor of ${formatShape(shape)} cannot be split into ${parts} parts`);
      return { at, length };
    };
    const shapeOf = (shape: readonly number[]) => {
      const { at, length } = size(shape);
      return shape.with(at, length);
    };
    return each(`part ${take} of ${parts} along axis ${axis}`, shapeOf, ({ data, shape }) => {
      const { at, length } = size(shape);
      return sliced(data, shape, at, take * length, (take + 1) * length);
    });
  },
  reorder: (argument) => {
    const { axis = 0, order } = fields(argument, ['axis', 'order'], ['order'], ['order']);
    const blocks = integers(order, 'the order of equal blocks, as [0, 1, 3, 2]');
    if (![...blocks].sort((a, b) => a - b).every((block, i) => block === i))
      throw new NetspecError(`expected each block from 0 on once, got [${blocks.join(', ')}]`);
    const shapeOf = (shape: readonly number[]) => {
      const at = axisOf(axis, shape, 'reorder');
      if (shape[at]! % blocks.length !== 0)
        throw new NetspecError(
          `axis ${axis} of a tensor of ${formatShape(shape)} cannot be split into ${blocks.length} blocks`,
        );
      return shape;
    };
    return each(`blocks ${blocks.join(',')} of axis ${axis}`, shapeOf, ({ data, shape }) => {
      const at = axisOf(axis, shape, 'reorder');
      const length = shape[at]! / blocks.length;
      const pieces = blocks.map((block) => ({
        shape: shape.with(at, length),
        data: sliced(data, shape, at, block * length, (block + 1) * length),
      }));
      return joined(pieces, at);
    });
  },
  concat: (argument) => {
    if (!Number.isInteger(argument)) throw new NetspecError(`expected an axis, got ${valueText(argument)}`);
    const axis = argument as number;
    return {
      label: `concat along axis ${axis}`,
      joins: true,
      shapeOf: (shapes) => concatShape(shapes, axis),
      apply: (inputs) => {
        const shape = concatShape(
          inputs.map((input) => input.shape),
          axis,
        );
        return { shape, data: joined(inputs, axisOf(axis, shape, 'concat')) };
      },
    };
  },
  sum: (argument) => {
    expectNone(argument);
    const shapeOf = (shapes: readonly (readonly number[])[]) => {
      const other = shapes.find((shape) => !sameShape(shape, shapes[0]!));
      if (other)
        throw new NetspecError(
          `sum takes tensors of one shape, got ${formatShape(shapes[0]!)} and ${formatShape(other)}`,
        );
      return shapes[0]!;
    };
    return {
      label: 'sum',
      joins: true,
      shapeOf,
      apply: (inputs) => {
        const data = Float64Array.from(inputs[0]!.data);
        for (const { data: more } of inputs.slice(1)) for (let i = 0; i < data.length; i++) data[i]! += more[i]!;
        return { shape: inputs[0]!.shape, data };
      },
    };
  },
};

/** A caffemodel has at most 2 GiB. */
const MOST_VALUES = 2 ** 29;

/** Names of the steps. */
export const TRANSFORMS: readonly string[] = Object.keys(KINDS);

/**
 * One step of a rule file, checked.
 * @throws NetspecError saying what is wrong with it
 */
export function parseTransform(step: unknown): Transform {
  const known = `steps are ${TRANSFORMS.join(', ')}`;
  const isObject = typeof step === 'object' && step !== null && !Array.isArray(step);
  if (typeof step !== 'string' && !(isObject && Object.keys(step).length === 1))
    throw new NetspecError(`expected a step, as "transpose" or {"permute": [1, 0, 2, 3]}, got ${valueText(step)}`, {
      hint: known,
    });
  const [name, argument] =
    typeof step === 'string' ? [step, undefined] : (Object.entries(step)[0] as [string, unknown]);
  if (!Object.hasOwn(KINDS, name))
    throw new NetspecError(`there is no step '${name}'`, { hint: didYouMean(name, TRANSFORMS) ?? known });
  try {
    return KINDS[name]!(argument);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`${name}: ${error.reason}`, { hint: error.details.hint });
  }
}

/** Shape after all steps. @throws NetspecError when a step does not fit, or several tensors are left. */
export function shapeAfter(
  transforms: readonly Transform[],
  shapes: readonly (readonly number[])[],
): readonly number[] {
  const left = transforms.reduce(
    (now, step) => (step.joins ? [step.shapeOf(now)] : now.map((shape) => step.shapeOf([shape]))),
    shapes,
  );
  return left[0]!;
}

/** Values after all steps. */
export function applyAll(transforms: readonly Transform[], inputs: readonly Values[]): Values {
  let now = inputs;
  for (const step of transforms) now = step.joins ? [step.apply(now)] : now.map((input) => step.apply([input]));
  return now[0]!;
}

function expectNone(argument: unknown): void {
  if (argument !== undefined && argument !== true)
    throw new NetspecError(`takes no argument, got ${valueText(argument)}`);
}

function integers(value: unknown, what: string): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(Number.isInteger))
    throw new NetspecError(`expected ${what}, got ${valueText(value)}`);
  return value as number[];
}

/** An argument's integer fields; those of `lists` are handed on as they are. */
function fields(
  value: unknown,
  known: readonly string[],
  required: readonly string[],
  lists: readonly string[] = [],
): Readonly<Record<string, number | undefined>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NetspecError(`expected an object with ${known.join(', ')}, got ${valueText(value)}`);
  for (const [name, given] of Object.entries(value)) {
    if (!known.includes(name))
      throw new NetspecError(`there is no '${name}'`, {
        hint: didYouMean(name, known) ?? `it takes ${known.join(', ')}`,
      });
    if (!lists.includes(name) && !Number.isInteger(given))
      throw new NetspecError(`expected an integer for '${name}', got ${valueText(given)}`);
  }
  const missing = required.find((name) => !(name in value));
  if (missing !== undefined) throw new NetspecError(`'${missing}' is missing`);
  return value as Readonly<Record<string, number | undefined>>;
}

/** An axis, from the end when negative. */
function axisOf(axis: number, shape: readonly number[], what: string): number {
  const at = axis < 0 ? axis + shape.length : axis;
  if (at < 0 || at >= shape.length)
    throw new NetspecError(`${what}: there is no axis ${axis} in a tensor of ${formatShape(shape)}`);
  return at;
}

function concatShape(shapes: readonly (readonly number[])[], axis: number): readonly number[] {
  const [first] = shapes;
  const at = axisOf(axis, first!, 'concat');
  const other = shapes.find(
    (shape) => shape.length !== first!.length || !sameShape(shape.with(at, 0), first!.with(at, 0)),
  );
  if (other)
    throw new NetspecError(
      `concat along axis ${axis} takes tensors that differ in it alone, got ${formatShape(first!)} and ${formatShape(other)}`,
    );
  return first!.with(
    at,
    shapes.reduce((sum, shape) => sum + shape[at]!, 0),
  );
}

function permuted(data: NumericArray, shape: readonly number[], axes: readonly number[]): NumericArray {
  const strides = rowMajorStrides(shape);
  return gather(
    data,
    axes.map((axis) => shape[axis]!),
    axes.map((axis) => strides[axis]!),
  );
}

function reversed(data: NumericArray, shape: readonly number[], axes: readonly number[]): NumericArray {
  const strides = rowMajorStrides(shape);
  let start = 0;
  for (const axis of new Set(axes)) {
    start += (shape[axis]! - 1) * strides[axis]!;
    strides[axis]! *= -1;
  }
  return gather(data, shape, strides, start);
}

/** With positions of one value before and after those of an axis. */
function padded(
  data: NumericArray,
  shape: readonly number[],
  axis: number,
  { before, after, value }: { before: number; after: number; value: number },
): NumericArray {
  const inner = product(shape, axis + 1);
  const from = shape[axis]! * inner;
  const to = from + (before + after) * inner;
  const outer = product(shape, 0, axis);
  // Not every element type holds every value.
  const out = value === 0 ? emptyLike(data, outer * to) : new Float64Array(outer * to).fill(value);
  for (let i = 0; i < outer; i++) out.set(data.subarray(i * from, (i + 1) * from), i * to + before * inner);
  return out;
}

/** Positions `from` up to, not including, `to` of an axis. */
function sliced(data: NumericArray, shape: readonly number[], axis: number, from: number, to: number): NumericArray {
  const inner = product(shape, axis + 1);
  const outer = product(shape, 0, axis);
  const length = (to - from) * inner;
  // Along the outermost axis a part of the array is the part of the tensor.
  if (outer === 1) return data.subarray(from * inner, to * inner);
  const out = emptyLike(data, outer * length);
  for (let i = 0; i < outer; i++) {
    const at = (i * shape[axis]! + from) * inner;
    out.set(data.subarray(at, at + length), i * length);
  }
  return out;
}

function joined(inputs: readonly Values[], axis: number): NumericArray {
  const shapes = inputs.map(({ shape }) => shape);
  const total = shapes.reduce((sum, shape) => sum + product(shape), 0);
  const mixed = inputs.some(({ data }) => data.constructor !== inputs[0]!.data.constructor);
  const out = mixed ? new Float64Array(total) : emptyLike(inputs[0]!.data, total);
  const outer = product(shapes[0]!, 0, axis);
  let at = 0;
  for (let i = 0; i < outer; i++)
    for (const { shape, data } of inputs) {
      const length = product(shape, axis);
      out.set(data.subarray(i * length, (i + 1) * length), at);
      at += length;
    }
  return out;
}
