/** Models of one node each, with random shapes and attributes, for every operator. */
import type { ImportOptions } from '../../src/onnx/index.js';
import type { AttributeInput, ModelInput, TensorInput } from './onnx-model.js';
import type { Range } from './onnx-check.js';

/** Random choices. */
export interface Draw {
  /** A whole number, both ends included. */
  int(low: number, high: number): number;
  of<T>(list: readonly T[]): T;
  flag(): boolean;
  /** Dimensions from 1 to `largest`. */
  shape(leastAxes: number, mostAxes: number, largest?: number): number[];
  numbers(count: number, low?: number, high?: number): number[];
}

export interface Case {
  readonly op: string;
  /** ONNX's own by default. */
  readonly domain?: string;
  readonly make: (draw: Draw) => ModelInput;
  readonly range?: Range;
  /** As a part of the largest value; by default what checkImport allows. */
  readonly tolerance?: number;
  readonly options?: ImportOptions;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const constant = (draw: Draw, shape: readonly number[], low?: number, high?: number): TensorInput => ({
  shape,
  data: draw.numbers(size(shape), low, high),
});
const ints = (values: readonly number[]): TensorInput => ({ shape: [values.length], data: values, type: 'int64' });

type Attributes = Record<string, AttributeInput | undefined>;

/** A node with inputs x0, x1 … of the given shapes, then constants c0, c1 …, and outputs y0 … */
function node(
  op: string,
  given: {
    inputs: readonly (readonly number[])[];
    constants?: readonly (TensorInput | undefined)[];
    attributes?: Attributes;
    opset?: number;
    outputs?: number;
    /** Order of inputs: `x0`, `c0`; by default all inputs, then all constants. */
    order?: readonly string[];
    domain?: string;
  },
): ModelInput {
  const { inputs, constants = [], attributes, opset = 13, outputs = 1, domain } = given;
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const all = given.order ?? [...inputs.map((_, i) => `x${i}`), ...constants.map((_, i) => `c${i}`)];
  const order = all.map((name) => (name.startsWith('c') && !constants[Number(name.slice(1))] ? '' : name));
  return {
    opset,
    nodes: [{ op, inputs: order, outputs: names, attributes, name: `/a/${op}`, domain }],
    inputs: Object.fromEntries(inputs.map((shape, i) => [`x${i}`, shape])),
    constants: Object.fromEntries(constants.flatMap((each, i) => (each ? [[`c${i}`, each] as const] : []))),
    outputs: names,
  };
}

function unary(
  op: string,
  attributes: (draw: Draw) => Attributes = () => ({}),
  rest: Partial<Case> = {},
  opset = 13,
): Case {
  const { domain } = rest;
  return {
    op,
    make: (draw) => node(op, { inputs: [draw.shape(0, 5)], attributes: attributes(draw), opset, domain }),
    ...rest,
  };
}

/** Two shapes that broadcast, each axis of either of which may be one or missing in front. */
function pair(draw: Draw): [number[], number[]] {
  const whole = draw.shape(1, 4, 4);
  const thin = (): number[] => {
    const dims = whole.map((dim) => (draw.int(0, 2) === 0 ? 1 : dim));
    return dims.slice(draw.of([0, 0, 0, draw.int(0, dims.length)]));
  };
  return draw.flag() ? [whole, thin()] : [thin(), thin()];
}

function binary(op: string, low: number, high: number, rest: Partial<Case> = {}): Case {
  return {
    op,
    range: { low, high },
    ...rest,
    make: (draw) => {
      const [a, b] = pair(draw);
      const side = draw.int(0, 2);
      if (side === 0) return node(op, { inputs: [a, b] });
      if (side === 1) return node(op, { inputs: [a], constants: [constant(draw, b, low, high)] });
      return node(op, { inputs: [b], constants: [constant(draw, a, low, high)], order: ['c0', 'x0'] });
    },
  };
}

function variadic(op: string): Case {
  return {
    op,
    make: (draw) => {
      const whole = draw.shape(1, 4, 4);
      const shapes = Array.from({ length: draw.int(1, 3) }, (_, i) =>
        i === 0 ? whole : whole.map((dim) => (draw.int(0, 2) === 0 ? 1 : dim)),
      );
      if (draw.int(0, 3) === 0) return node(op, { inputs: [whole], constants: [constant(draw, [])] });
      return node(op, { inputs: shapes });
    },
  };
}

function reduce(op: string, axesSince: number, range: Range = {}, tolerance?: number): Case {
  return {
    op,
    range,
    tolerance,
    make: (draw) => {
      const shape = draw.shape(1, 4, 4);
      const opset = draw.of([11, 13, 18]);
      const axes = shape.map((_, axis) => axis - (draw.flag() ? shape.length : 0)).filter(() => draw.flag());
      const asInput = opset >= axesSince;
      const attributes: Attributes = { keepdims: draw.int(0, 1), ...(asInput || axes.length === 0 ? {} : { axes }) };
      return node(op, {
        inputs: [shape],
        constants: asInput && axes.length > 0 ? [ints(axes)] : [],
        attributes,
        opset,
      });
    },
  };
}

/** Kernel, strides, pads and dilations for an image of spatial axes. */
function window(
  draw: Draw,
  spatial: number,
  largest: number,
): { kernel: number[]; sizes: number[]; attributes: Attributes } {
  const kernel = Array.from({ length: spatial }, () => draw.int(1, 3));
  const sizes = kernel.map((k) => k + draw.int(2, largest));
  const attributes: Attributes = { strides: kernel.map(() => draw.int(1, 3)) };
  const auto = draw.int(0, 4);
  if (auto === 0) attributes['auto_pad'] = draw.of(['SAME_UPPER', 'SAME_LOWER', 'VALID']);
  else attributes['pads'] = [...kernel, ...kernel].map((k) => draw.int(0, k - 1));
  return { kernel, sizes, attributes };
}

function pool(op: string, attributes: (draw: Draw) => Attributes, opset = 19): Case {
  return {
    op,
    make: (draw) => {
      const spatial = draw.of([1, 2, 2, 2, 3]);
      const { kernel, sizes, attributes: own } = window(draw, spatial, 6);
      const ceil = draw.flag() && !('auto_pad' in own) ? { ceil_mode: 1 } : {};
      return node(op, {
        inputs: [[draw.int(1, 2), draw.int(1, 3), ...sizes]],
        attributes: { kernel_shape: kernel, ...own, ...ceil, ...attributes(draw) },
        opset,
      });
    },
  };
}

function recurrent(op: string, gates: number, attributes: (draw: Draw, dirs: number) => Attributes): Case {
  return {
    op,
    make: (draw) => {
      const [steps, batch, inputs, hidden] = [draw.int(1, 4), draw.int(1, 2), draw.int(1, 3), draw.int(1, 3)];
      const direction = draw.of(['forward', 'reverse', 'bidirectional']);
      const dirs = direction === 'bidirectional' ? 2 : 1;
      const layout = draw.of([0, 0, 1]);
      const states = op === 'LSTM' ? 2 : 1;
      const stateShape = layout ? [batch, dirs, hidden] : [dirs, batch, hidden];
      const withState = draw.flag();
      return node(op, {
        inputs: [
          layout ? [batch, steps, inputs] : [steps, batch, inputs],
          ...(withState ? Array.from({ length: states }, () => stateShape) : []),
        ],
        constants: [
          constant(draw, [dirs, gates * hidden, inputs]),
          constant(draw, [dirs, gates * hidden, hidden]),
          draw.flag() ? constant(draw, [dirs, 2 * gates * hidden]) : undefined,
        ],
        order: [
          'x0',
          'c0',
          'c1',
          'c2',
          '',
          ...(withState ? Array.from({ length: states }, (_, i) => `x${i + 1}`) : []),
        ],
        attributes: { hidden_size: hidden, direction, layout, ...attributes(draw, dirs) },
        outputs: 1 + states,
        opset: 14,
      });
    },
  };
}

const perm = (draw: Draw, count: number): number[] => {
  const axes = Array.from({ length: count }, (_, axis) => axis);
  for (let i = count - 1; i > 0; i--) {
    const j = draw.int(0, i);
    [axes[i], axes[j]] = [axes[j]!, axes[i]!];
  }
  return axes;
};

export const CASES: readonly Case[] = [
  ...['Abs', 'Neg', 'Exp', 'Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign', 'HardSwish', 'Mish', 'Sinh', 'Cosh'].map(
    (op) => unary(op),
  ),
  unary('Swish', (draw) => (draw.flag() ? {} : { alpha: { float: 1.5 } })),
  unary('Log', undefined, { range: { low: 0.1, high: 3 } }),
  unary('Sqrt', undefined, { range: { low: 0, high: 3 } }),
  unary('Reciprocal', undefined, { range: { low: 0.3, high: 3 } }),
  unary('LeakyRelu', (draw) => (draw.flag() ? {} : { alpha: { float: draw.numbers(1)[0]! } })),
  unary('Elu', (draw) => (draw.flag() ? {} : { alpha: { float: draw.numbers(1)[0]! } })),
  unary('Celu', (draw) => (draw.flag() ? {} : { alpha: { float: draw.numbers(1, 0.5, 2)[0]! } })),
  unary('Selu'),
  unary('HardSigmoid', (draw) => (draw.flag() ? {} : { alpha: { float: 0.3 }, beta: { float: 0.4 } })),
  unary('ThresholdedRelu', (draw) => (draw.flag() ? {} : { alpha: { float: 0.5 } })),
  unary('Shrink', (draw) => (draw.flag() ? {} : { bias: { float: 0.3 }, lambd: { float: 0.7 } })),
  unary('Sign', undefined, { range: { low: -2, high: 2, whole: true } }),
  unary('Not', undefined, { range: { low: 0, high: 2, whole: true } }),
  // erf by the formula is off by 1.5e-7 of 1, beside the rounding of its layers.
  unary('Erf', undefined, { tolerance: 3e-6 }),
  unary('Gelu', (draw) => (draw.flag() ? {} : { approximate: 'tanh' }), { tolerance: 3e-6 }, 20),
  unary('Identity'),
  unary('Dropout', () => ({}), {}, 11),
  unary('CastLike', undefined, {
    make: (draw) => node('CastLike', { inputs: [draw.shape(1, 4)], constants: [constant(draw, [1])], opset: 15 }),
  }),
  unary('Cast', (draw) => ({ to: draw.of([1, 9, 11]) }), { range: { low: -1, high: 2, whole: true } }),
  binary('Add', -2, 2),
  binary('Sub', -2, 2),
  binary('Mul', -2, 2),
  binary('Div', 0.5, 2),
  {
    op: 'Pow',
    range: { low: 0.2, high: 2 },
    make: (draw) => {
      const shape = draw.shape(0, 4);
      if (draw.int(0, 3) === 0)
        return node('Pow', { inputs: [shape], constants: [constant(draw, [], 1, 3)], order: ['c0', 'x0'] });
      return node('Pow', {
        inputs: [shape],
        constants: [{ shape: draw.of([[], [1]]), data: [draw.of([2, 3, 0.5, -1])] }],
      });
    },
  },
  ...['Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'Equal'].map((op) =>
    binary(op, -1, 3, { range: { low: -1, high: 3, whole: true } }),
  ),
  ...['And', 'Or', 'Xor'].map((op): Case => ({
    op,
    range: { low: 0, high: 2, whole: true },
    make: (draw) => {
      const [a, b] = pair(draw);
      return node(op, { inputs: [a, b] });
    },
  })),
  ...['Sum', 'Mean', 'Max', 'Min'].map(variadic),
  ...['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSumExp'].map((op) =>
    reduce(op, 18),
  ),
  reduce('ReduceSum', 13),
  reduce('ReduceProd', 18, { low: 0.5, high: 1.5 }),
  reduce('ReduceLogSum', 18, { low: 0.5, high: 2 }),
  {
    op: 'Conv',
    make: (draw) => {
      const spatial = draw.of([1, 2, 2, 3]);
      const { kernel, sizes, attributes } = window(draw, spatial, 5);
      const group = draw.of([1, 1, 2, 3]);
      const [inner, outer] = [draw.int(1, 2), draw.int(1, 2)];
      const dilations = kernel.map(() => draw.int(1, 2));
      const grown = sizes.map((value, i) => value + kernel[i]! * dilations[i]!);
      return node('Conv', {
        inputs: [[draw.int(1, 2), group * inner, ...grown]],
        constants: [
          constant(draw, [group * outer, inner, ...kernel]),
          draw.flag() ? constant(draw, [group * outer]) : undefined,
        ],
        attributes: { ...attributes, dilations, group, ...(draw.flag() && { kernel_shape: kernel }) },
      });
    },
  },
  {
    op: 'ConvTranspose',
    make: (draw) => {
      const spatial = draw.of([1, 2, 2, 3]);
      const kernel = Array.from({ length: spatial }, () => draw.int(1, 4));
      const strides = kernel.map(() => draw.int(1, 3));
      const dilations = kernel.map(() => draw.int(1, 2));
      const group = draw.of([1, 1, 2]);
      const [inner, outer] = [draw.int(1, 2), draw.int(1, 2)];
      const sizes = kernel.map(() => draw.int(2, 4));
      const kind = draw.int(0, 3);
      const attributes: Attributes = { strides, dilations, group };
      if (kind === 0) attributes['auto_pad'] = draw.of(['SAME_UPPER', 'SAME_LOWER']);
      else if (kind === 1) attributes['output_shape'] = sizes.map((value, i) => value * strides[i]!);
      else {
        attributes['pads'] = [...kernel, ...kernel].map((k) => draw.int(0, Math.min(k - 1, 1)));
        attributes['output_padding'] = strides.map((stride) => draw.int(0, stride - 1));
      }
      return node('ConvTranspose', {
        inputs: [[draw.int(1, 2), group * inner, ...sizes]],
        constants: [
          constant(draw, [group * inner, outer, ...kernel]),
          draw.flag() ? constant(draw, [group * outer]) : undefined,
        ],
        attributes,
      });
    },
  },
  pool('MaxPool', (draw) => (draw.flag() ? {} : {})),
  {
    op: 'MaxPool',
    make: (draw) => {
      const kernel = [draw.int(1, 3), draw.int(2, 3)];
      const dilations = [draw.int(1, 2), 2];
      return node('MaxPool', {
        inputs: [[1, 2, 9, 8]],
        attributes: {
          kernel_shape: kernel,
          dilations,
          strides: [draw.int(1, 2), 1],
          pads: [0, draw.int(0, 1), 0, 1],
          ceil_mode: draw.int(0, 1),
        },
      });
    },
  },
  pool('AveragePool', (draw) => (draw.flag() ? { count_include_pad: 1 } : {})),
  {
    op: 'AveragePool',
    make: (draw) => {
      const dilations = [draw.int(1, 3), draw.int(1, 2)];
      return node('AveragePool', {
        inputs: [[draw.int(1, 2), draw.int(1, 3), 9, 8]],
        attributes: {
          kernel_shape: [3, 2],
          dilations,
          strides: [draw.int(1, 2), draw.int(1, 2)],
          pads: [draw.int(0, 2), 0, draw.int(0, 2), 1],
          ceil_mode: draw.int(0, 1),
          count_include_pad: draw.int(0, 1),
        },
        opset: 19,
      });
    },
  },
  {
    op: 'Hardmax',
    // Whole numbers, so that some are equal.
    range: { low: -2, high: 3, whole: true },
    make: (draw) => {
      const shape = draw.shape(2, 4);
      return node('Hardmax', {
        inputs: [shape],
        attributes: { axis: draw.int(-shape.length, shape.length - 1) },
        opset: draw.of([11, 13]),
      });
    },
  },
  pool('LpPool', (draw) => ({ p: draw.int(1, 4) })),
  ...['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].map((op): Case => ({
    op,
    make: (draw) => node(op, { inputs: [[...draw.shape(2, 2), ...draw.shape(1, 3)]] }),
  })),
  {
    op: 'BatchNormalization',
    make: (draw) => {
      const shape = draw.shape(2, 5);
      const channels = [shape[1]!];
      return node('BatchNormalization', {
        inputs: [shape],
        constants: [
          constant(draw, channels),
          constant(draw, channels),
          constant(draw, channels),
          constant(draw, channels, 0.5, 2),
        ],
        attributes: { epsilon: { float: draw.of([1e-5, 1e-3]) } },
      });
    },
  },
  {
    op: 'BatchNormalization',
    options: { keepBatchNorm: true },
    make: (draw) => {
      const shape = draw.shape(2, 4);
      const channels = [shape[1]!];
      return node('BatchNormalization', {
        inputs: [shape],
        constants: [
          constant(draw, channels),
          constant(draw, channels),
          constant(draw, channels),
          constant(draw, channels, 0.5, 2),
        ],
      });
    },
  },
  {
    op: 'InstanceNormalization',
    // Lines of few values may have a small variance, whose root enlarges what rounding left of the mean.
    tolerance: 2e-5,
    make: (draw) => {
      const shape = [...draw.shape(2, 2), draw.int(4, 9), ...draw.shape(0, 2)];
      return node('InstanceNormalization', {
        inputs: [shape],
        constants: [constant(draw, [shape[1]!]), constant(draw, [shape[1]!])],
      });
    },
  },
  {
    op: 'LayerNormalization',
    tolerance: 2e-5,
    make: (draw) => {
      const shape = [...draw.shape(1, 3), draw.int(4, 9)];
      const axis = draw.int(0, shape.length - 1);
      const tail = shape.slice(axis);
      return node('LayerNormalization', {
        inputs: [shape],
        constants: [constant(draw, tail), draw.flag() ? constant(draw, tail) : undefined],
        attributes: { axis: axis - (draw.flag() ? shape.length : 0) },
        outputs: draw.of([1, 3]),
        opset: 17,
      });
    },
  },
  {
    op: 'GroupNormalization',
    tolerance: 2e-5,
    make: (draw) => {
      const [groups, per] = [draw.int(1, 3), draw.int(1, 3)];
      const opset = draw.of([18, 21]);
      const count = [opset === 18 ? groups : groups * per];
      return node('GroupNormalization', {
        inputs: [[draw.int(1, 2), groups * per, draw.int(3, 5), draw.int(2, 4)]],
        constants: [constant(draw, count), constant(draw, count)],
        attributes: { num_groups: groups },
        opset,
      });
    },
  },
  {
    op: 'MeanVarianceNormalization',
    tolerance: 2e-5,
    make: (draw) =>
      node('MeanVarianceNormalization', {
        inputs: [[draw.int(1, 3), draw.int(1, 3), 4, 5]],
        attributes: draw.flag()
          ? {}
          : {
              axes: draw.of([
                [2, 3],
                [1, 2, 3],
                [0, 2],
              ]),
            },
      }),
  },
  {
    op: 'LpNormalization',
    make: (draw) => {
      const shape = draw.shape(1, 4);
      return node('LpNormalization', {
        inputs: [shape],
        attributes: { axis: draw.int(-1, shape.length - 1), p: draw.int(1, 2) },
      });
    },
  },
  {
    op: 'LRN',
    make: (draw) =>
      node('LRN', {
        inputs: [[...draw.shape(2, 2, 7), ...draw.shape(1, 3)]],
        attributes: {
          size: draw.of([1, 3, 5]),
          ...(draw.flag() && { alpha: { float: 0.5 }, beta: { float: 0.6 }, bias: { float: 2 } }),
        },
      }),
  },
  ...['Softmax', 'LogSoftmax'].map((op): Case => ({
    op,
    make: (draw) => {
      const shape = draw.shape(1, 4);
      const axis = draw.int(-shape.length, shape.length - 1);
      return node(op, {
        inputs: [shape],
        attributes: draw.flag() ? { axis } : shape.length > 1 ? {} : { axis: 0 },
        opset: draw.of([11, 13]),
      });
    },
  })),
  {
    op: 'Clip',
    make: (draw) => {
      const shape = draw.shape(0, 4);
      const kind = draw.int(0, 5);
      const [low, high] = [
        { shape: [], data: [-0.5] },
        { shape: [], data: [1.25] },
      ];
      if (kind === 0)
        return node('Clip', { inputs: [shape], attributes: { min: { float: 0 }, max: { float: 1 } }, opset: 6 });
      if (kind === 1) return node('Clip', { inputs: [shape], constants: [low] });
      if (kind === 2) return node('Clip', { inputs: [shape], constants: [undefined, high] });
      if (kind === 3) return node('Clip', { inputs: [shape], constants: [{ shape: [], data: [0] }] });
      if (kind === 4) return node('Clip', { inputs: [shape, []], constants: [high], order: ['x0', 'x1', 'c0'] });
      return node('Clip', { inputs: [shape], constants: [low, high] });
    },
  },
  {
    op: 'Clip',
    options: { target: 'caffe-1.0' },
    make: (draw) => {
      const kind = draw.int(0, 2);
      const [low, high] = [
        { shape: [], data: [-0.5] },
        { shape: [], data: [1.25] },
      ];
      return node('Clip', {
        inputs: [draw.shape(1, 4)],
        constants: kind === 0 ? [low] : kind === 1 ? [undefined, high] : [low, high],
      });
    },
  },
  {
    op: 'PRelu',
    make: (draw) => {
      const shape = draw.shape(1, 5);
      const kind = draw.int(0, 3);
      const perChannel = [shape[1] ?? 1, ...shape.slice(2).map(() => 1)];
      const slope =
        kind === 0 ? [1] : kind === 1 && shape.length > 1 ? perChannel : shape.map((dim) => (draw.flag() ? 1 : dim));
      return kind === 3
        ? node('PRelu', { inputs: [shape, slope] })
        : node('PRelu', { inputs: [shape], constants: [constant(draw, slope)] });
    },
  },
  {
    op: 'Gemm',
    make: (draw) => {
      const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
      const [transA, transB] = [draw.int(0, 1), draw.int(0, 1)];
      const [a, b] = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
      const bias = draw.of([[n], [1, n], [m, n], [m, 1], [1], []]);
      const attributes: Attributes = {
        transA,
        transB,
        ...(draw.flag() && { alpha: { float: 0.5 }, beta: { float: 1.5 } }),
      };
      const kind = draw.int(0, 3);
      const hasBias = draw.flag();
      if (kind === 0) return node('Gemm', { inputs: [a, b, ...(hasBias ? [bias] : [])], attributes });
      if (kind === 1)
        return node('Gemm', {
          inputs: [b],
          constants: [constant(draw, a), constant(draw, bias)],
          order: ['c0', 'x0', 'c1'],
          attributes,
        });
      return node('Gemm', {
        inputs: [a],
        constants: [constant(draw, b), hasBias ? constant(draw, bias) : undefined],
        attributes,
      });
    },
  },
  {
    op: 'MatMul',
    make: (draw) => {
      const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
      const batch = draw.shape(0, 2, 3);
      const [a, b] = [draw.of([[...batch, m, k], [m, k], [k]]), draw.of([[...batch, k, n], [k, n], [k]])];
      const kind = draw.int(0, 2);
      if (kind === 0) return node('MatMul', { inputs: [a, b] });
      if (kind === 1) return node('MatMul', { inputs: [b], constants: [constant(draw, a)], order: ['c0', 'x0'] });
      return node('MatMul', { inputs: [a], constants: [constant(draw, b)] });
    },
  },
  {
    op: 'Einsum',
    make: (draw) => {
      const [equation, a, b] = draw.of<readonly [string, number[], number[] | undefined]>([
        ['ij,jk->ik', [2, 3], [3, 4]],
        ['bij,bjk->bik', [2, 2, 3], [2, 3, 4]],
        ['bhqd,bhkd->bhqk', [1, 2, 3, 4], [1, 2, 2, 4]],
        ['nchw,nc->nchw', [1, 3, 2, 2], [1, 3]],
        ['ij->ji', [2, 3], undefined],
        ['bij->bi', [2, 2, 3], undefined],
        ['...ij,...jk->...ik', [2, 2, 3], [2, 3, 4]],
        ['bchw,bkc->bkhw', [1, 2, 3, 2], [1, 4, 2]],
        ['i,j->ij', [3], [2]],
      ]);
      if (b && draw.flag())
        return node('Einsum', { inputs: [a], constants: [constant(draw, b)], attributes: { equation } });
      return node('Einsum', { inputs: b ? [a, b] : [a], attributes: { equation } });
    },
  },
  {
    op: 'Reshape',
    make: (draw) => {
      const shape = draw.shape(1, 4);
      const target = draw.of([[-1], [0, -1], [1, -1], [size(shape)], [...shape.toReversed()], [1, size(shape), 1]]);
      return node('Reshape', { inputs: [shape], constants: [ints(target)] });
    },
  },
  {
    op: 'Flatten',
    make: (draw) => {
      const shape = draw.shape(1, 4);
      return node('Flatten', { inputs: [shape], attributes: { axis: draw.int(-shape.length, shape.length) } });
    },
  },
  {
    op: 'Squeeze',
    make: (draw) => {
      const shape = [1, draw.int(1, 4), 1, draw.int(2, 3)];
      const axes = draw.of([[0], [2], [-2], [0, 2], undefined]);
      return draw.flag()
        ? node('Squeeze', { inputs: [shape], attributes: axes ? { axes } : {}, opset: 11 })
        : node('Squeeze', { inputs: [shape], constants: axes ? [ints(axes)] : [] });
    },
  },
  {
    op: 'Unsqueeze',
    make: (draw) => {
      const axes = draw.of([[0], [-1], [1, 2], [0, -1]]);
      const shape = draw.shape(1, 3);
      return draw.flag()
        ? node('Unsqueeze', { inputs: [shape], attributes: { axes }, opset: 11 })
        : node('Unsqueeze', { inputs: [shape], constants: [ints(axes)] });
    },
  },
  {
    op: 'Transpose',
    make: (draw) => {
      const shape = draw.shape(1, 5);
      return node('Transpose', { inputs: [shape], attributes: draw.flag() ? { perm: perm(draw, shape.length) } : {} });
    },
  },
  {
    op: 'Transpose',
    make: (draw) => {
      const shape = [draw.int(1, 2), draw.int(9, 11), draw.int(9, 12), draw.int(1, 3)];
      return node('Transpose', { inputs: [shape], attributes: { perm: perm(draw, 4) } });
    },
  },
  {
    op: 'Concat',
    make: (draw) => {
      const shape = draw.shape(1, 4);
      const axis = draw.int(0, shape.length - 1);
      const other = (): number[] => shape.with(axis, draw.int(1, 4));
      const given = {
        inputs: [shape, other()],
        constants: draw.flag() ? [constant(draw, other())] : [],
        attributes: { axis: axis - (draw.flag() ? shape.length : 0) },
      };
      return node('Concat', given);
    },
  },
  {
    op: 'Split',
    make: (draw) => {
      const parts = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)];
      const axis = draw.int(0, 2);
      const shape = draw.shape(3, 3).with(axis, parts[0]! + parts[1]! + parts[2]!);
      const kind = draw.int(0, 3);
      if (kind === 0)
        return node('Split', { inputs: [shape], attributes: { axis, split: parts }, outputs: 3, opset: 11 });
      if (kind === 1)
        return node('Split', { inputs: [shape.with(axis, 6)], attributes: { axis: axis - 3 }, outputs: 3 });
      if (kind === 2)
        return node('Split', {
          inputs: [shape.with(axis, 7)],
          attributes: { axis, num_outputs: 3 },
          outputs: 3,
          opset: 18,
        });
      return node('Split', { inputs: [shape], constants: [ints(parts)], attributes: { axis }, outputs: 3 });
    },
  },
  {
    op: 'Slice',
    make: (draw) => {
      const shape = draw.shape(1, 4, 7).map((dim) => dim + 2);
      const axes = shape.map((_, axis) => axis).filter(() => draw.flag());
      const used = axes.length > 0 ? axes : [0];
      const step = used.map(() => draw.of([1, 1, 2, 3, -1, -2]));
      const starts = used.map((axis, i) => (step[i]! > 0 ? draw.int(0, 1) : draw.of([-1, shape[axis]! - 1, 2 ** 40])));
      const ends = used.map((axis, i) =>
        step[i]! > 0 ? draw.of([shape[axis]!, -1, 9223372036854775000]) : draw.of([0, -(2 ** 40)]),
      );
      if (step.every((each) => each === 1) && draw.flag())
        return node('Slice', { inputs: [shape], attributes: { starts, ends, axes: used }, opset: 9 });
      const negative = used.map((axis) => axis - (draw.flag() ? shape.length : 0));
      return node('Slice', { inputs: [shape], constants: [ints(starts), ints(ends), ints(negative), ints(step)] });
    },
  },
  {
    op: 'Slice',
    options: { target: 'caffe-1.0' },
    make: (draw) =>
      node('Slice', {
        inputs: [[1, 2, 7, 8]],
        constants: [ints([draw.int(0, 1), 0]), ints([100, 100]), ints([2, 3]), ints([draw.int(1, 3), 2])],
      }),
  },
  {
    op: 'Gather',
    make: (draw) => {
      const shape = draw.shape(1, 4, 6);
      const axis = draw.int(0, shape.length - 1);
      const count = draw.int(1, 6);
      const indices = Array.from({ length: count }, () => draw.int(-shape[axis]!, shape[axis]! - 1));
      const list = draw.of([
        ints(indices),
        { shape: [], data: [indices[0]!], type: 'int64' as const },
        { shape: [1, count], data: indices, type: 'int64' as const },
      ]);
      return node('Gather', {
        inputs: [shape],
        constants: [list],
        attributes: { axis: axis - (draw.flag() ? shape.length : 0) },
      });
    },
  },
  {
    op: 'Gather',
    range: { low: 0, high: 5, whole: true },
    make: (draw) =>
      node('Gather', {
        inputs: [draw.shape(1, 2)],
        constants: [constant(draw, [5, ...draw.shape(0, 2)])],
        order: ['c0', 'x0'],
      }),
  },
  {
    op: 'Expand',
    make: (draw) => {
      const whole = draw.shape(1, 4, 3);
      const thin = whole.map((dim) => (draw.flag() ? 1 : dim)).slice(draw.int(0, whole.length - 1));
      return node('Expand', { inputs: [thin], constants: [ints(draw.flag() ? whole : whole.map((dim) => dim))] });
    },
  },
  {
    op: 'Tile',
    make: (draw) => {
      const shape = draw.shape(1, 4, 3);
      return node('Tile', { inputs: [shape], constants: [ints(shape.map(() => draw.int(1, 3)))] });
    },
  },
  {
    op: 'Pad',
    make: (draw) => {
      const shape = draw.shape(1, 4, 4).map((dim) => dim + 1);
      const mode = draw.of(['constant', 'constant', 'reflect', 'edge', 'wrap']);
      const most = mode === 'constant' ? 2 : 1;
      const pads = [...shape, ...shape].map(() => draw.int(mode === 'constant' ? -1 : 0, most));
      // An axis must not vanish.
      const safe = pads.map((pad, i) => (shape[i % shape.length]! === 2 && pad < 0 ? 0 : pad));
      if (draw.flag())
        return node('Pad', { inputs: [shape], attributes: { pads: safe, mode, value: { float: 0.5 } }, opset: 10 });
      return node('Pad', {
        inputs: [shape],
        constants: [ints(safe), draw.flag() ? { shape: [], data: [1.5] } : undefined],
        attributes: { mode },
        opset: 19,
      });
    },
  },
  {
    // The mirrored ends of a longer axis, each by a matrix of its own.
    op: 'Pad',
    make: (draw) => {
      const pads = [0, draw.int(4, 12), 0, draw.int(0, 12)];
      const mode = draw.of(['reflect', 'wrap', 'edge']);
      return node('Pad', { inputs: [[2, draw.int(20, 40)]], constants: [ints(pads)], attributes: { mode }, opset: 19 });
    },
  },
  {
    op: 'Resize',
    make: (draw) => {
      const shape = [draw.int(1, 2), draw.int(1, 3), draw.int(2, 4), draw.int(2, 4)];
      const mode = draw.of(['nearest', 'linear', 'cubic']);
      const attributes: Attributes = {
        mode,
        coordinate_transformation_mode: draw.of([
          'half_pixel',
          'pytorch_half_pixel',
          'asymmetric',
          'align_corners',
          'half_pixel_symmetric',
        ]),
        ...(mode === 'nearest' && {
          nearest_mode: draw.of(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']),
        }),
        ...(mode === 'cubic' && draw.flag() && { exclude_outside: 1 }),
        ...(mode !== 'nearest' && draw.int(0, 3) === 0 && { antialias: 1 }),
      };
      const scales = draw.of([
        [1, 1, 2, 2],
        [1, 1, 3, 3],
        [1, 1, 2, 3],
        [1, 1, 1.5, 0.6],
        [1, 1, 0.8, 2],
        [1, 2, 1, 2],
      ]);
      if (draw.flag())
        return node('Resize', {
          inputs: [shape],
          constants: [undefined, { shape: [4], data: scales }],
          attributes,
          opset: 19,
        });
      return node('Resize', {
        inputs: [shape],
        constants: [undefined, undefined, ints([shape[0]!, shape[1]!, draw.int(1, 7), draw.int(1, 7)])],
        attributes,
        opset: 19,
      });
    },
  },
  {
    op: 'Upsample',
    make: (draw) => {
      const mode = draw.of(['nearest', 'linear']);
      const scales = draw.of([
        [1, 1, 2, 2],
        [1, 1, 3, 2],
        [1, 1, 1.5, 1.5],
      ]);
      const shape = [1, draw.int(1, 3), draw.int(2, 4), draw.int(2, 4)];
      return draw.flag()
        ? node('Upsample', {
            inputs: [shape],
            constants: [{ shape: [4], data: scales }],
            attributes: { mode },
            opset: 9,
          })
        : node('Upsample', { inputs: [shape], attributes: { mode, scales: { floats: scales } }, opset: 7 });
    },
  },
  {
    op: 'DepthToSpace',
    make: (draw) => {
      const r = draw.int(1, 3);
      return node('DepthToSpace', {
        inputs: [[draw.int(1, 2), draw.int(1, 3) * r * r, draw.int(1, 3), draw.int(1, 3)]],
        attributes: { blocksize: r, ...(draw.flag() && { mode: 'CRD' }) },
      });
    },
  },
  {
    op: 'SpaceToDepth',
    make: (draw) => {
      const r = draw.int(1, 3);
      return node('SpaceToDepth', {
        inputs: [[draw.int(1, 2), draw.int(1, 3), draw.int(1, 3) * r, draw.int(1, 3) * r]],
        attributes: { blocksize: r, ...(draw.flag() && { mode: 'CRD' }) },
      });
    },
  },
  ...['ArgMax', 'ArgMin'].map((op): Case => ({
    op,
    range: { low: -2, high: 2, whole: true },
    make: (draw) => {
      const shape = draw.shape(1, 4);
      return node(op, {
        inputs: [shape],
        attributes: {
          axis: draw.int(-shape.length, shape.length - 1),
          keepdims: draw.int(0, 1),
          ...(draw.flag() && { select_last_index: 1 }),
        },
      });
    },
  })),
  {
    op: 'TopK',
    make: (draw) => {
      const shape = draw.shape(1, 3, 6);
      const axis = draw.int(0, shape.length - 1);
      return node('TopK', {
        inputs: [shape],
        constants: [ints([draw.int(1, shape[axis]!)])],
        attributes: { axis, largest: draw.int(0, 1) },
        outputs: 2,
      });
    },
  },
  {
    op: 'CumSum',
    make: (draw) => {
      const shape = draw.shape(1, 4);
      return node('CumSum', {
        inputs: [shape],
        constants: [{ shape: [], data: [draw.int(-shape.length, shape.length - 1)], type: 'int64' }],
        attributes: { exclusive: draw.int(0, 1), reverse: draw.int(0, 1) },
      });
    },
  },
  {
    op: 'Where',
    range: { low: 0, high: 2, whole: true },
    make: (draw) => {
      const whole = draw.shape(1, 4, 3);
      const thin = (): number[] => whole.map((dim) => (draw.int(0, 2) === 0 ? 1 : dim));
      const flags = { shape: thin(), type: 'bool' as const };
      const condition: TensorInput = { ...flags, data: draw.numbers(size(flags.shape), 0, 2).map(Math.floor) };
      const kind = draw.int(0, 4);
      if (kind === 0) return node('Where', { inputs: [thin(), thin(), whole] });
      if (kind === 1)
        return node('Where', { inputs: [thin(), whole], constants: [condition], order: ['c0', 'x0', 'x1'] });
      if (kind === 2)
        return node('Where', {
          inputs: [whole],
          constants: [condition, constant(draw, thin())],
          order: ['c0', 'x0', 'c1'],
        });
      if (kind === 3)
        return node('Where', {
          inputs: [whole],
          constants: [condition, constant(draw, thin())],
          order: ['c0', 'c1', 'x0'],
        });
      return node('Where', {
        inputs: [whole],
        constants: [constant(draw, thin()), constant(draw, [])],
        order: ['x0', 'c0', 'c1'],
      });
    },
  },
  {
    op: 'Trilu',
    make: (draw) =>
      node('Trilu', {
        inputs: [draw.shape(2, 4)],
        constants: draw.flag() ? [{ shape: [], data: [draw.int(-2, 2)], type: 'int64' }] : [],
        attributes: { upper: draw.int(0, 1) },
        opset: 14,
      }),
  },
  unary('Affine', (draw) => ({ alpha: { float: draw.of([1, 0.5, -2]) }, beta: { float: draw.of([0, 1.5]) } })),
  unary('ScaledTanh', (draw) => ({ alpha: { float: draw.of([1, 1.7]) }, beta: { float: draw.of([1, 0.6]) } })),
  {
    op: 'ImageScaler',
    make: (draw) => {
      const shape = draw.shape(4, 4);
      const terms = draw.flag() ? draw.numbers(shape[1]!) : new Array<number>(shape[1]!).fill(0.5);
      return node('ImageScaler', {
        inputs: [shape],
        attributes: { scale: { float: draw.of([1, 0.25]) }, bias: { floats: terms } },
      });
    },
  },
  {
    op: 'Crop',
    make: (draw) => {
      const border = [draw.int(0, 2), draw.int(0, 2), draw.int(0, 2), draw.int(0, 2)];
      const inputs = [[draw.int(1, 2), draw.int(1, 3), draw.int(5, 7), draw.int(5, 7)]];
      return node('Crop', { inputs, attributes: { border, ...(draw.flag() && { scale: [2, 3] }) } });
    },
  },
  {
    op: 'STFT',
    make: (draw) => {
      const [length, step] = [draw.int(1, 8), draw.int(1, 4)];
      const inputs = [[draw.int(1, 2), draw.int(length, 20), ...(draw.flag() ? [1] : [])]];
      const hasWindow = draw.flag();
      const window = hasWindow ? { shape: [length], data: draw.numbers(length) } : undefined;
      const frame = hasWindow && draw.flag() ? undefined : { shape: [], data: [length], type: 'int64' as const };
      return node('STFT', {
        inputs,
        constants: [{ shape: [], data: [step], type: 'int64' }, window, frame],
        attributes: { onesided: draw.int(0, 1) },
        opset: 17,
      });
    },
  },
  {
    op: 'DFT',
    make: (draw) => {
      const shape = [...draw.shape(1, 3), draw.int(1, 2)];
      const axis = draw.int(0, shape.length - 2);
      const length = draw.flag() ? undefined : { shape: [], data: [draw.int(1, 6)], type: 'int64' as const };
      const inverse = draw.int(0, 1);
      const onesided = inverse === 1 ? 0 : draw.int(0, 1);
      if (draw.flag())
        return node('DFT', {
          ...{ inputs: [shape], constants: [length], opset: 17 },
          attributes: { axis, inverse, onesided },
        });
      const constants = [length, { shape: [], data: [axis - shape.length], type: 'int64' as const }];
      return node('DFT', { inputs: [shape], constants, attributes: { inverse, onesided }, opset: 20 });
    },
  },
  {
    op: 'Compress',
    make: (draw) => {
      const shape = draw.shape(1, 3);
      const axis = draw.int(0, shape.length - 1);
      const flags = Array.from({ length: shape[axis]! }, (_, i) => (i === 0 ? 1 : draw.int(0, 1)));
      return node('Compress', {
        inputs: [shape],
        constants: [{ shape: [flags.length], data: flags, type: 'bool' }],
        attributes: { axis },
      });
    },
  },
  {
    op: 'ReverseSequence',
    make: (draw) => {
      const [time, batch] = [draw.int(1, 5), draw.int(1, 3)];
      const lengths = Array.from({ length: batch }, () => draw.int(1, time));
      return node('ReverseSequence', { inputs: [[time, batch, draw.int(1, 3)]], constants: [ints(lengths)] });
    },
  },
  recurrent('LSTM', 4, () => ({})),
  recurrent('GRU', 3, (draw) => ({ linear_before_reset: draw.int(0, 1) })),
  recurrent('RNN', 1, (draw, dirs) =>
    draw.flag() ? {} : { activations: { strings: Array.from({ length: dirs }, () => 'Relu') } },
  ),
];
