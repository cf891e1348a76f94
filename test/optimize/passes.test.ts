/** The passes besides merging: pruning, layers that compute nothing, and sharing of equal parameters. */
import { describe, expect, test } from '@jest/globals';
import { optimizeNet, type Pass } from '../../src/optimize/index.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { UNKNOWN_FIELDS, type WithUnknownFields } from '../../src/proto/message.js';
import * as wire from '../proto/wire-bytes.js';
import { refusal } from '../support/refusal.js';
import { input, layer, optimize } from './support.js';

const images = input(2, 4, 5, 5);
/** Weights of no layer. */
const NOTHING = { name: 'nothing' };
const conv = (name: string, bottom: string, top: string, settings = '') =>
  layer('Convolution', name, bottom, top, `${settings} convolution_param { num_output: 16 kernel_size: 3 pad: 1 }`);
/** The layers of a net as `name(bottoms → tops)`, the input left out. */
const wiring = (net: { layer?: { name?: string; bottom?: string[]; top?: string[] }[] }) =>
  (net.layer ?? [])
    .filter(({ bottom }) => bottom)
    .map(({ name, bottom = [], top = [] }) => `${name!}(${bottom.join(' ')} → ${top.join(' ')})`);

describe('prune', () => {
  const passes: Pass[] = ['prune'];

  test('keeps what the outputs asked for need', async () => {
    const text =
      images +
      layer('Convolution', 'c', 'x', 'c', 'convolution_param { num_output: 2 kernel_size: 1 }') +
      layer('ReLU', 'r', 'c', 'c') +
      layer('Pooling', 'p', 'c', 'p', 'pooling_param { kernel_size: 2 }') +
      conv('d', 'p', 'd');
    const { optimized, changes, worst, weights } = await optimize(text, { passes, outputs: ['p'] });
    expect(changes).toEqual(['d']);
    expect(wiring(optimized.net)).toEqual(['c(x → c)', 'r(c → c)', 'p(c → p)']);
    expect(worst).toBe(0);
    expect(decodeNet(weights).layer!.map(({ name }) => name)).toEqual(['data', 'c', 'r', 'p']);
  });

  test('takes Silence out, and what only it reads', async () => {
    const text =
      images +
      layer('ReLU', 'a', 'x', 'a') +
      layer('Power', 'b', 'x', 'b') +
      'layer { name: "s" type: "Silence" bottom: "b" }';
    const { optimized, changes } = await optimize(text, { passes });
    expect(changes).toEqual(['b', 's']);
    expect(optimized.outputs).toEqual(['a']);
  });

  test('leaves a blob silenced that would otherwise be an output', async () => {
    const text =
      images +
      layer('Slice', 'half', 'x', 'a', 'top: "b"') +
      layer('ReLU', 'c', 'x', 'c') +
      'layer { name: "s" type: "Silence" bottom: "b" bottom: "c" }';
    const { optimized, changes } = await optimize(text, { passes });
    expect(changes).toEqual(['c']);
    expect(wiring(optimized.net)).toEqual(['half(x → a b)', 's(b → )']);
  });

  test('takes away the tops of an Input layer that nobody needs, with their shapes', async () => {
    const text =
      'layer { name: "in" type: "Input" top: "x" top: "label" input_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }' +
      layer('ReLU', 'r', 'x', 'r') +
      'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "r" bottom: "label" top: "loss" }';
    const { optimized, changes, worst } = await optimize(text, { passes, outputs: ['r'] });
    expect(changes).toEqual(['loss']);
    expect(optimized.net.layer![0]).toMatchObject({ top: ['x'], input_param: { shape: [{ dim: [2, 3] }] } });
    expect(worst).toBe(0);
  });

  test('an output that is no blob', async () => {
    expect(await refusal(() => optimizeNet(images, NOTHING, { outputs: ['z'] }))).toBe(
      "the net has no blob 'z'\nhint: did you mean 'x'?",
    );
  });
});

