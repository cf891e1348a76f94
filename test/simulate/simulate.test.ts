/** simulate: layer by layer against rounding done by hand, sensitivity, the layers to keep, warnings and bad input. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { randomizeParams } from '../../src/runtime/random-params.js';
import { seededRandom } from '../../src/engine/random.js';
import { simulate, simulationPage, simulationToJson } from '../../src/simulate/index.js';
import { FORMATS } from '../../src/simulate/formats/index.js';
import { quantizeInPlace, symmetricQuantizer } from '../../src/simulate/quantizer.js';
import { simulationLines } from '../../src/simulate/report.js';

const DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 6 dim: 6 } } }\n';
const SMALL =
  DATA +
  'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 3 kernel_size: 3 } }\n' +
  'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }\n' +
  'layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }\n' +
  'layer { name: "up" type: "Deconvolution" bottom: "pool" top: "up" convolution_param { num_output: 4 kernel_size: 2 group: 1 } }\n' +
  'layer { name: "fc" type: "InnerProduct" bottom: "up" top: "fc" inner_product_param { num_output: 5 transpose: true } }\n' +
  'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n';

const nets: Net[] = [];
async function load(text = SMALL, seed = 1): Promise<Net> {
  const net = await Net.load(text, { algorithm: 'gemm', threads: 1 });
  nets.push(net);
  randomizeParams(net, seed);
  const random = seededRandom(seed, 'values');
  for (const { blobs } of net.layers) blobs[1]?.data.forEach((_, i, bias) => (bias[i] = random() - 0.5));
  net.blobs.get('data')!.data.set(input(net, seed));
  return net;
}
function input(net: Net, seed: number, size = 1): Float32Array {
  const random = seededRandom(seed, 'data');
  return Float32Array.from({ length: net.blobs.get('data')!.count }, () => size * (2 * random() - 1));
}
afterEach(() => {
  for (const net of nets.splice(0)) net.dispose();
});

describe('fp16', () => {
  test('is the net with weights and every value rounded, which the layers show', async () => {
    const net = await load();
    const byHand = await load();
    const report = await simulate(net, { format: 'fp16', sensitivity: false });
    const round = (values: Float32Array): void => {
      FORMATS.fp16.round(values, undefined, false);
    };
    for (const { blobs } of byHand.layers) for (const blob of blobs) round(blob.data);
    round(byHand.blobs.get('data')!.data);
    await byHand.forward({
      onLayer: (index) => {
        for (const top of byHand.topNamesOf(index)) round(byHand.blobs.get(top)!.data);
      },
    });
    await net.forward();
    const [float, half] = [net, byHand].map((each) => each.blobs.get('fc')!.data);
    const noise = float!.reduce((sum, value, i) => sum + (value - half![i]!) ** 2, 0);
    const signal = float!.reduce((sum, value) => sum + value ** 2, 0);
    const fc = report.layers.find(({ name }) => name === 'fc')!;
    expect(fc.error.sqnr).toBeCloseTo(10 * Math.log10(signal / noise), 6);
    expect(fc.precision).toBe('fp16');
    expect(report.layers.map(({ name }) => name)).toEqual(['conv', 'relu', 'pool', 'up', 'fc', 'prob']);
  });

  test('overflows where values are beyond 65504, says so, and saturates where it is told to', async () => {
    const net = await load();
    net.blobs.get('data')!.data.set(input(net, 1, 2e5));
    const report = await simulate(net, { format: 'fp16', sensitivity: false });
    expect(report.warnings.find(({ kind }) => kind === 'overflow')!.text).toMatch(
      /^'data' of data reaches 1\.\d+e\+5|2\.00e\+5: \d+ of 72 values are beyond fp16's 65504$/,
    );
    expect(Number.isFinite(report.layers[0]!.error.maxAbs)).toBe(false);
    const saturated = await simulate(net, { format: 'fp16', saturate: true, sensitivity: false });
    expect(saturated.layers[0]!.error.maxAbs).toBeLessThan(1e6);
  });

  test('tells of subnormal numbers', async () => {
    const net = await load();
    net.blobs.get('data')!.data.set(input(net, 1, 1e-5));
    const { warnings } = await simulate(net, { format: 'fp16', sensitivity: false });
    expect(warnings.map(({ kind, layer, text }) => ({ kind, layer, text }))).toContainEqual({
      kind: 'subnormal',
      layer: 'data',
      text: "100 % of 'data' of data are below 6.10e-5: chips without subnormal numbers make them 0",
    });
  });
});

describe('int8', () => {
  test('has a scale for each value and each channel: of convolutions, deconvolutions and transposed inner products', async () => {
    const net = await load();
    const { scales, ranges, layers } = await simulate(net, { format: 'int8', sensitivity: false });
    expect(scales!.weighted.map(({ name, weights }) => [name, weights.length])).toEqual([
      ['conv', 3],
      ['up', 4],
      ['fc', 5],
    ]);
    // The largest weight of each output channel is 127 steps.
    const { shape, data } = net.params.get('up')![0]!;
    const [inputs, outputs, kernel] = [shape[0]!, shape[1]!, shape[2]! * shape[3]!];
    for (let o = 0; o < outputs; o++) {
      let most = 0;
      for (let i = 0; i < inputs; i++)
        for (let k = 0; k < kernel; k++) most = Math.max(most, Math.abs(data[(i * outputs + o) * kernel + k]!));
      expect(scales!.weighted[1]!.weights[o]).toBe(Math.fround(most / 127));
    }
    // What lies inside a unit has none, what is only moved neither, and Softmax is left in float32.
    expect(ranges.map(({ layer }) => layer)).toEqual(['data', 'relu', 'up', 'fc', 'prob']);
    expect(layers.map(({ precision }) => precision)).toEqual(['int8', 'int8', 'int8', 'int8', 'int8', 'float32']);
  });

  test('rounds what lies between layers to its scale, weights to theirs, and the bias to products of both', async () => {
    const net = await load();
    const byHand = await load();
    const report = await simulate(net, { format: 'int8', sensitivity: false });
    const scaleOf = (layer: string) => report.ranges.find((range) => range.layer === layer)!.quantizer!;
    const [weights, bias] = byHand.params.get('conv')!;
    const steps = report.scales!.weighted[0]!.weights;
    steps.forEach((scale, c) => {
      quantizeInPlace(weights!.data.subarray(c * 18, (c + 1) * 18), { scale, zeroPoint: 0 });
      const step = scaleOf('data').scale * scale;
      bias!.data[c] = Math.round(bias!.data[c]! / step) * step;
    });
    quantizeInPlace(byHand.blobs.get('data')!.data, scaleOf('data'));
    await byHand.forward({ end: 'relu' });
    quantizeInPlace(byHand.blobs.get('conv')!.data, scaleOf('relu'));
    await net.forward({ end: 'relu' });
    const [float, rounded] = [net, byHand].map((each) => each.blobs.get('conv')!.data);
    const largest = float!.reduce((most, value, i) => Math.max(most, Math.abs(value - rounded![i]!)), 0);
    expect(report.layers.find(({ name }) => name === 'relu')!.error.maxAbs).toBe(largest);
    expect(scaleOf('data')).toEqual(
      symmetricQuantizer(net.blobs.get('data')!.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)),
    );
  });

  test('with scope weights, rounds only what layers with weights read', async () => {
    const net = await load();
    const { layers } = await simulate(net, { format: 'int8', scope: 'weights', sensitivity: false });
    expect(layers.map(({ precision }) => precision)).toEqual(['int8', 'int8', 'float32', 'int8', 'int8', 'float32']);
    const only = await load(DATA + 'layer { name: "tanh" type: "TanH" bottom: "data" top: "tanh" }');
    expect((await simulate(only, { format: 'int8', scope: 'weights' })).sqnr).toBe(Infinity);
  });

  test('takes ranges from other samples, and clamps what is beyond them', async () => {
    const net = await load();
    const sample = (size: number) => ({ data: { shape: [1, 2, 6, 6], data: input(net, 1, size) } });
    const own = await simulate(net, { format: 'int8', sensitivity: false });
    const report = await simulate(net, {
      ...{ format: 'int8', sensitivity: false },
      calibrationSamples: [sample(0.01), () => Promise.resolve(sample(0.02))],
      samples: [sample(1)],
    });
    expect(report.calibrationSamples).toBe(2);
    expect(report.ranges[0]!.seen.max).toBeLessThanOrEqual(Math.fround(0.02));
    expect(report.sqnr).toBeLessThan(own.sqnr);
  });

  test('takes scales of a toolchain', async () => {
    const net = await load();
    const given = new Map([['conv', { scale: 0.25, zeroPoint: 0 }]]);
    const { ranges, warnings } = await simulate(net, {
      ...{ format: 'int8', sensitivity: false },
      scales: {
        inputs: given,
        weights: new Map([['fc', [0.5]]]),
        layers: new Map([['gone', { scale: 1, zeroPoint: 0 }]]),
      },
    });
    expect(ranges[0]!.quantizer).toEqual({ scale: 0.25, zeroPoint: 0 });
    expect(warnings.map(({ text }) => text)).toContain('scales for names that the net has not: gone');
  });

  test('warns of weights and values that 8 bits do not suit', async () => {
    const net = await load();
    const [weights] = net.params.get('conv')!;
    weights!.data.subarray(0, 18).fill(1000);
    const { warnings } = await simulate(net, { format: 'int8', weightScales: 'tensor', sensitivity: false });
    expect(warnings.find(({ kind }) => kind === 'channels')!.text).toMatch(
      /^the channels of conv's weights differ \d+ times in size: one scale leaves the small ones 1 of 127 integers$/,
    );
    net.blobs.get('data')!.data.fill(0);
    const zeros = await simulate(net, { format: 'int8', sensitivity: false });
    expect(zeros.warnings).toContainEqual({
      ...{ kind: 'constant', layer: 'data' },
      text: "'data' of data is 0 in all samples: its scale means nothing",
    });
  });
});

test('int8 warns of far values, for which the others have few integers, and of values that are clamped', async () => {
  const net = await load(
    DATA.replaceAll('dim: 6', 'dim: 60') + 'layer { name: "tanh" type: "TanH" bottom: "data" top: "tanh" }',
  );
  net.blobs.get('data')!.data[5] = 100;
  const far = await simulate(net, { format: 'int8', sensitivity: false });
  expect(far.warnings.map(({ text }) => text)).toEqual([
    "'data' of data reaches 100, and 99.9 % of it are below 1: few integers are left for these; percentile or kl calibration clamps the rest",
  ]);
  const clamped = await simulate(net, {
    format: 'int8',
    calibration: 'percentile',
    percentile: 90,
    sensitivity: false,
  });
  expect(clamped.warnings[0]!.text).toMatch(/^(6\.\d) % of 'data' of data are beyond its range and clamped$/);
});

describe('sensitivity', () => {
  test('is what each layer alone in the format does, with a residual branch and in-place layers', async () => {
    const text =
      DATA +
      'layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: 2 kernel_size: 3 pad: 1 } }\n' +
      'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }\n' +
      'layer { name: "b" type: "Convolution" bottom: "a" top: "b" convolution_param { num_output: 2 kernel_size: 3 pad: 1 } }\n' +
      'layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }\n' +
      'layer { name: "t" type: "TanH" bottom: "sum" top: "sum" }\n';
    const net = await load(text);
    const { sensitivity } = await simulate(net, { format: 'int8' });
    expect(sensitivity!.map(({ name }) => name).sort()).toEqual(['a', 'b', 'sum', 't']);
    for (const { name, sqnr } of sensitivity!) {
      const keep = ['a', 'b', 'sum', 't'].filter((each) => each !== name);
      const alone = await simulate(net, { format: 'int8', keep, sensitivity: false });
      expect([name, alone.sqnr]).toEqual([name, sqnr]);
    }
    // The harmful ones first.
    const order = sensitivity!.map(({ sqnr }) => sqnr);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test('finds the layers to keep, with which the outputs have the wanted SQNR', async () => {
    const net = await load(SMALL.slice(0, SMALL.indexOf('layer { name: "prob"')));
    const wanted = 45;
    const all = await simulate(net, { format: 'int8', keepSqnr: wanted });
    expect(all.sqnr).toBeLessThan(wanted);
    const keep = all.keep!;
    expect(keep.reached).toBeGreaterThanOrEqual(wanted);
    expect(keep.layers.length).toBeGreaterThan(0);
    const kept = await simulate(net, { format: 'int8', keep: keep.layers, sensitivity: false });
    expect(kept.sqnr).toBe(keep.reached);
    expect(kept.layers.filter(({ name }) => keep.layers.includes(name)).map(({ precision }) => precision)).toEqual(
      keep.layers.map(() => 'float32'),
    );
    expect((await simulate(net, { format: 'int8', keepSqnr: -100 })).keep!.layers).toEqual([]);
  });
});

describe('reports', () => {
  test('as lines, JSON and a page', async () => {
    const net = await load();
    const report = await simulate(net, { format: 'int8', keepSqnr: 200 });
    const lines = simulationLines(report);
    expect(lines[0]).toBe(
      'simulated int8, all layers, a scale for each channel of weights, symmetric values, calibration min-max; 1 sample, ranges of 1 sample',
    );
    expect(lines).toContain('what each layer alone in int8 does to the outputs, the most harmful first:');
    expect(lines).toContain('to stay in float32 for 200 dB, 3 of 3 layers (the outputs are exact):');
    const json = JSON.parse(JSON.stringify(simulationToJson(report))) as {
      keep: { reached: unknown };
      ranges: { histogram: { counts: number[] } }[];
    };
    expect(json.keep.reached).toBe('Infinity');
    expect(json.ranges[0]!.histogram.counts.reduce((a, b) => a + b)).toBe(72);
    const page = simulationPage({ ...report, settings: '<b>' }, { facts: { net: 'a<b' } });
    expect(page).toContain('a&lt;b');
    expect(page).not.toContain('<b>&');
    expect(page.match(/<figure class="spread">/g)).toHaveLength(report.ranges.length);
    expect(page).not.toContain('<script');
  });
});

describe('bad input', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['a format', { format: 'int4' }, "format: expected 'fp16' or 'bf16' or 'int8', got 'int4'"],
    ['no samples', { samples: [] }, 'samples: expected one at least, got an empty list'],
    ['a sample without an input', { samples: [{}] }, "sample 1 of 1 has no values for input 'data'"],
    [
      'a sample of another size',
      { samples: [{ data: { shape: [1, 2], data: new Float32Array(3) } }] },
      "sample 1 of 1: 'data': expected { shape, data } with a Float32Array of as many values, got shape 1 2 (2)",
    ],
    [
      'a sample with another name',
      {
        samples: [
          {
            data: { shape: [1, 2, 6, 6], data: new Float32Array(72) },
            date: { shape: [1], data: new Float32Array(1) },
          },
        ],
      },
      "sample 1 of 1: the net has no input 'date'; its inputs are data",
    ],
    ['a layer to keep', { keep: ['conw'] }, "keep: the net has no layer 'conw'"],
    ['scales for fp16', { format: 'fp16', zeroPoint: true }, 'zeroPoint is for int8: fp16 has no scales'],
    [
      'a percentile',
      { calibration: 'percentile', percentile: 3 },
      'percentile: expected a number above 50, up to 100, got 3',
    ],
    ['a percentile of none', { percentile: 99 }, "percentile is for calibration 'percentile', not 'min-max'"],
    [
      'scales of another net',
      { scales: { inputs: new Map([['x', { scale: 1, zeroPoint: 0 }]]) } },
      "none of the 1 names in the scales is of this net: 'x' …",
    ],
    [
      'another number of scales',
      { scales: { weights: new Map([['conv', [1, 2]]]) } },
      "layer 'conv' (Convolution): expected 1 or 3 scales for its weights, got 2",
    ],
  ])('%s is refused', async (_what, options, message) => {
    const net = await load();
    await expect(simulate(net, { format: 'int8', sensitivity: false, ...options })).rejects.toThrow(message);
  });

  test('a net that keeps its outputs only is refused', async () => {
    const net = await Net.load(SMALL, { outputsOnly: true });
    nets.push(net);
    await expect(simulate(net, { format: 'fp16' })).rejects.toThrow('the net keeps only its outputs');
  });
});
