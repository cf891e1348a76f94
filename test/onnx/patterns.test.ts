/** Each pattern: what becomes of the nodes that it is about, and that it computes the same. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OPERATORS } from '../../src/onnx/operators/index.js';
import { PATTERNS, simplify } from '../../src/onnx/patterns/index.js';
import { prepare } from '../../src/onnx/prepare/prepare.js';
import { readModel } from '../../src/onnx/reader/read-model.js';
import { fromBytes } from '../../src/proto/random-access.js';
import type { ImportOptions } from '../../src/onnx/index.js';
import { checkImport } from '../support/onnx-check.js';
import {
  onnxModel,
  type AttributeInput,
  type ModelInput,
  type NodeInput,
  type TensorInput,
} from '../support/onnx-model.js';

type Attributes = Record<string, AttributeInput>;
const n = (op: string, inputs: string, output: string, attributes: Attributes = {}): NodeInput => ({
  op,
  inputs: inputs.split(' ').map((input) => (input === '-' ? '' : input)),
  outputs: [output],
  attributes,
});
const scalar = (value: number): TensorInput => ({ shape: [], data: [value] });
const ints = (...values: number[]): TensorInput => ({ shape: [values.length], data: values, type: 'int64' });
const wave = (...shape: number[]): TensorInput => ({
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.5 + Math.sin(i + 1) / 3),
});

interface Case {
  readonly shape: readonly number[];
  readonly nodes: readonly NodeInput[];
  readonly constants?: Record<string, TensorInput>;
  /** Layer types expected. */
  readonly becomes: string;
  readonly opset?: number;
  readonly options?: ImportOptions;
  readonly tolerance?: number;
}

