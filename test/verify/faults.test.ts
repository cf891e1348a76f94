/**
 * One fault planted for each hypothesis: verify must name the layer and rank the cause first. Both sides run in this
 * engine, which equals Caffe, so what differs is the fault alone.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { VerifyReport } from '../../src/index.js';
import { HYPOTHESES } from '../../src/verify/hypotheses/index.js';
import { toHalf } from '../../src/verify/hypotheses/half-precision.js';
import { filled, mapped, reshaped, reversed, taken, transpose } from '../../src/verify/tensors.js';
import { FORK_FAULTS } from './fork-faults.js';
import { FUNCTION_FAULTS } from './function-faults.js';
import { MODEL_FAULTS } from './models/faults.js';
import { COMPOSED_FAULTS } from './models/composed.js';
import { LATER_FAULTS } from './models/later.js';
import { NORMALIZATION_FAULTS } from './normalization-faults.js';
import { ORDER_FAULTS } from './order-faults.js';
import { SPATIAL_FAULTS } from './spatial-faults.js';
import { mendPlanted, verifyPlanted, type Array32, type Fault } from './planted.js';

const conv = (name: string, bottom: string, settings: string) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { ${settings} } }\n`;
const layer = (name: string, type: string, bottom: string, rest = '', top = name) =>
  `layer { name: "${name}" type: "${type}" ${bottom
    .split(' ')
    .map((b) => `bottom: "${b}"`)
    .join(' ')} top: "${top}" ${rest} }\n`;

const STEM = conv('conv', 'data', 'num_output: 6 kernel_size: 3 pad: 1');
const AFTER = (bottom: string) => conv('after', bottom, 'num_output: 4 kernel_size: 3 pad: 1');
const IMAGE = [1, 3, 12, 14];
const MEAN = [102.9801, 115.9465, 122.7717];

/** Pixels from 0 to 255, rows from 9 and columns from 11 on being padding. */
const pixels = (x: Array32) => mapped(x, (v) => Math.round((v + 1) * 127.5));
const inside = (i: number) => i % 14 < 11 && Math.floor(i / 14) % 12 < 9;
const channel = (i: number) => Math.floor(i / (12 * 14)) % 3;
/** The mean subtracted, then padded with zeros. */
const prepared = (x: Array32) => mapped(pixels(x), (v, i) => (inside(i) ? v - MEAN[channel(i)]! : 0));

const upsampling = (settings: string) =>
  STEM +
  layer('up', 'Deconvolution', 'conv', `convolution_param { num_output: 6 bias_term: false stride: 2 ${settings} }`) +
  AFTER('up');
const NEAREST = upsampling('kernel_size: 2 group: 6 weight_filler { type: "constant" value: 1 }');
const BILINEAR = upsampling('kernel_size: 4 pad: 1 group: 6 weight_filler { type: "bilinear" }');
const DENSE = upsampling('kernel_size: 4 pad: 1 weight_filler { type: "bilinear" }');
/** Fixed kernels, which `planted` would fill with noise: as their fillers make them. */
const bilinear = [0.25, 0.75, 0.75, 0.25];
const kernelOf = (kind: 'nearest' | 'bilinear' | 'dense') => (blobs: Record<string, Array32[]>) => {
  const side = kind === 'nearest' ? 2 : 4;
  const shape = [6, kind === 'dense' ? 6 : 1, side, side];
  const value = (i: number) => (kind === 'nearest' ? 1 : bilinear[i % 4]! * bilinear[Math.floor(i / 4) % 4]!);
  blobs.up = [mapped(filled(shape, 0), (_, i) => value(i))];
};

const BATCH_NORM = STEM + layer('bn', 'BatchNorm', 'conv', 'batch_norm_param { eps: 1e-5 }') + AFTER('bn');
/** Means around 0, small variances, and a factor. */
const statistics = (factor: number) => (blobs: Record<string, Array32[]>) => {
  blobs.bn![1] = mapped(blobs.bn![1]!, (v) => (0.01 + v * v) * factor);
  blobs.bn![0] = mapped(blobs.bn![0]!, (v) => v * factor);
  blobs.bn![2] = filled([1], factor);
};

