/** BatchNorm, Scale and Bias merged into the layer before them: where it is done, where not, and that it is right. */
import { describe, expect, test } from '@jest/globals';
import { optimizeNet } from '../../src/optimize/index.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { encodeNet } from '../../src/proto/codec.js';
import { MERGED_TOLERANCE, input, layer, optimize } from './support.js';

const conv = (settings: string) => `convolution_param { num_output: 6 kernel_size: 3 ${settings} }`;
const scale = (settings: string) => `scale_param { ${settings} }`;
const BN = layer('BatchNorm', 'bn', 'y', 'y');
const SCALE = layer('Scale', 'scale', 'y', 'y', scale('bias_term: true'));
const images = input(2, 4, 7, 6);

describe('each layer that can be merged into, with each that can be merged', () => {
  const hosts: [what: string, layers: string][] = [
    ['a convolution', images + layer('Convolution', 'host', 'x', 'y', conv(''))],
    ['a convolution without bias', images + layer('Convolution', 'host', 'x', 'y', conv('bias_term: false'))],
    ['a grouped convolution', images + layer('Convolution', 'host', 'x', 'y', conv('group: 2 bias_term: false'))],
    ['a convolution along one axis', input(2, 4, 7) + layer('Convolution', 'host', 'x', 'y', conv(''))],
    ['a convolution with axis: -3', images + layer('Convolution', 'host', 'x', 'y', conv('axis: -3'))],
    ['a deconvolution', images + layer('Deconvolution', 'host', 'x', 'y', conv('stride: 2'))],
    ['a grouped deconvolution', images + layer('Deconvolution', 'host', 'x', 'y', conv('group: 2 bias_term: false'))],
    ['an inner product', images + layer('InnerProduct', 'host', 'x', 'y', 'inner_product_param { num_output: 6 }')],
    [
      'a transposed inner product without bias',
      images +
        layer(
          'InnerProduct',
          'host',
          'x',
          'y',
          'inner_product_param { num_output: 6 transpose: true bias_term: false }',
        ),
    ],
  ];
  const followers: [what: string, layers: string][] = [
    ['BatchNorm', BN],
    ['BatchNorm with an eps', layer('BatchNorm', 'bn', 'y', 'y', 'batch_norm_param { eps: 0.5 }')],
    ['BatchNorm, Scale', BN + SCALE],
    [
      'BatchNorm, Scale not in place',
      layer('BatchNorm', 'bn', 'y', 'b') + layer('Scale', 'scale', 'b', 's', scale('')),
    ],
    ['Scale without bias', layer('Scale', 'scale', 'y', 'y')],
    ['Scale with one factor for all', layer('Scale', 'scale', 'y', 'y', scale('num_axes: 0 bias_term: true'))],
    ['Bias', layer('Bias', 'bias', 'y', 'y')],
    ['BatchNorm, Scale, Bias, Scale', BN + SCALE + layer('Bias', 'bias', 'y', 'z') + layer('Scale', 'again', 'z', 'z')],
  ];
  // All followers after the first host, the shortest and the longest after the others.
  const cases = hosts.flatMap(([host, before], i) =>
    followers
      .filter((_, j) => i === 0 || j === 0 || j === followers.length - 1)
      .map(([what, after]) => [what, host, before, after] as const),
  );
  test.each(cases)('%s into %s', async (_what, _host, before, after) => {
    const text = before + after;
    const { optimized, worst, text: merged } = await optimize(text);
    expect(worst).toBeLessThan(MERGED_TOLERANCE);
    const expected = text.split('\n').length - 1;
    expect(optimized.report.layers).toEqual({ before: expected, after: 2 });
    expect(merged).not.toMatch(/BatchNorm|Scale|Bias/);
  });
});

