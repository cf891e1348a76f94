/** Whole nets, optimized by all passes: those that Caffe ran, random ones, and the ResNet-50 with its 53 batch norms. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareOutputs, copyInputs, fillRandomInputs, optimizeNet } from '../../src/optimize/index.js';
import { toBytes } from '../../src/proto/random-access.js';
import { Net } from '../../src/runtime/net.js';
import { seededRandom } from '../../src/engine/random.js';
import { expectCaffesOutputs, goldenNet, goldenNets, narrowResnet } from '../support/whole-nets.js';
import { MERGED_TOLERANCE, input, layer, optimize } from './support.js';

describe("nets that Caffe ran give Caffe's outputs when they are optimized", () => {
  test.each(goldenNets)('%s', async (name) => {
    const { text, weights, state } = goldenNet(name);
    await expectCaffesOutputs(name, await optimizeNet(text, weights, state));
  });
});

/** A net of up to twelve layers, each reading some blob made before it. */
function randomNet(seed: number): string {
  const random = seededRandom(seed, 'net');
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  let text = input(2, 4, 6, 6);
  /** Blobs of four channels that may be read, and those of them that nobody has read yet. */
  const blobs = ['x'];
  const unread = new Set<string>();
  const count = 2 + below(11);
  for (let i = 0; i < count; i++) {
    const type = pick([
      'Convolution',
      'Convolution',
      'BatchNorm',
      'Scale',
      'Bias',
      'ReLU',
      'Dropout',
      'Split',
      'Reshape',
      'Eltwise',
    ]);
    // Mostly the latest blob, so that chains come about.
    const bottom = below(3) > 0 ? blobs.at(-1)! : pick(blobs);
    const inPlace =
      ['BatchNorm', 'Scale', 'Bias', 'ReLU', 'Dropout'].includes(type) && unread.has(bottom) && below(2) > 0;
    const top = inPlace ? bottom : `b${i}`;
    let settings = '';
    if (type === 'Convolution') {
      const kernel = pick([1, 3]);
      const share = below(4) === 0 && kernel === 1 ? 'param { name: "w" }' : '';
      settings = `${share} convolution_param { num_output: 4 kernel_size: ${kernel} pad: ${(kernel - 1) / 2} bias_term: ${below(2) === 0 && !share ? 'true' : 'false'} }`;
    }
    if (type === 'Scale') settings = `scale_param { bias_term: ${below(2) === 0 ? 'true' : 'false'} }`;
    // Its top shares the bottom's memory, which an in-place layer after it writes over.
    if (type === 'Reshape') settings = 'reshape_param { shape { dim: 0 dim: 0 dim: 0 dim: 0 } }';
    if (type === 'Split') settings = `top: "c${i}"`;
    if (type === 'Eltwise') {
      const other = pick(blobs);
      settings = `bottom: "${other}"`;
      unread.delete(other);
    }
    text += layer(type, `l${i}`, bottom, top, settings);
    if (inPlace) continue;
    unread.delete(bottom);
    for (const made of type === 'Split' ? [top, `c${i}`] : [top]) {
      blobs.push(made);
      unread.add(made);
    }
  }
  return text;
}

test('random nets compute the same when they are optimized', async () => {
  let merged = 0;
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const { worst, optimized } = await optimize(randomNet(seed), { seed });
      const [, identity, merge] = optimized.report.passes.map(({ changes }) => changes.length);
      merged += merge!;
      taken += identity!;
      // Nets of a dozen layers, whose errors add up and whose normalizations of sums enlarge them.
      expect(worst).toBeLessThan(10 * MERGED_TOLERANCE);
    }),
    { numRuns: 25, seed: 20 },
  );
  // The passes had something to do.
  expect(Math.min(merged, taken)).toBeGreaterThan(5);
});

test('ResNet-50 has 106 layers less and the same outputs', async () => {
  const { net, loaded: before, weights } = await narrowResnet(8);
  const optimized = await optimizeNet(net, weights);
  const sink = toBytes();
  await optimized.writeWeights(sink);
  const after = await Net.load(optimized.net, { weights: sink.bytes(), strict: true });
  fillRandomInputs(before);
  copyInputs(before, after);
  const [prob, features] = await compareOutputs(before, after, ['prob', 'pool5']);
  expect(optimized.report.layers).toEqual({ before: 229, after: 123 });
  // 53 layers of sums of up to 576 products: each errs by some √576 · 2^-24 = 1.4e-6 of its largest value, and the
  // errors of layers after one another add up as their squares do: 1e-5.
  expect(features!.maxRel).toBeLessThan(1e-5);
  expect(prob!.maxRel).toBeLessThan(1e-5);
  before.dispose();
  after.dispose();
});