const GROUPED = conv('conv', 'data', 'num_output: 9 kernel_size: 3 group: 3') + AFTER('conv');
const permuteGroups = (order: readonly number[]) => (blobs: Record<string, Array32[]>) => {
  blobs.conv = blobs.conv!.map((blob) =>
    taken(
      blob,
      0,
      order.flatMap((g) => [3 * g, 3 * g + 1, 3 * g + 2]),
    ),
  );
};
const spoilWeights = (name: string, change: (w: Array32) => Array32) => (blobs: Record<string, Array32[]>) => {
  blobs[name]![0] = change(blobs[name]![0]!);
};

const pool = (settings: string, size = 3) =>
  layer('pool', 'Pooling', 'conv', `pooling_param { kernel_size: ${size} stride: 2 ${settings} }`);
const BLOCK = STEM + layer('relu', 'ReLU', 'conv', '', 'conv') + AFTER('conv');

/** The weights before the half-precision model rounded them. */
let float32Weights: Array32[];

const FAULTS: readonly Fault[] = [
  {
    fault: 'pooling rounds up where the reference rounds down: another shape',
    right: STEM + pool('round_mode: FLOOR', 2) + AFTER('pool'),
    wrong: STEM + pool('', 2) + AFTER('pool'),
    ...{ first: 'pool', cause: 'pooling-window' },
  },
  {
    fault: 'pooling without padding that rounds up, where the reference pads and rounds down: the same shape',
    right: STEM + pool('pad: 1 round_mode: FLOOR') + AFTER('pool'),
    wrong: STEM + pool('') + AFTER('pool'),
    shape: [1, 6, 12, 16],
    ...{ first: 'pool', cause: 'pooling-window' },
  },
  {
    fault: 'pooling without a reference, before a layer that has one',
    right: STEM + pool('pad: 1 round_mode: FLOOR') + AFTER('pool'),
    wrong: STEM + pool('') + AFTER('pool'),
    shape: [1, 6, 12, 16],
    unchecked: ['pool'],
    ...{ first: 'after', cause: 'pooling-window', layer: 'pool' },
  },
  {
    fault: 'maximum for mean',
    right: STEM + pool('pool: AVE') + AFTER('pool'),
    wrong: STEM + pool('pool: MAX') + AFTER('pool'),
    ...{ first: 'pool', cause: 'pooling-method' },
  },
  {
    fault: 'average pooling counts the padding, the reference does not',
    right: STEM + pool('pool: AVE pad: 1') + AFTER('pool'),
    references: (references) => {
      // 6 windows of 3 across 11 columns padded by 1, 5 across 9 rows: the first and the last reach over the border.
      const part = (i: number, n: number) => (i === 0 || i === n - 1 ? 2 / 3 : 1);
      references.pool = mapped(references.pool!, (v, i) => v / (part(i % 6, 6) * part(Math.floor(i / 6) % 5, 5)));
      // It was made of another pool.
      delete references.after;
    },
    ...{ first: 'pool', cause: 'pooling-divisor' },
  },
  {
    fault: 'an in-place ReLU changes what a later layer reads',
    right: STEM + layer('relu', 'ReLU', 'conv') + AFTER('conv'),
    wrong: BLOCK,
    ...{ first: 'after', cause: 'in-place', layer: 'relu' },
  },
  {
    fault: 'dense bilinear for nearest upsampling',
    right: NEAREST,
    wrong: DENSE,
    weights: kernelOf('nearest'),
    spoil: kernelOf('dense'),
    ...{ first: 'up', cause: 'upsampling' },
  },
  {
    fault: 'dense bilinear for nearest upsampling, without a reference',
    right: NEAREST,
    wrong: DENSE,
    weights: kernelOf('nearest'),
    spoil: kernelOf('dense'),
    unchecked: ['up'],
    ...{ first: 'after', cause: 'upsampling', layer: 'up' },
  },
  {
    fault: 'nearest for bilinear upsampling',
    right: BILINEAR,
    wrong: NEAREST,
    weights: kernelOf('bilinear'),
    spoil: kernelOf('nearest'),
    ...{ first: 'up', cause: 'upsampling' },
  },
  {
    fault: 'grouped for dense bilinear upsampling',
    right: DENSE,
    wrong: BILINEAR,
    weights: kernelOf('dense'),
    spoil: kernelOf('bilinear'),
    ...{ first: 'up', cause: 'upsampling' },
  },
  {
    fault: 'a convolution whose inputs and outputs are swapped',
    right: STEM + AFTER('conv'),
    spoil: spoilWeights('conv', (w) => transpose(w, [1, 0, 2, 3])),
    ...{ first: 'conv', cause: 'weights-transposed' },
  },
  {
    fault: "a convolution with TensorFlow's order of axes",
    right: STEM + AFTER('conv'),
    spoil: spoilWeights('after', (w) => reshaped(transpose(w, [2, 3, 1, 0]), w.shape)),
    ...{ first: 'after', cause: 'weights-transposed' },
  },
  {
    fault: 'an inner product whose matrix lies transposed',
    right: layer('ip', 'InnerProduct', 'data', 'inner_product_param { num_output: 5 }'),
    spoil: spoilWeights('ip', (w) => reshaped(transpose(w, [1, 0]), w.shape)),
    ...{ first: 'ip', cause: 'weights-transposed' },
  },
  {
    fault: 'kernels turned by 180°',
    right: STEM + AFTER('conv'),
    spoil: spoilWeights('after', (w) => reversed(w, 2, 3)),
    ...{ first: 'after', cause: 'weights-flipped' },
  },
  {
    fault: 'weights for RGB where BGR is fed, the input being checked',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    spoil: spoilWeights('conv', (w) => reversed(w, 1)),
    inputChecked: true,
    ...{ first: 'conv', cause: 'weights-channel-order' },
  },
  {
    fault: "the groups' weights in another order",
    right: GROUPED,
    spoil: permuteGroups([1, 2, 0]),
    ...{ first: 'conv', cause: 'weights-groups' },
  },
  {
    fault: "the groups' outputs interleaved",
    right: GROUPED,
    spoil: (blobs) => {
      blobs.conv = blobs.conv!.map((blob) => taken(blob, 0, [0, 3, 6, 1, 4, 7, 2, 5, 8]));
    },
    ...{ first: 'conv', cause: 'weights-groups' },
  },
  {
    fault: 'output channels in another order',
    right: STEM + AFTER('conv'),
    spoil: (blobs) => {
      blobs.conv = blobs.conv!.map((blob) => taken(blob, 0, [3, 0, 5, 1, 4, 2]));
    },
    ...{ first: 'conv', cause: 'channel-order' },
  },
  {
    fault: 'batch normalization with another eps',
    right: BATCH_NORM.replace('1e-5', '1e-3'),
    wrong: BATCH_NORM,
    weights: statistics(1),
    ...{ first: 'bn', cause: 'batch-norm-eps' },
  },
  {
    fault: 'batch normalization with an eps that nobody uses',
    right: BATCH_NORM.replace('1e-5', '0.0047'),
    wrong: BATCH_NORM,
    weights: statistics(1),
    ...{ first: 'bn', cause: 'batch-norm-eps' },
  },
  {
    fault: 'batch normalization whose factor is 0',
    right: BATCH_NORM,
    weights: statistics(1),
    spoil: (blobs) => {
      blobs.bn![2] = filled([1], 0);
    },
    ...{ first: 'bn', cause: 'batch-norm-factor' },
  },
  {
    fault: 'batch normalization whose factor is lost',
    right: BATCH_NORM,
    weights: statistics(999.98),
    spoil: (blobs) => {
      blobs.bn![2] = filled([1], 1);
    },
    ...{ first: 'bn', cause: 'batch-norm-factor' },
  },
  {
    fault: 'a Scale that holds weight and bias without the running statistics',
    right: STEM + layer('bn', 'Scale', 'conv', 'scale_param { bias_term: true }') + AFTER('bn'),
    spoil: (blobs) => {
      const [scale, shift] = blobs.bn!;
      const deviation = (i: number) => 0.3 + 0.1 * i;
      blobs.bn = [mapped(scale!, (v, i) => v * deviation(i)), mapped(shift!, (v, i) => v + 0.2 * i * scale!.data[i]!)];
    },
    ...{ first: 'bn', cause: 'batch-norm-fold' },
  },
  {
    fault: 'a Scale whose factors and offsets were rounded to float16',
    right: STEM + layer('bn', 'Scale', 'conv', 'scale_param { bias_term: true }') + AFTER('bn'),
    spoil: (blobs) => {
      blobs.bn = blobs.bn!.map((blob) => mapped(blob, toHalf));
    },
    // What float16 changes is within the usual tolerance.
    options: { rtol: 1e-5, atol: 1e-6 },
    ...{ first: 'bn', cause: 'weights-rounded' },
  },
  {
    fault: 'gamma and beta left out after a batch normalization',
    right: STEM + layer('bn', 'BatchNorm', 'conv') + layer('scale', 'Scale', 'bn', 'scale_param { bias_term: true }'),
    wrong: STEM + layer('bn', 'BatchNorm', 'conv'),
    weights: statistics(1),
    references: (references) => {
      references.bn = references.scale!;
      delete references.scale;
    },
    ...{ first: 'bn', cause: 'batch-norm-fold' },
  },
  {
    fault: 'a bias is missing',
    right: STEM + AFTER('conv'),
    wrong: STEM + AFTER('conv').replace('num_output: 4', 'num_output: 4 bias_term: false'),
    ...{ first: 'after', cause: 'bias' },
  },
  {
    fault: 'a bias too many',
    right: STEM + AFTER('conv').replace('num_output: 4', 'num_output: 4 bias_term: false'),
    wrong: STEM + AFTER('conv'),
    spoil: (blobs) => {
      blobs.after!.push(filled([4], 0.3));
    },
    ...{ first: 'after', cause: 'bias' },
  },
  {
    fault: 'a Scale along another axis',
    right: layer('scale', 'Scale', 'data', 'scale_param { axis: 2 }'),
    wrong: layer('scale', 'Scale', 'data', 'scale_param { axis: 3 }'),
    shape: [1, 4, 7, 7],
    ...{ first: 'scale', cause: 'scale-axis' },
  },
  {
    fault: 'another negative slope',
    right: BLOCK.replace('top: "conv"  }', 'top: "conv" relu_param { negative_slope: 0.1 } }'),
    wrong: BLOCK,
    ...{ first: 'relu', cause: 'negative-slope' },
  },
  {
    fault: 'a negative slope that nobody uses, before the layer that is checked',
    right: BLOCK.replace('top: "conv"  }', 'top: "conv" relu_param { negative_slope: 0.01 } }'),
    wrong: BLOCK,
    unchecked: ['relu'],
    ...{ first: 'after', cause: 'negative-slope', layer: 'relu' },
  },
  {
    fault: 'a slope for each channel',
    right: STEM + layer('relu', 'PReLU', 'conv') + AFTER('relu'),
    wrong: STEM + layer('relu', 'ReLU', 'conv') + AFTER('relu'),
    ...{ first: 'relu', cause: 'negative-slope' },
  },
  {
    fault: "LRN's alpha divided by the size once more",
    right: STEM + layer('norm', 'LRN', 'conv', 'lrn_param { local_size: 5 alpha: 0.5 }'),
    wrong: STEM + layer('norm', 'LRN', 'conv', 'lrn_param { local_size: 5 alpha: 0.1 }'),
    ...{ first: 'norm', cause: 'lrn' },
  },
  {
    fault: "LRN's size taken from TensorFlow's depth_radius",
    right: STEM + layer('norm', 'LRN', 'conv', 'lrn_param { local_size: 7 alpha: 0.5 }'),
    wrong: STEM + layer('norm', 'LRN', 'conv', 'lrn_param { local_size: 3 alpha: 0.5 }'),
    ...{ first: 'norm', cause: 'lrn' },
  },
  {
    fault: 'columns of an inner product for an image flattened channels last',
    right:
      STEM +
      layer('flat', 'Flatten', 'conv') +
      layer('ip', 'InnerProduct', 'flat', 'inner_product_param { num_output: 5 }'),
    spoil: spoilWeights('ip', (w) => reshaped(transpose(reshaped(w, [5, 6, 9, 11]), [0, 2, 3, 1]), w.shape)),
    ...{ first: 'ip', cause: 'flatten-order' },
  },
  {
    fault: 'a softmax along another axis',
    right: STEM + layer('prob', 'Softmax', 'conv', 'softmax_param { axis: 1 }'),
    wrong: STEM + layer('prob', 'Softmax', 'conv', 'softmax_param { axis: -1 }'),
    ...{ first: 'prob', cause: 'softmax-axis' },
  },
  {
    fault: 'a softmax without its temperature',
    right: STEM + layer('t', 'Power', 'conv', 'power_param { scale: 0.25 }') + layer('prob', 'Softmax', 't'),
    wrong: STEM + layer('prob', 'Softmax', 'conv'),
    unchecked: ['t'],
    ...{ first: 'prob', cause: 'softmax-temperature' },
  },
  {
    fault: 'the mean is not subtracted',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    image: prepared,
    input: (x) => mapped(x, (v, i) => (inside(i) ? v + MEAN[channel(i)]! : 0)),
    ...{ first: 'conv', cause: 'input-mean', layer: 'data' },
  },
  {
    fault: 'a mean that nobody uses is not subtracted',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    image: (x) => mapped(x, (v) => v * 50),
    input: (x) => mapped(x, (v, i) => v + [31.5, 97.25, 60][channel(i)]!),
    ...{ first: 'conv', cause: 'input-mean', layer: 'data' },
  },
  {
    fault: 'padded before the mean was subtracted',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    image: prepared,
    input: (x) => mapped(x, (v, i) => (inside(i) ? v : -MEAN[channel(i)]!)),
    ...{ first: 'conv', cause: 'input-padding', layer: 'data' },
  },
  {
    fault: 'RGB for BGR',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    image: prepared,
    input: (x) => reversed(x, 1),
    ...{ first: 'conv', cause: 'input-channel-order', layer: 'data' },
  },
  {
    fault: 'values from 0 to 255 for 0 to 1',
    right: STEM + AFTER('conv'),
    shape: IMAGE,
    image: (x) => mapped(pixels(x), (v) => v / 255),
    input: (x) => mapped(x, (v) => v * 255),
    ...{ first: 'conv', cause: 'input-range', layer: 'data' },
  },
  {
    fault: "the next layer's output saved under a layer's name",
    right: STEM + layer('relu', 'ReLU', 'conv') + AFTER('relu'),
    references: (references) => {
      references.conv = references.relu!;
    },
    ...{ first: 'conv', cause: 'reference-neighbour' },
  },
  {
    fault: "the previous layer's output saved under a layer's name",
    right: STEM + layer('relu', 'ReLU', 'conv') + AFTER('relu'),
    references: (references) => {
      references.relu = references.conv!;
    },
    ...{ first: 'relu', cause: 'reference-neighbour' },
  },
  {
    fault: 'references that are NHWC',
    right: STEM + AFTER('conv'),
    references: (references) => {
      for (const name of Object.keys(references)) references[name] = transpose(references[name]!, [0, 2, 3, 1]);
    },
    ...{ first: 'conv', cause: 'reference-layout' },
  },
  {
    fault: 'references of a model in half precision',
    right: layer('ip', 'InnerProduct', 'data', 'inner_product_param { num_output: 64 }'),
    shape: [1, 1024],
    weights: (blobs) => {
      float32Weights = blobs.ip!;
      blobs.ip = float32Weights.map((blob) => mapped(blob, toHalf));
    },
    image: (x) => mapped(x, toHalf),
    spoil: (blobs) => {
      blobs.ip = float32Weights;
    },
    references: (references) => {
      references.ip = mapped(references.ip!, toHalf);
    },
    ...{ first: 'ip', cause: 'half-precision' },
  },
  {
    fault: 'references that name the first of equal values',
    right: layer('top', 'ArgMax', 'data', 'argmax_param { axis: 1 }'),
    shape: [2, 6, 5],
    // Every line has its largest value twice.
    image: (x) => mapped(x, (_, i) => [3, 1, 4, 1, 4, 2][Math.floor(i / 5) % 6]!),
    references: (references) => {
      references.top = mapped(references.top!, (v) => (v === 4 ? 2 : v));
    },
    ...{ first: 'top', cause: 'arg-max-ties' },
  },
  {
    fault: 'references that name the first of equal values, of the two largest of each image',
    right: layer('top', 'ArgMax', 'data', 'argmax_param { top_k: 2 }'),
    shape: [3, 8],
    image: (x) => mapped(x, (_, i) => [5, 9, 2, 9, 5, 1, 0, 3][i % 8]!),
    references: (references) => {
      references.top = mapped(references.top!, (_, i) => [1, 3][i % 2]!);
    },
    ...{ first: 'top', cause: 'arg-max-ties' },
  },
  {
    fault: 'a dilation is lost',
    right: STEM + AFTER('conv').replace('pad: 1', 'pad: 2 dilation: 2'),
    wrong: STEM + AFTER('conv'),
    ...{ first: 'after', cause: 'convolution-window' },
  },
  ...NORMALIZATION_FAULTS,
  ...SPATIAL_FAULTS,
  ...FUNCTION_FAULTS,
  ...ORDER_FAULTS,
  ...FORK_FAULTS,
];

