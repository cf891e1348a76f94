/** When a cause is claimed and when not: faults that no hypothesis knows, noise, differences that only accumulate. */
import { describe, expect, test } from '@jest/globals';
import { diagnosisLines, summaryLines } from '../../src/verify/report.js';
import { filled, mapped } from '../../src/verify/tensors.js';
import { noise, verifyPlanted, type Array32 } from './planted.js';

const CONV = (name: string, bottom: string, settings = 'num_output: 6 kernel_size: 3 pad: 1') =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { ${settings} } }\n`;
const LAYER = (name: string, type: string, bottom: string, rest = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${name}" ${rest} }\n`;
const BLOCK =
  CONV('conv', 'data') +
  LAYER('scale', 'Scale', 'conv', 'scale_param { bias_term: true }') +
  LAYER('relu', 'ReLU', 'scale') +
  LAYER('pool', 'Pooling', 'relu', 'pooling_param { kernel_size: 3 stride: 2 pad: 1 pool: AVE }') +
  LAYER('norm', 'LRN', 'pool', 'lrn_param { alpha: 0.3 }') +
  LAYER('ip', 'InnerProduct', 'norm', 'inner_product_param { num_output: 5 }') +
  LAYER('prob', 'Softmax', 'ip');

/** A little of something else in each value. */
const disturb = (size: number) => (x: Array32) => {
  const { data } = noise(x.shape, 77);
  return mapped(x, (v, i) => v + size * data[i]!);
};

describe('no cause is claimed', () => {
  test.each(['conv', 'scale', 'ip'])('for weights of %s that are simply others', async (name) => {
    const { ok, causes, firstIsolated } = await verifyPlanted({
      right: BLOCK,
      spoil: (blobs) => {
        blobs[name] = blobs[name]!.map((blob) => (blob.shape.length > 1 || name === 'ip' ? disturb(0.5)(blob) : blob));
        if (name === 'scale') blobs[name] = [disturb(0.5)(blobs[name][0]!), blobs[name][1]!];
      },
    });
    expect({ ok, failing: firstIsolated?.name }).toEqual({ ok: false, failing: name });
    // Another Scale is another factor for each channel, and said to be just that.
    expect(causes.map(({ id }) => id)).toEqual(name === 'scale' ? ['batch-norm-fold'] : []);
  });

  test.each(['conv', 'scale', 'relu', 'pool', 'norm', 'ip', 'prob'])(
    'for a reference of %s that is noisy, though changes fall within the tolerance too',
    async (name) => {
      const { ok, causes, tried } = await verifyPlanted({
        right: BLOCK,
        references: (references) => {
          references[name] = disturb(2e-3)(references[name]!);
        },
      });
      expect(ok).toBe(false);
      expect(tried.length).toBeGreaterThan(0);
      expect(causes).toEqual([]);
    },
  );
});

describe('a difference that only accumulates', () => {
  /** Normalizations of variances around 0.1: an eps off by 1.4e-5 is off by 7e-5, which is within the tolerance once. */
  const names = ['bn1', 'bn2', 'bn3', 'bn4', 'bn5', 'bn6', 'bn7', 'bn8'];
  const chain = (eps: string) =>
    names
      .map((name, i) => LAYER(name, 'BatchNorm', i === 0 ? 'data' : names[i - 1]!, `batch_norm_param { eps: ${eps} }`))
      .join('');
  const plan = {
    right: chain('1e-3'),
    wrong: chain('1e-5'),
    weights: (blobs: Record<string, Array32[]>) => {
      for (const name of names) blobs[name] = [filled([6], 0), filled([6], 1.5), filled([1], 1)];
    },
    options: { rtol: 1e-3, atol: 0 },
  };

  test('is diagnosed at the layer that adds most to it', async () => {
    const report = await verifyPlanted(plan);
    // Each layer is off by 1e-3 / (2 · 1.5) = 3.3e-4; the fourth has gathered 1.3e-3.
    expect(report).toMatchObject({ ok: false, firstDivergence: { name: 'bn4' }, firstIsolated: undefined });
    expect(report.causes[0]).toMatchObject({ id: 'batch-norm-eps', label: 'eps: 0.001' });
    expect(diagnosisLines(report).slice(0, 2)).toEqual([
      'fed the references of what they read, all layers agree: the difference accumulates over layers',
      `the layer that adds most to it is ${report.diagnosed!.name} (BatchNorm)`,
    ]);
    expect(summaryLines(report)[1]).toMatch(/^first layer that diverges: bn4 \(BatchNorm\): /);
  });

  test('is left alone where each layer is only rounded otherwise', async () => {
    const report = await verifyPlanted({
      ...plan,
      wrong: plan.right,
      references: (references) => {
        // Rounding of 2e-6 a layer, against a tolerance that nothing but equal bits would meet.
        names.forEach((name, k) => (references[name] = mapped(references[name]!, (v) => v * (1 + 2e-6 * (k + 1)))));
      },
      options: { rtol: 5e-6, atol: 0 },
    });
    expect(report.ok).toBe(false);
    expect(report.diagnosed).toBeUndefined();
    expect(diagnosisLines(report)).toEqual([
      'fed the references of what they read, all layers agree: the difference accumulates over layers',
    ]);
  });
});

describe('the work', () => {
  test('that is allowed bounds what is tried, and what was not run is said', async () => {
    const plan = { right: BLOCK, references: (r: Record<string, Array32>) => (r.conv = disturb(1)(r.conv!)) };
    const report = await verifyPlanted({ ...plan, options: { work: 0 } });
    const outcomes = report.tried.filter(({ id }) => id.startsWith('weights-')).map(({ outcome }) => outcome);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(new Set(outcomes)).toEqual(new Set(['not run']));
    expect(report.causes).toEqual([]);
  });

  test('of a large layer is cut by looking at some channels first', async () => {
    // 96 · 96 · 9 weights at 40 · 40 places are 1.3e8 products.
    const right = CONV('conv', 'data', 'num_output: 96 kernel_size: 3 pad: 1');
    const report = await verifyPlanted({
      right,
      shape: [1, 96, 40, 40],
      spoil: (blobs) => {
        blobs.conv![0] = mapped(blobs.conv![0]!, (_, i) => blobs.conv![0]!.data[i - (i % 9) + 8 - (i % 9)]!);
      },
    });
    expect(report.causes.map(({ id, label }) => [id, label])).toEqual([['weights-flipped', 'turned by 180°']]);
    // The whole layer is computed only for what matches the first look.
    const whole = report.tried.filter(({ sampled, comparison }) => comparison && !sampled);
    expect(whole.map(({ id, label }) => [id, label])).toContainEqual(['weights-flipped', 'turned by 180°']);
    const cheap = whole.filter(({ id }) =>
      ['weights-transposed', 'weights-flipped', 'convolution-window'].includes(id),
    );
    expect(cheap).toHaveLength(1);
  });
});