describe('identity', () => {
  const passes: Pass[] = ['identity'];

  test('takes out Dropout and Split, and lets the outputs keep their names', async () => {
    const text =
      images +
      layer('ReLU', 'r', 'x', 'r') +
      layer('Dropout', 'd1', 'r', 'r') +
      layer('Split', 'sp', 'r', 'r1', 'top: "r2"') +
      layer('Dropout', 'd2', 'r1', 'y') +
      layer('Power', 'p', 'y', 'y', 'power_param { scale: 2 }') +
      layer('TanH', 't', 'r2', 't') +
      layer('Dropout', 'd3', 't', 'out');
    const { optimized, changes, worst } = await optimize(text, { passes });
    expect(changes).toEqual(['d1', 'sp', 'd2', 'd3']);
    expect(wiring(optimized.net)).toEqual(['r(x → r)', 'p(r → y)', 't(r → out)']);
    expect(optimized.outputs).toEqual(['y', 'out']);
    expect(worst).toBe(0);
  });

  test('renames what in-place layers wrote over along with an output', async () => {
    const text = images + conv('c', 'x', 'c') + layer('ReLU', 'r', 'c', 'c') + layer('Dropout', 'd', 'c', 'out');
    const { optimized, worst } = await optimize(text, { passes });
    expect(wiring(optimized.net)).toEqual(['c(x → out)', 'r(out → out)']);
    expect(worst).toBe(0);
  });

  test.each([
    ['an output that would be an input', images + layer('Dropout', 'd', 'x', 'y'), undefined],
    [
      'an output beside another one',
      images + layer('ReLU', 'r', 'x', 'r') + layer('Dropout', 'd', 'r', 'y'),
      ['r', 'y'],
    ],
    [
      'a Split with an output',
      images + layer('ReLU', 'r', 'x', 'r') + layer('Split', 's', 'r', 'a', 'top: "b"'),
      undefined,
    ],
    [
      'Dropout of phase TRAIN',
      images + layer('Dropout', 'd', 'x', 'y', 'phase: TRAIN') + layer('ReLU', 'r', 'y', 'y'),
      undefined,
    ],
  ])('leaves %s', async (_what, text, outputs) => {
    const { changes, worst } = await optimize(text, { passes, outputs });
    expect(changes).toEqual([]);
    expect(worst).toBe(0);
  });

  test('leaves Dropout in a net for training', async () => {
    const text = images + layer('Dropout', 'd', 'x', 'y') + layer('ReLU', 'r', 'y', 'y');
    const { report } = await optimizeNet(text, NOTHING, { passes, phase: 'TRAIN' });
    expect(report.passes).toEqual([{ pass: 'identity', changes: [] }]);
  });
});

describe('share', () => {
  const passes: Pass[] = ['share'];
  const blob = (shape: number[], seed: number) => ({
    shape: { dim: shape },
    data: Float32Array.from({ length: shape.reduce((a, d) => a * d, 1) }, (_, i) => ((i * 37 + seed) % 101) / 101),
  });
  /** Weights of 16 inputs, more than a thousand values; and biases. */
  const weights = (seed: number) => blob([16, 16, 3, 3], seed);
  const bias = (seed: number) => blob([16], seed);
  const chain =
    input(1, 16, 5, 5) +
    conv('a', 'x', 'a', 'param { lr_mult: 2 }') +
    conv('b', 'a', 'b', 'param { lr_mult: 3 }') +
    conv('c', 'b', 'c') +
    conv('d', 'c', 'd');

  test('layers with the same parameters share them and are left out of the file', async () => {
    const source = encodeNet({
      layer: [
        { name: 'a', blobs: [weights(1), bias(1)] },
        { name: 'b', blobs: [weights(1), bias(1)] },
        { name: 'c', blobs: [weights(2), bias(1)] },
        { name: 'd', blobs: [weights(1), bias(2)] },
      ],
    });
    const { optimized, changes, worst, weights: file } = await optimize(chain, { passes, source });
    expect(changes).toEqual(['b → a', 'd → a']);
    expect(optimized.net.layer!.map(({ name, param }) => [name, param])).toEqual([
      ['data', undefined],
      ['a', [{ lr_mult: 2, name: 'a_0' }, { name: 'a_1' }]],
      ['b', [{ name: 'a_0' }, { name: 'a_1' }]],
      ['c', undefined],
      ['d', [{ name: 'a_0' }]],
    ]);
    expect(worst).toBe(0);
    const { layers } = await CaffemodelReader.open(file);
    expect(layers.filter(({ blobs }) => blobs.length > 0).map(({ name }) => name)).toEqual(['a', 'c', 'd']);
    expect(optimized.report.parameters).toEqual({ before: 4 * 2320, after: 3 * 2320 });
  });

  test('what is shared by name already is stored once', async () => {
    const text = chain
      .replace('param { lr_mult: 3 }', 'param { name: "a_0" } param { name: "a_1" }')
      .replace('param { lr_mult: 2 }', 'param { name: "a_0" } param { name: "a_1" }');
    const both = { layer: ['a', 'b'].map((name, i) => ({ name, blobs: [weights(i), bias(i)] })) };
    const others = ['c', 'd'].map((name, i) => ({ name, blobs: [weights(i + 3), bias(i + 3)] }));
    const source = encodeNet({ layer: [...both.layer, ...others] });
    const { weights: file, worst } = await optimize(text, { passes, source });
    expect(worst).toBe(0);
    const reader = await CaffemodelReader.open(file);
    const stored = reader.layers.filter(({ blobs }) => blobs.length > 0).map(({ name }) => name);
    expect(stored).toEqual(['a', 'c', 'd']);
    // Caffe overwrites the owner's values with those that come last in the file.
    expect(
      await reader.readBlob(
        reader.layers.findIndex(({ name }) => name === 'a'),
        0,
      ),
    ).toEqual(weights(1).data);
  });

  test('a shared parameter outlives the layer that owned it', async () => {
    const named = 'param { name: "w" } param { name: "b" }';
    const text = input(1, 16, 5, 5) + conv('a', 'x', 'a', named) + conv('b', 'x', 'b', named);
    const source = encodeNet({ layer: [{ name: 'a', blobs: [weights(1), bias(1)] }] });
    const { changes, worst, weights: file } = await optimize(text, { passes: ['prune'], outputs: ['b'], source });
    expect(changes).toEqual(['a']);
    expect(worst).toBe(0);
    expect(decodeNet(file).layer!.map(({ name, blobs = [] }) => [name, blobs.length])).toEqual([
      ['data', 0],
      ['b', 2],
    ]);
  });
});

