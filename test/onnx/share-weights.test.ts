/** Weights that several nodes of a model use are in the caffemodel once. */
import { describe, expect, test } from '@jest/globals';
import { asCommandLine } from '../../src/cli/shared/option-names.js';
import type { ImportedNet } from '../../src/onnx/index.js';
import { checkImport } from '../support/onnx-check.js';
import type { ModelInput, NodeInput } from '../support/onnx-model.js';

const wave = (count: number, step: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * step));

const conv = (input: string, output: string, ...params: string[]): NodeInput => ({
  op: 'Conv',
  name: `/${output}/Conv`,
  inputs: [input, ...params],
  outputs: [output],
  attributes: { pads: [1, 1, 1, 1] },
});

/** One head over two levels, with a normalization that is folded; another convolution of the same shape and biases. */
const PYRAMID: ModelInput = {
  nodes: ['large', 'small'].flatMap((level): NodeInput[] => [
    conv(level, `${level}_head`, 'w', 'b'),
    {
      op: 'BatchNormalization',
      name: `/${level}/bn`,
      inputs: [`${level}_head`, 'gamma', 'b', 'b', 'gamma'],
      outputs: [`${level}_norm`],
    },
    conv(`${level}_norm`, `${level}_out`, level === 'large' ? 'w' : 'other', 'b'),
  ]),
  inputs: { large: [1, 12, 6, 6], small: [1, 12, 3, 3] },
  constants: {
    w: { shape: [12, 12, 3, 3], data: wave(1296, 1.3) },
    other: { shape: [12, 12, 3, 3], data: wave(1296, 0.7) },
    b: { shape: [12], data: wave(12, 2) },
    gamma: { shape: [12], data: wave(12, 0.1).map((value) => value + 1) },
  },
  outputs: ['large_out', 'small_out'],
};

/** For each layer with parameters: its name, theirs, and whether the caffemodel has it. */
function shared({ net, blobs, weights }: ImportedNet) {
  const stored = new Set(weights.net.layer!.map(({ name }) => name));
  return net.layer!.flatMap(({ name, param }, i) =>
    blobs[i]!.blobs ? [[name, param?.map((each) => each.name), stored.has(name)] as const] : [],
  );
}

describe('weights that layers share', () => {
  test('are named, and the later layers left out of the caffemodel', async () => {
    const { imported } = await checkImport(PYRAMID);
    expect(shared(imported)).toEqual([
      ['large_head', ['large_head_0', 'large_head_1'], true],
      ['large_out', undefined, true],
      ['small_head', ['large_head_0', 'large_head_1'], false],
      ['small_out', undefined, true],
    ]);
    expect(imported.remarks.map(asCommandLine)).toEqual([
      'shared by name: the weights of 1 layer, by 1 other; the caffemodel holds them once, and --no-share-params writes them for each layer',
    ]);
  });

  test('are written for each layer where that is asked for', async () => {
    const { imported } = await checkImport(PYRAMID, { shareParams: false });
    expect(imported.net.layer!.some(({ param }) => param)).toBe(false);
    expect(imported.weights).toEqual({ net: imported.net, blobs: imported.blobs });
    expect(imported.remarks).toEqual([]);
  });

  test('small ones are not named', async () => {
    const small = { shape: [4, 4, 3, 3], data: wave(144, 1.3) };
    const { imported } = await checkImport({
      nodes: [conv('x', 'a', 'w'), conv('a', 'y', 'w')],
      inputs: { x: [1, 4, 5, 5] },
      constants: { w: small },
      outputs: ['y'],
    });
    expect(imported.net.layer!.some(({ param }) => param)).toBe(false);
  });

  test('of the steps of a recurrence are in the file once', async () => {
    const { imported } = await checkImport(
      {
        nodes: [{ op: 'RNN', name: 'r', inputs: ['x', 'w', 'r'], outputs: ['y'], attributes: { hidden_size: 4 } }],
        inputs: { x: [3, 1, 2] },
        constants: { w: { shape: [1, 4, 2], data: wave(8, 1) }, r: { shape: [1, 4, 4], data: wave(16, 2) } },
        outputs: ['y'],
      },
      { tolerance: 1e-5 },
    );
    expect(shared(imported).filter(([, names]) => names !== undefined)).toEqual([
      ['r_state', ['r_0_weight'], true],
      ['r_state_1', ['r_0_weight'], false],
      ['r_state_2', ['r_0_weight'], false],
    ]);
  });
});