describe('what is merged', () => {
  test('follows through to the last layer, which gives its name to the blob', async () => {
    const { text, changes } = await optimize(
      images +
        layer('Convolution', 'c', 'x', 'c', conv('bias_term: false')) +
        layer('BatchNorm', 'bn', 'c', 'bn') +
        layer('Scale', 'scale', 'bn', 'scale', scale('bias_term: true')) +
        layer('ReLU', 'relu', 'scale', 'scale'),
    );
    expect(changes).toEqual(['bn → c', 'scale → c']);
    expect(text).toContain(`layer {
  name: "c"
  type: "Convolution"
  bottom: "x"
  top: "scale"
  convolution_param {
    num_output: 6
    bias_term: true
    kernel_size: 3
  }
}
layer {
  name: "relu"
  type: "ReLU"
  bottom: "scale"
  top: "scale"
}
`);
  });

  test('is computed in float64 and rounded once', async () => {
    const text =
      input(1, 1, 1, 1) +
      layer('Convolution', 'c', 'x', 'y', 'convolution_param { num_output: 1 kernel_size: 1 }') +
      BN +
      SCALE;
    const [w, b, mean, variance, divisor, gamma, beta] = [0.1, 0.7, 0.3, 0.9, 3, 1.1, 0.2].map(Math.fround) as [
      ...[number, number, number, number, number, number, number],
    ];
    const blob = (v: number) => ({ shape: { dim: [1] }, data: [v] });
    const source = {
      layer: [
        { name: 'c', blobs: [{ shape: { dim: [1, 1, 1, 1] }, data: [w] }, blob(b)] },
        { name: 'bn', blobs: [mean, variance, divisor].map(blob) },
        { name: 'scale', blobs: [gamma, beta].map(blob) },
      ],
    };
    const { weights } = await optimize(text, { source: encodeNet(source) });
    const reader = await CaffemodelReader.open(weights);
    const at = reader.layers.findIndex(({ name }) => name === 'c');
    const factor = gamma / Math.sqrt(variance / divisor + Math.fround(1e-5));
    expect([(await reader.readBlob(at, 0))[0], (await reader.readBlob(at, 1))[0]]).toEqual([
      Math.fround(w * factor),
      Math.fround(b * factor + (-(mean / divisor) * factor + beta)),
    ]);
  });

  test('takes a divisor of 0 as Caffe does: mean and variance are 0', async () => {
    const text = images + layer('Convolution', 'c', 'x', 'y', conv('')) + BN;
    const blob = (dims: number[], value: number) => ({
      shape: { dim: dims },
      data: new Float32Array(dims.reduce((a, d) => a * d, 1)).fill(value),
    });
    const source = encodeNet({
      layer: [
        { name: 'c', blobs: [blob([6, 4, 3, 3], 0.01), blob([6], 1)] },
        { name: 'bn', blobs: [blob([6], 5), blob([6], 7), blob([1], 0)] },
      ],
    });
    const { worst, changes } = await optimize(text, { source });
    expect(changes).toEqual(['bn → c']);
    expect(worst).toBeLessThan(MERGED_TOLERANCE);
  });

  test('into layers that share their weights, when the same follows all of them', async () => {
    const tower = (level: number, bias: string) =>
      layer('Convolution', `c${level}`, 'x', `c${level}`, `param { name: "w" } ${conv(bias)}`) +
      layer(
        'BatchNorm',
        `bn${level}`,
        `c${level}`,
        `b${level}`,
        'param { name: "m" } param { name: "v" } param { name: "d" }',
      ) +
      layer(
        'Scale',
        `s${level}`,
        `b${level}`,
        `s${level}`,
        `param { name: "g" } param { name: "h" } ${scale('bias_term: true')}`,
      );
    const text = images + tower(1, 'bias_term: false') + tower(2, 'bias_term: false');
    const { changes, worst, text: merged, weights } = await optimize(text);
    expect(changes).toEqual(['bn1 → c1', 'bn2 → c2', 's1 → c1', 's2 → c2']);
    expect(worst).toBeLessThan(MERGED_TOLERANCE);
    expect(merged.match(/name: "w_bias"/g)).toHaveLength(2);
    // The second layer is not in the file: it has the values of the first.
    const { layers } = await CaffemodelReader.open(weights);
    expect(layers.map(({ name, blobs }) => [name, blobs.length])).toEqual([
      ['data', 0],
      ['c1', 2],
    ]);
  });
});