describe('what forks write', () => {
  const fork: WithUnknownFields = { [UNKNOWN_FIELDS]: [Uint8Array.from(wire.bytes(9001, 'abc'))] };
  /** BVLC's swish_param, with a field that BVLC's does not have. */
  const swish = decodeNet(Uint8Array.from(wire.bytes(100, wire.bytes(147, wire.int(7, 5))))).layer![0]!;
  const data = Float32Array.of(1, 2, 3, 4);
  const source = encodeNet({
    ...fork,
    layer: [
      { name: 'kept', ...swish, ...fork, blobs: [{ shape: { dim: [4] }, data, ...fork }] },
      {
        name: 'c',
        ...fork,
        blobs: [
          { shape: { dim: [1, 4, 1, 1] }, data, ...fork },
          { shape: { dim: [1] }, data: [0] },
        ],
      },
      { name: 's', ...fork, blobs: [{ shape: { dim: [1] }, data: [2] }] },
      { name: 'r', ...fork },
    ],
  });
  const text =
    input(1, 4, 2, 2) +
    layer('PReLU', 'kept', 'x', 'k') +
    layer('Convolution', 'c', 'k', 'c', 'convolution_param { num_output: 1 kernel_size: 1 }') +
    layer('Scale', 's', 'c', 's') +
    layer('ReLU', 'r', 's', 's');

  test('stays with the layers; a blob that is computed anew has only its values', async () => {
    const { weights, changes } = await optimize(text, { source });
    expect(changes).toEqual(['s → c']);
    const before = decodeNet(source).layer!;
    const after: typeof before & WithUnknownFields[] = decodeNet(weights).layer!;
    expect(decodeNet(weights)).toMatchObject(fork);
    expect(after.map((each) => (each as WithUnknownFields)[UNKNOWN_FIELDS])).toEqual([
      undefined,
      ...Array<unknown>(3).fill(fork[UNKNOWN_FIELDS]),
    ]);
    expect(after[1]!.blobs).toEqual(before[0]!.blobs);
    expect(after[1]!.swish_param).toEqual(before[0]!.swish_param);
    expect(after[2]!.blobs).toEqual([
      { shape: { dim: [1, 4, 1, 1] }, data: Float32Array.of(2, 4, 6, 8) },
      { shape: { dim: [1] }, data: Float32Array.of(0) },
    ]);
  });
});

test('a pass that is none', async () => {
  expect(await refusal(() => optimizeNet(images, NOTHING, { passes: ['merg' as Pass] }))).toBe(
    "no pass 'merg'\nhint: did you mean 'merge'?",
  );
});

test('weights of another shape are refused in the words of Caffe', async () => {
  const text = images + conv('c', 'x', 'c');
  const source = {
    layer: [
      {
        name: 'c',
        blobs: [
          { shape: { dim: [1] }, data: [1] },
          { shape: { dim: [1] }, data: [1] },
        ],
      },
    ],
  };
  expect(await refusal(() => optimizeNet(text, source))).toBe(
    "Cannot copy param 0 weights from layer 'c'; shape mismatch.  Source param shape is 1 (1); target param shape is 16 4 3 3 (576).\n" +
      'hint: the layer has other parameters (num_output, kernel_size, group …) than the source net; Caffe says: rename it to learn it from scratch',
  );
});

test('layers of another phase are left out, and so are the rules', async () => {
  const text =
    images +
    layer('ReLU', 'r', 'x', 'r', 'include { phase: TEST }') +
    layer('TanH', 't', 'x', 't', 'include { phase: TRAIN }');
  const { net } = await optimizeNet(text, NOTHING);
  expect(net.layer!.slice(1)).toEqual([{ name: 'r', type: 'ReLU', bottom: ['x'], top: ['r'] }]);
});