const CASES: Record<string, readonly Case[]> = {
  HardSwish: [
    {
      shape: [1, 2, 3, 3],
      nodes: [n('HardSigmoid', 'x', 'a', { alpha: { float: 1 / 6 } }), n('Mul', 'x a', 'y')],
      becomes: 'Power Clip Eltwise',
    },
    {
      shape: [1, 2, 3, 3],
      constants: { c3: scalar(3), c0: scalar(0), c6: scalar(6) },
      nodes: [n('Add', 'x c3', 'a'), n('Clip', 'a c0 c6', 'b'), n('Mul', 'x b', 'c'), n('Div', 'c c6', 'y')],
      becomes: 'Power Clip Eltwise',
    },
    {
      shape: [1, 2, 3, 3],
      constants: { c3: scalar(3), c0: scalar(0), c6: scalar(6) },
      nodes: [n('Add', 'x c3', 'a'), n('Clip', 'a c0 c6', 'b'), n('Div', 'b c6', 'c'), n('Mul', 'c x', 'y')],
      becomes: 'Power Clip Eltwise',
    },
  ],
  SiLU: [
    { shape: [2, 3], nodes: [n('Sigmoid', 'x', 'a'), n('Mul', 'a x', 'y')], becomes: 'Swish' },
    {
      shape: [2, 3],
      nodes: [n('Sigmoid', 'x', 'a'), n('Mul', 'a x', 'y')],
      becomes: 'Sigmoid Eltwise',
      options: { target: 'caffe-1.0' },
    },
  ],
  Softplus: [
    {
      shape: [2, 3],
      constants: { one: scalar(1) },
      nodes: [n('Exp', 'x', 'a'), n('Add', 'a one', 'b'), n('Log', 'b', 'y')],
      becomes: 'BNLL',
    },
  ],
  Mish: [
    {
      shape: [2, 3],
      nodes: [n('Softplus', 'x', 'a'), n('Tanh', 'a', 'b'), n('Mul', 'x b', 'y')],
      becomes: 'BNLL TanH Eltwise',
    },
  ],
  GELU: [
    {
      shape: [2, 8],
      constants: { root: scalar(Math.SQRT2), one: scalar(1), half: scalar(0.5) },
      nodes: [
        n('Div', 'x root', 'a'),
        n('Erf', 'a', 'b'),
        n('Add', 'b one', 'c'),
        n('Mul', 'x c', 'd'),
        n('Mul', 'd half', 'y'),
      ],
      becomes:
        'Power Power AbsVal Power Power Eltwise Power Eltwise Power Eltwise Power Eltwise Power Exp Eltwise Power AbsVal Eltwise Eltwise',
      options: { allowApproximate: true },
      tolerance: 3e-6,
    },
    {
      shape: [2, 8],
      constants: {
        three: scalar(3),
        k: scalar(0.044715),
        s: scalar(Math.sqrt(2 / Math.PI)),
        one: scalar(1),
        half: scalar(0.5),
      },
      nodes: [
        ...[
          n('Pow', 'x three', 'a'),
          n('Mul', 'a k', 'b'),
          n('Add', 'x b', 'c'),
          n('Mul', 'c s', 'd'),
          n('Tanh', 'd', 'e'),
        ],
        ...[n('Add', 'e one', 'f'), n('Mul', 'x half', 'g'), n('Mul', 'g f', 'y')],
      ],
      becomes: 'Power Power Eltwise TanH Power Eltwise',
    },
  ],
  LayerNorm: [
    {
      shape: [2, 3, 8],
      constants: { two: scalar(2), e: scalar(1e-5), g: wave(8), b: wave(8) },
      nodes: [
        ...[
          n('ReduceMean', 'x', 'm', { axes: [-1] }),
          n('Sub', 'x m', 'd'),
          n('Pow', 'd two', 'q'),
          n('ReduceMean', 'q', 'v', { axes: [-1] }),
        ],
        ...[
          n('Add', 'v e', 'w'),
          n('Sqrt', 'w', 's'),
          n('Div', 'd s', 'z'),
          n('Mul', 'z g', 'u'),
          n('Add', 'u b', 'y'),
        ],
      ],
      becomes: 'Reshape BatchNorm Reshape Scale',
      tolerance: 2e-5,
    },
  ],
  GroupNorm: [
    {
      shape: [2, 4, 3, 3],
      constants: {
        s1: ints(0, 2, -1),
        s2: ints(2, 4, 3, 3),
        one: { shape: [2], data: [1, 1] },
        zero: { shape: [2], data: [0, 0] },
        g: wave(4, 1, 1),
        b: wave(4, 1, 1),
      },
      nodes: [
        n('Reshape', 'x s1', 'a'),
        n('InstanceNormalization', 'a one zero', 'c'),
        n('Reshape', 'c s2', 'd'),
        n('Mul', 'd g', 'e'),
        n('Add', 'e b', 'y'),
      ],
      becomes: 'Reshape BatchNorm Reshape Scale',
      tolerance: 2e-5,
    },
  ],
  LRN: [
    {
      shape: [1, 6, 3, 3],
      constants: {
        a1: ints(1),
        al: scalar(0.5),
        k: scalar(2),
        be: scalar(0.75),
        pads: ints(0, 0, 2, 0, 0, 0, 0, 2, 0, 0),
      },
      nodes: [
        ...[
          n('Mul', 'x x', 'a'),
          n('Unsqueeze', 'a a1', 'b'),
          n('Pad', 'b pads', 'c'),
          n('AveragePool', 'c', 'd', { kernel_shape: [5, 1, 1], strides: [1, 1, 1] }),
        ],
        ...[
          n('Squeeze', 'd a1', 'e'),
          n('Mul', 'e al', 'f'),
          n('Add', 'f k', 'g'),
          n('Pow', 'g be', 'h'),
          n('Div', 'x h', 'y'),
        ],
      ],
      becomes: 'LRN',
    },
  ],
  'channel shuffle': [
    {
      shape: [1, 6, 2, 2],
      constants: { s1: ints(1, 2, 3, 2, 2), s2: ints(1, 6, 2, 2) },
      nodes: [
        n('Reshape', 'x s1', 'a'),
        n('Transpose', 'a', 'b', { perm: [0, 2, 1, 3, 4] }),
        n('Reshape', 'b s2', 'y'),
      ],
      becomes: 'Convolution',
    },
  ],
  'pixel shuffle': [
    {
      shape: [1, 8, 2, 3],
      constants: { s1: ints(1, 2, 2, 2, 2, 3), s2: ints(1, 2, 4, 6) },
      nodes: [
        n('Reshape', 'x s1', 'a'),
        n('Transpose', 'a', 'b', { perm: [0, 1, 4, 2, 5, 3] }),
        n('Reshape', 'b s2', 'y'),
      ],
      becomes: 'Deconvolution',
    },
    {
      shape: [1, 2, 4, 6],
      constants: { s1: ints(1, 2, 2, 2, 3, 2), s2: ints(1, 8, 2, 3) },
      nodes: [
        n('Reshape', 'x s1', 'a'),
        n('Transpose', 'a', 'b', { perm: [0, 3, 5, 1, 2, 4] }),
        n('Reshape', 'b s2', 'y'),
      ],
      becomes: 'Convolution',
    },
  ],
  Focus: [
    {
      shape: [1, 3, 4, 6],
      constants: { z: ints(0), o: ints(1), end: ints(1000), h: ints(2), w: ints(3), two: ints(2) },
      nodes: [
        ...['z', 'o'].flatMap((start, i) => [
          n('Slice', `x ${start} end h two`, `r${i}`),
          n('Slice', `r${i} z end w two`, `p${i}0`),
          n('Slice', `r${i} o end w two`, `p${i}1`),
        ]),
        n('Concat', 'p00 p10 p01 p11', 'y', { axis: 1 }),
      ],
      becomes: 'Convolution',
    },
  ],
  DFL: [
    {
      shape: [1, 4, 5, 6],
      constants: { w: { shape: [1, 5, 1, 1], data: [0, 1, 2, 3, 4] } },
      nodes: [
        n('Transpose', 'x', 'a', { perm: [0, 2, 1, 3] }),
        n('Softmax', 'a', 'b', { axis: 1 }),
        n('Conv', 'b w', 'y'),
      ],
      becomes: 'Softmax Reshape Convolution Reshape',
    },
  ],
  'Expand before arithmetic': [
    {
      shape: [1, 3, 2, 2],
      constants: { s: ints(1, 3, 2, 2) },
      nodes: [n('GlobalAveragePool', 'x', 'a'), n('Expand', 'a s', 'b'), n('Mul', 'x b', 'y')],
      becomes: 'Pooling Reshape Scale',
    },
  ],
  'Pad of zeros': [
    {
      shape: [1, 2, 4, 4],
      constants: { p: ints(0, 0, 1, 1, 0, 0, 1, 1), w: wave(2, 2, 3, 3) },
      nodes: [n('Pad', 'x p', 'a'), n('Conv', 'a w', 'y')],
      becomes: 'Convolution',
    },
    {
      shape: [1, 2, 4, 4],
      constants: { p: ints(0, 0, 1, 1, 0, 0, 1, 1) },
      nodes: [n('Pad', 'x p', 'a'), n('AveragePool', 'a', 'y', { kernel_shape: [3, 3] })],
      becomes: 'Pooling',
    },
    {
      shape: [1, 2, 4, 4],
      constants: { p: ints(0, 0, 1, 1, 0, 0, 1, 1) },
      nodes: [n('Relu', 'x', 'r'), n('Pad', 'r p', 'a'), n('MaxPool', 'a', 'y', { kernel_shape: [3, 3] })],
      becomes: 'ReLU Pooling',
    },
    // The largest of negative values and zeros is not that of the values.
    {
      shape: [1, 2, 4, 4],
      constants: { p: ints(0, 0, 1, 1, 0, 0, 1, 1) },
      nodes: [n('Pad', 'x p', 'a'), n('MaxPool', 'a', 'y', { kernel_shape: [3, 3] })],
      becomes: 'DummyData DummyData Concat DummyData DummyData Concat Pooling',
    },
    {
      shape: [1, 2, 4, 4],
      constants: { p: ints(0, 0, 0, 0, 0, 0, 0, 0) },
      nodes: [n('Pad', 'x p', 'a'), n('Relu', 'a', 'y')],
      becomes: 'ReLU',
    },
  ],
  'Transpose before element-wise operators, Concat, Pad, Slice, Softmax and means': [
    {
      // Two convolutions of an NHWC model, with what their converter leaves between them.
      shape: [1, 3, 5, 4],
      constants: { w: wave(6, 3, 3, 3), v: wave(4, 6, 1, 1), f: wave(6), t: wave(6), c0: scalar(0), c6: scalar(6) },
      nodes: [
        n('Conv', 'x w', 'a'),
        n('Transpose', 'a', 'b', { perm: [0, 2, 3, 1] }),
        n('Mul', 'b f', 'c'),
        n('Add', 't c', 'd'),
        n('Clip', 'd c0 c6', 'e'),
        n('Transpose', 'e', 'g', { perm: [0, 3, 1, 2] }),
        n('Conv', 'g v', 'y'),
      ],
      becomes: 'Convolution Scale Clip Convolution',
      tolerance: 1e-5,
    },
    {
      // A mean over the image, a gate for each channel, a dense layer.
      shape: [2, 4, 6, 5],
      constants: { w: wave(4, 4, 1, 1), m: wave(4, 3), t: wave(3) },
      nodes: [
        n('Transpose', 'x', 'a', { perm: [0, 2, 3, 1] }),
        n('ReduceMean', 'a', 'b', { axes: [1, 2], keepdims: 1 }),
        n('Transpose', 'b', 'c', { perm: [0, 3, 1, 2] }),
        n('Conv', 'c w', 'd'),
        n('Transpose', 'd', 'e', { perm: [0, 2, 3, 1] }),
        n('Sigmoid', 'e', 'f'),
        n('Mul', 'a f', 'g'),
        n('ReduceMean', 'g', 'h', { axes: [-3, -2], keepdims: 0 }),
        n('MatMul', 'h m', 'i'),
        n('Add', 'i t', 'y'),
      ],
      becomes: 'Pooling Convolution Sigmoid Reshape Scale Pooling Reshape InnerProduct',
    },
    {
      shape: [1, 3, 6, 4],
      opset: 18,
      constants: {
        p: ints(0, 0, 1, 0, 0, 1, 0, 0),
        from: ints(1),
        to: ints(4),
        at: ints(1),
        means: ints(-1),
        s: ints(1, -1),
      },
      nodes: [
        n('Transpose', 'x', 'a', { perm: [0, 2, 3, 1] }),
        n('Relu', 'a', 'b'),
        n('Concat', 'a b', 'c', { axis: -1 }),
        n('Pad', 'c p', 'd'),
        n('Slice', 'd from to at', 'e'),
        n('Softmax', 'e', 'f', { axis: 3 }),
        n('ReduceMax', 'f means', 'g', { keepdims: 0 }),
        n('Reshape', 'g s', 'y'),
      ],
      becomes: 'ReLU Concat DummyData Concat DummyData Concat Slice Softmax Reshape Pooling Reshape Silence',
    },
    {
      // Nothing undoes it: it stays where it is.
      shape: [1, 3, 4, 5],
      nodes: [n('Transpose', 'x', 'a', { perm: [0, 2, 3, 1] }), n('Relu', 'a', 'y')],
      becomes: 'Reshape Slice Reshape Reshape Reshape Concat Reshape ReLU',
    },
  ],
  'chains of Reshape or Transpose': [
    {
      shape: [2, 3, 4],
      constants: { s1: ints(6, 4), s2: ints(2, 12), a1: ints(1) },
      nodes: [n('Reshape', 'x s1', 'a'), n('Reshape', 'a s2', 'b'), n('Unsqueeze', 'b a1', 'y')],
      becomes: 'Reshape',
    },
    {
      shape: [2, 3, 4],
      nodes: [
        n('Transpose', 'x', 'a', { perm: [0, 2, 1] }),
        n('Transpose', 'a', 'b', { perm: [0, 2, 1] }),
        n('Relu', 'b', 'y'),
      ],
      becomes: 'ReLU',
    },
  ],
  'batch normalization': [
    ...['Conv', 'ConvTranspose'].map((op): Case => ({
      shape: [1, 4, 4, 4],
      constants: {
        w: op === 'Conv' ? wave(6, 2, 3, 3) : wave(4, 3, 3, 3),
        c: wave(6),
        g: wave(6),
        b: wave(6),
        m: wave(6),
        v: wave(6),
      },
      nodes: [n(op, 'x w c', 'a', { group: 2 }), n('BatchNormalization', 'a g b m v', 'y')],
      becomes: op === 'Conv' ? 'Convolution' : 'Deconvolution',
    })),
    {
      shape: [2, 4],
      constants: { w: wave(4, 3), c: wave(3), g: wave(3), b: wave(3), m: wave(3), v: wave(3) },
      nodes: [
        n('Gemm', 'x w c', 'a', { beta: { float: 0.5 }, alpha: { float: 2 } }),
        n('BatchNormalization', 'a g b m v', 'y'),
      ],
      becomes: 'InnerProduct',
    },
    {
      shape: [1, 2, 4, 4],
      constants: { w: wave(3, 2, 3, 3), g: wave(3), b: wave(3), m: wave(3), v: wave(3) },
      nodes: [n('Conv', 'x w', 'a'), n('BatchNormalization', 'a g b m v', 'y')],
      becomes: 'Convolution BatchNorm Scale',
      options: { keepBatchNorm: true },
    },
  ],
  'factor and term': [
    {
      shape: [1, 3, 2, 2],
      constants: { f: wave(3, 1, 1), t: wave(1, 3, 1, 1) },
      nodes: [n('Mul', 'x f', 'a'), n('Add', 't a', 'y')],
      becomes: 'Scale',
    },
  ],
  bias: [
    {
      shape: [1, 2, 4, 4],
      constants: { w: wave(3, 2, 3, 3), t: wave(1, 3, 1, 1) },
      nodes: [n('Conv', 'x w', 'a'), n('Add', 'a t', 'y')],
      becomes: 'Convolution',
    },
    {
      shape: [2, 3, 4],
      constants: { w: wave(4, 5), t: wave(5) },
      nodes: [n('MatMul', 'x w', 'a'), n('Add', 't a', 'y')],
      becomes: 'InnerProduct',
    },
    {
      shape: [2, 4],
      constants: { w: wave(4, 5), t: wave(5) },
      nodes: [n('Gemm', 'x w', 'a'), n('Add', 'a t', 'y')],
      becomes: 'InnerProduct',
    },
  ],
};