describe('nothing is merged', () => {
  const c = layer('Convolution', 'c', 'x', 'y', conv(''));
  const cases: { why: string; text: string; options?: { outputs: string[] } }[] = (
    [
      [
        'when another layer reads the blob between',
        images + c + layer('BatchNorm', 'bn', 'y', 'b') + layer('ReLU', 'r', 'y', 'r'),
      ],
      ['when the blob between is asked for', images + c + layer('BatchNorm', 'bn', 'y', 'b'), { outputs: ['y', 'b'] }],
      [
        'of a BatchNorm that uses the statistics of the batch',
        images + c + layer('BatchNorm', 'bn', 'y', 'b', 'batch_norm_param { use_global_stats: false }'),
      ],
      ['of a BatchNorm of phase TRAIN', images + c + layer('BatchNorm', 'bn', 'y', 'b', 'phase: TRAIN')],
      [
        'of a Scale whose factors are a bottom',
        images +
          c +
          layer('Reduction', 'f', 'y', 'f', 'reduction_param { axis: 1 }') +
          'layer { name: "s" type: "Scale" bottom: "y" bottom: "f" top: "s" scale_param { axis: 0 } }',
      ],
      ['of a Scale along another axis', images + c + layer('Scale', 's', 'y', 's', scale('axis: 2'))],
      ['of a Scale over several axes', images + c + layer('Scale', 's', 'y', 's', scale('num_axes: 3'))],
      [
        'of a BatchNorm after an inner product whose channels lie along another axis',
        input(2, 4, 5) + layer('InnerProduct', 'ip', 'x', 'y', 'inner_product_param { num_output: 6 axis: 2 }') + BN,
      ],
      [
        'into a layer with a loss',
        images + layer('Convolution', 'c', 'x', 'y', `loss_weight: 1 ${conv('')}`) + layer('BatchNorm', 'bn', 'y', 'b'),
      ],
      ['into a pooling layer', images + layer('Pooling', 'p', 'x', 'y', 'pooling_param { kernel_size: 2 }') + BN],
      [
        'into layers that share their weights when other things follow',
        images +
          ['c1', 'c2']
            .map((name) => layer('Convolution', name, 'x', name, `param { name: "w" } ${conv('bias_term: false')}`))
            .join('') +
          layer('BatchNorm', 'bn', 'c1', 'b'),
      ],
      [
        'into layers that share their weights when other values follow',
        images +
          ['1', '2']
            .map(
              (n) =>
                layer('Convolution', `c${n}`, 'x', `c${n}`, `param { name: "w" } ${conv('bias_term: false')}`) +
                layer('Scale', `s${n}`, `c${n}`, `s${n}`),
            )
            .join(''),
      ],
      [
        'into layers that share their weights in another order',
        images +
          layer('Convolution', 'c1', 'x', 'c1', `param { name: "w" } ${conv('group: 2 bias_term: false')}`) +
          layer('Scale', 's1', 'c1', 's1', 'param { name: "g" }') +
          layer('Slice', 'half', 'x', 'h', 'top: "h2"') +
          layer('Convolution', 'c2', 'h', 'c2', `param { name: "w" } ${conv('bias_term: false')}`) +
          layer('Scale', 's2', 'c2', 's2', 'param { name: "g2" }'),
      ],
    ] as [string, string, { outputs: string[] }?][]
  ).map(([why, text, options]) => ({ why, text, options }));
  test.each(cases)('$why', async ({ text, options }) => {
    const { changes, worst } = await optimize(text, { passes: ['merge'], ...options });
    expect(changes).toEqual([]);
    expect(worst).toBe(0);
  });

  test('when the file has no values for the layer', async () => {
    const text = images + c + BN + layer('ReLU', 'r', 'y', 'y');
    const blob = (dims: number[]) => ({
      shape: { dim: dims },
      data: new Float32Array(dims.reduce((a, d) => a * d, 1)),
    });
    const onlyConv = encodeNet({ layer: [{ name: 'c', blobs: [blob([6, 4, 3, 3]), blob([6])] }] });
    const { report } = await optimizeNet(text, onlyConv);
    expect(report.passes.find(({ pass }) => pass === 'merge')!.changes).toEqual([]);
    expect(report.unfilledLayers).toEqual(['bn']);
  });

  test('when a variance is negative, so that a factor would be NaN', async () => {
    const text = images + c + BN;
    const blob = (dims: number[], value: number) => ({
      shape: { dim: dims },
      data: new Float32Array(dims.reduce((a, d) => a * d, 1)).fill(value),
    });
    const source = encodeNet({
      layer: [
        { name: 'c', blobs: [blob([6, 4, 3, 3], 1), blob([6], 1)] },
        { name: 'bn', blobs: [blob([6], 0), blob([6], -1), blob([1], 1)] },
      ],
    });
    const { report } = await optimizeNet(text, source);
    expect(report.passes.find(({ pass }) => pass === 'merge')!.changes).toEqual([]);
  });
});