/** Says what was found in the words of the table. */
function found({ firstDivergence, causes, ok }: VerifyReport) {
  return { ok, first: firstDivergence?.name, cause: causes[0]?.id, layer: causes[0]?.layer };
}

describe('a planted fault', () => {
  test.each(FAULTS.map((fault) => [fault.fault, fault] as const))('%s', async (_, fault) => {
    const { first, cause, layer = first } = fault;
    expect(found(await verifyPlanted(fault))).toEqual({ ok: false, first, cause, layer });
  });
});

/** Faults whose mend only the model's own script can make: that of a reference that was saved at another place or otherwise. */
const ELSEWHERE = ['reference-neighbour', 'half-precision', 'batch-statistics', 'dropout-active'];

test.each(FAULTS.filter(({ cause }) => !ELSEWHERE.includes(cause)).map((fault) => [fault.fault, fault] as const))(
  'with the mend the port agrees: %s',
  async (_, fault) => {
    const { left, report } = await mendPlanted(fault);
    expect({ left, ok: report.ok, references: report.matched }).toEqual({
      left: [],
      ok: true,
      references: report.references,
    });
  },
);

test.each(FAULTS.map((fault) => [fault.fault, fault] as const))(
  'without it nothing is claimed: %s',
  async (_, fault) => {
    const { right, shape, image, weights, unchecked, inputChecked, others = {} } = fault;
    const fed = Object.fromEntries(Object.entries(others).map(([name, each]) => [name, { right: each.right }]));
    const plan = { right, shape, image, weights, unchecked, inputChecked, others: fed };
    const { ok, causes, tried } = await verifyPlanted(plan);
    expect({ ok, causes, tried }).toEqual({ ok: true, causes: [], tried: [] });
  },
);

