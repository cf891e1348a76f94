/** A normalization of a fork, which keeps factor and offset beside the statistics, is merged and fused by its facts alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Blob } from '../../src/engine/blob.js';
import { Layer, registerLayer, unregisterLayer, type LayerFacts } from '../../src/layers/index.js';
import { toBytes } from '../../src/proto/random-access.js';
import { Net } from '../../src/runtime/net.js';
import { seededRandom } from '../../src/engine/random.js';
import { MERGED_TOLERANCE, optimize } from '../optimize/support.js';

const EPS = 1e-3;

/** y = (x − mean) / √(variance + eps) · scale + shift, with blobs of 1 x C x 1 x 1. */
class FourBlobs extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'FourBlobs',
    origin: 'a test',
    family: 'scaling',
    doc: 'A normalization of four blobs.',
    bottoms: ['x'],
    tops: ['y'],
    blobs: [
      { role: 'scale', filler: () => ({ type: 'uniform', min: 0.5, max: 1.5 }) },
      { role: 'shift', filler: () => ({ type: 'uniform', min: -1, max: 1 }) },
      { role: 'mean', filler: () => ({ type: 'uniform', min: -1, max: 1 }) },
      { role: 'variance', filler: () => ({ type: 'uniform', min: 0.5, max: 1.5 }) },
    ],
    affine: () => ({ axis: 0, eps: EPS }),
    keepsOrder: true,
    inPlace: true,
  };

  override setUp([x]: readonly Blob[]): void {
    for (let i = 0; i < 4; i++) this.addBlob([1, x!.dim(1), 1, 1]);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [scale, shift, mean, variance] = this.blobs.map((blob) => blob.peek().slice());
    const from = x!.peek().slice();
    const { data } = y!;
    const inner = x!.countOf(2);
    for (let i = 0; i < data.length; i++) {
      const c = Math.floor(i / inner) % x!.dim(1);
      data[i] = ((from[i]! - mean![c]!) / Math.sqrt(variance![c]! + EPS)) * scale![c]! + shift![c]!;
    }
  }
}

const netWith = (
  type: string,
  settings = '',
) => `layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "${type}" bottom: "y" top: "y" ${settings} }
layer { name: "relu" type: "ReLU" bottom: "y" top: "z" }`;

const net = netWith('FourBlobs');

beforeAll(() => {
  registerLayer('FourBlobs', FourBlobs);
});
afterAll(() => {
  unregisterLayer('FourBlobs');
});

/** Weights as the fillers make them, but for statistics, which are not 0. */
async function weightsFor(text: string): Promise<Uint8Array> {
  const whole = await Net.load(text);
  const random = seededRandom(2);
  for (const { blobs } of whole.layers.filter(({ type }) => type !== 'Convolution'))
    for (const blob of blobs) blob.data.forEach((_, i) => (blob.data[i] = 0.5 + random()));
  const sink = toBytes();
  await whole.save(sink);
  whole.dispose();
  return sink.bytes();
}

const cases = [
  ['of a user', net],
  ['BatchNorm', netWith('BatchNorm', 'batch_norm_param { eps: 0.01 }')],
  ['Scale', netWith('Scale', 'scale_param { bias_term: true }')],
  ['Bias', netWith('Bias')],
  ["BN, PSPNet's", netWith('BN', 'bn_param { eps: 0.01 frozen: true }')],
  ["BN, SegNet's", netWith('BN', 'bn_param { bn_mode: INFERENCE }')],
] as const;

test.each(cases)('optimize merges an affine layer into the convolution before it: %s', async (_, text) => {
  const { changes, worst } = await optimize(text, { source: await weightsFor(text) });
  expect(changes).toEqual(['bn → conv']);
  expect(worst).toBeLessThan(MERGED_TOLERANCE);
});

test.each(cases)(
  'a net that keeps its outputs only computes an affine layer with the convolution: %s',
  async (_, text) => {
    const weights = await weightsFor(text);
    const whole = await Net.load(text, { weights });
    const lean = await Net.load(text, { weights, outputsOnly: true });
    try {
      expect(lean.steps.map(({ layers }) => layers.map(({ name }) => name))).toEqual([['conv', 'bn', 'relu']]);
      const random = seededRandom(1);
      const x = Float32Array.from({ length: 120 }, () => 2 * random() - 1);
      const expected = (await whole.forward({ inputs: { x } })).get('z')!.data;
      const actual = (await lean.forward({ inputs: { x } })).get('z')!.data;
      const largest = expected.reduce((a, b) => Math.max(a, b), 0);
      expect(largest).toBeGreaterThan(0);
      for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-5 * largest);
    } finally {
      whole.dispose();
      lean.dispose();
    }
  },
);

test('a BN that uses the batch is left alone', async () => {
  const text = netWith('BN', 'bn_param { bn_mode: LEARN }');
  const { changes } = await optimize(text, { source: await weightsFor(text) });
  expect(changes).toEqual([]);
});