test('every file is in the table, and every pattern is tried', () => {
  const folder = path.join(import.meta.dirname, '../../src/onnx/patterns');
  const files = readdirSync(folder).filter((name) => !['index.ts', 'match.ts', 'pattern.ts'].includes(name));
  expect(PATTERNS.length).toBe(files.length);
  expect(Object.keys(CASES).sort()).toEqual(PATTERNS.map(({ name }) => name).sort());
});

test('every operator that patterns make is made by a case', async () => {
  const made = new Set<string>();
  for (const { shape, nodes, constants, opset = 13 } of Object.values(CASES).flat()) {
    const model = { opset, nodes, inputs: { x: shape }, constants, outputs: ['y'] };
    const prepared = prepare(await readModel(fromBytes(onnxModel(model))));
    simplify(prepared, { keepBatchNorm: false });
    for (const { op, domain } of prepared.graph.nodes) if (domain === 'netspec') made.add(op);
  }
  const own = OPERATORS.filter(({ domain }) => domain === 'netspec').map(({ type }) => type);
  expect([...made].sort()).toEqual(own.sort());
});

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases)('becomes $becomes', async ({ shape, nodes, constants, becomes, opset = 13, options, tolerance }) => {
    const model: ModelInput = { opset, nodes, inputs: { x: shape }, constants, outputs: ['y'] };
    const { types } = await checkImport(model, { ...options, tolerance });
    expect(types.join(' ')).toBe(becomes);
  });
});

test('a value that something else reads too is not folded away', async () => {
  const model: ModelInput = {
    nodes: [n('Conv', 'x w', 'a'), n('BatchNormalization', 'a g b m v', 'c'), n('Add', 'a c', 'y')],
    inputs: { x: [1, 2, 4, 4] },
    constants: { w: wave(3, 2, 3, 3), g: wave(3), b: wave(3), m: wave(3), v: wave(3) },
    outputs: ['y'],
  };
  const { types } = await checkImport(model);
  expect(types).toEqual(['Convolution', 'Scale', 'Eltwise']);
});