test('of values that are not equal no tie is claimed', async () => {
  const { causes, tried } = await verifyPlanted({
    right: layer('top', 'ArgMax', 'data', 'argmax_param { axis: 1 }'),
    shape: [2, 6, 5],
    image: (x) => mapped(x, (_, i) => [3, 1, 4, 1, 4, 2][Math.floor(i / 5) % 6]!),
    references: (references) => {
      // The first line's is the place of a smaller value.
      references.top = mapped(references.top!, (v, i) => (i === 0 ? 0 : v === 4 ? 2 : v));
    },
  });
  expect([...causes, ...tried].filter(({ id }) => id === 'arg-max-ties')).toEqual([]);
});

test('every hypothesis has a planted fault', () => {
  const inModels = [...MODEL_FAULTS, ...LATER_FAULTS, ...COMPOSED_FAULTS].flatMap(({ causes }) =>
    causes.length === 1 ? causes : [],
  );
  const planted = new Set([...FAULTS.map(({ cause }) => cause), ...inModels]);
  expect(HYPOTHESES.map(({ id }) => id).filter((id) => !planted.has(id))).toEqual([]);
});

test('every hypothesis has its row in docs/verify.md, in the order of the table', () => {
  const docs = readFileSync(new URL('../../docs/verify.md', import.meta.url), 'utf8');
  const [, table = ''] = docs.split('### What is tried\n');
  const rows = [...table.split('\n### ')[0]!.matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm)].map(([, id, title]) => ({
    id,
    title,
  }));
  expect(rows).toEqual(HYPOTHESES.map(({ id, title }) => ({ id, title })));
});
