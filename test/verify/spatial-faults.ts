/** spatial-faults: faults of padding, of windows and of sizes, to be planted. */
import { filled, mapped, reshaped } from '../../src/verify/tensors.js';
import { after, conv, layer, STEM } from './fault-layers.js';
import type { Array32, Fault } from './planted.js';

const strided = (settings: string) => `num_output: 6 kernel_size: 3 stride: 2 ${settings}`;
const padding = (settings: string) => layer('padded', 'Padding', 'data', `padding_param { ${settings} }`);

/** Rows and columns of an image of 9 x 11, in another order before the convolution that does not pad. */
const border = (rows: string, columns: string) =>
  layer('rows', 'Slice', 'data', 'slice_param { axis: 2 slice_point: [1, 2, 7, 8] }', 'r0 r1 r2 r3 r4') +
  layer('tall', 'Concat', rows, 'concat_param { axis: 2 }') +
  layer('columns', 'Slice', 'tall', 'slice_param { axis: 3 slice_point: [1, 2, 9, 10] }', 'c0 c1 c2 c3 c4') +
  layer('wide', 'Concat', columns, 'concat_param { axis: 3 }') +
  conv('conv', 'wide', 'num_output: 6 kernel_size: 3') +
  after('conv');
const BORDER = ['rows', 'tall', 'columns', 'wide'];

const deconvolution = (settings: string) =>
  layer('up', 'Deconvolution', 'conv', `convolution_param { num_output: 5 stride: 2 ${settings} }`);
/** The upper left 3 x 3 of kernels of 4 x 4, whose last row and column are zero. */
const withZeros = (blobs: Record<string, Array32[]>) => {
  blobs.up![0] = mapped(blobs.up![0]!, (v, i) => (i % 4 === 3 || Math.floor(i / 4) % 4 === 3 ? 0 : v));
};
const withoutZeros = (blobs: Record<string, Array32[]>) => {
  const { shape, data } = blobs.up![0]!;
  const kept = data.filter((_, i) => i % 4 !== 3 && Math.floor(i / 4) % 4 !== 3);
  blobs.up![0] = { shape: [shape[0]!, shape[1]!, 3, 3], data: kept };
};
const bilinear = [0.25, 0.75, 0.75, 0.25];
const bilinearKernel = (blobs: Record<string, Array32[]>) => {
  blobs.up = [mapped(filled([6, 1, 4, 4], 0), (_, i) => bilinear[i % 4]! * bilinear[Math.floor(i / 4) % 4]!)];
};
const BILINEAR = layer(
  'up',
  'Deconvolution',
  'conv',
  'convolution_param { num_output: 6 bias_term: false stride: 2 kernel_size: 4 pad: 1 group: 6 weight_filler { type: "bilinear" } }',
);
const pool = (settings: string) => layer('pool', 'Pooling', 'conv', `pooling_param { ${settings} }`);

/** Gives the size that is cut out. */
const SMALL = conv('small', 'data', 'num_output: 6 kernel_size: 3');

export const SPATIAL_FAULTS: readonly Fault[] = [
  {
    fault: "a convolution with TensorFlow's SAME padding ported with padding on both sides",
    right: padding('pad_r: 1 pad_b: 1') + conv('conv', 'padded', strided('')) + after('conv'),
    wrong: conv('conv', 'data', strided('pad: 1')) + after('conv'),
    shape: [1, 6, 8, 12],
    unchecked: ['padded'],
    ...{ first: 'conv', cause: 'convolution-same-padding' },
  },
  {
    fault: 'SAME padding of a depthwise convolution with an even kernel and stride 1, without a reference',
    right:
      padding('pad_l: 1 pad_t: 1 pad_r: 2 pad_b: 2') +
      conv('conv', 'padded', 'num_output: 6 group: 6 kernel_size: 4') +
      after('conv'),
    wrong: conv('conv', 'data', 'num_output: 6 group: 6 kernel_size: 4 pad: 2') + after('conv'),
    unchecked: ['padded'],
    ...{ first: 'conv', cause: 'convolution-same-padding' },
  },
  {
    fault: 'SAME padding along one axis only, the size being odd along the other',
    right: padding('pad_t: 1 pad_b: 1 pad_r: 1') + conv('conv', 'padded', strided('')) + after('conv'),
    wrong: conv('conv', 'data', strided('pad: 1')) + after('conv'),
    shape: [1, 6, 9, 12],
    unchecked: ['padded'],
    ...{ first: 'conv', cause: 'convolution-same-padding' },
  },
  {
    fault: "Darknet's maxpool of size 2 and stride 1, which pads behind",
    right:
      STEM +
      layer('raw', 'Pooling', 'conv', 'pooling_param { kernel_size: 2 stride: 1 pad: 1 }') +
      layer('pool', 'Crop', 'raw conv', 'crop_param { axis: 2 offset: 1 }') +
      after('pool'),
    wrong: STEM + pool('kernel_size: 2 stride: 1') + after('pool'),
    unchecked: ['raw'],
    ...{ first: 'pool', cause: 'pooling-same-padding' },
  },
  {
    fault: 'an average pooling that pads behind and does not count what it pads',
    right:
      STEM +
      layer('wide', 'Padding', 'conv', 'padding_param { pad_r: 1 pad_b: 1 }') +
      layer('pool', 'Pooling', 'wide', 'pooling_param { pool: AVE kernel_size: 2 stride: 1 }') +
      after('pool'),
    wrong: STEM + pool('pool: AVE kernel_size: 2 stride: 1 pad: 1') + after('pool'),
    unchecked: ['wide'],
    references: (references) => {
      const part = (i: number, n: number) => (i === n - 1 ? 0.5 : 1);
      references.pool = mapped(references.pool!, (v, i) => v / (part(i % 11, 11) * part(Math.floor(i / 11) % 9, 9)));
      delete references.after;
    },
    ...{ first: 'pool', cause: 'pooling-same-padding' },
  },
  {
    fault: 'windows of 2 x 2 for 3 x 3',
    right: STEM + pool('pool: AVE kernel_size: 3 stride: 2 round_mode: FLOOR') + after('pool'),
    wrong: STEM + pool('pool: AVE kernel_size: 2 stride: 2 round_mode: FLOOR') + after('pool'),
    ...{ first: 'pool', cause: 'pooling-size' },
  },
  {
    fault: 'padding by reflection',
    right: border('r1 r0 r1 r2 r3 r4 r3', 'c1 c0 c1 c2 c3 c4 c3'),
    wrong: STEM + after('conv'),
    unchecked: BORDER,
    ...{ first: 'conv', cause: 'border-padding' },
  },
  {
    fault: 'padding that repeats the border',
    right: border('r0 r0 r1 r2 r3 r4 r4', 'c0 c0 c1 c2 c3 c4 c4'),
    wrong: STEM + after('conv'),
    unchecked: BORDER,
    ...{ first: 'conv', cause: 'border-padding' },
  },
  {
    fault: 'output_padding of a transposed convolution',
    right: STEM + deconvolution('kernel_size: 4 pad: 1') + after('up'),
    wrong: STEM + deconvolution('kernel_size: 3 pad: 1') + after('up'),
    weights: withZeros,
    spoil: withoutZeros,
    ...{ first: 'up', cause: 'output-padding' },
  },
  {
    fault: 'another padding of a transposed convolution',
    right: STEM + deconvolution('kernel_size: 4 pad: 1') + after('up'),
    wrong: STEM + deconvolution('kernel_size: 4') + after('up'),
    ...{ first: 'up', cause: 'output-padding' },
  },
  {
    fault: 'bilinear upsampling with aligned corners, ported as a Deconvolution',
    right: STEM + layer('up', 'Interp', 'conv', 'interp_param { height: 18 width: 22 }') + after('up'),
    wrong: STEM + BILINEAR + after('up'),
    spoil: bilinearKernel,
    ...{ first: 'up', cause: 'interpolation' },
  },
  {
    fault: 'nearest upsampling for Interp',
    right: STEM + layer('up', 'Interp', 'conv', 'interp_param { height: 18 width: 22 }') + after('up'),
    wrong: STEM + layer('up', 'Upsample', 'conv', 'upsample_param { scale: 2 }') + after('up'),
    unchecked: ['up'],
    ...{ first: 'after', cause: 'interpolation', layer: 'up' },
  },
  {
    fault: 'a Crop from the corner that should be from the centre',
    right: SMALL + layer('crop', 'Crop', 'data small', 'crop_param { axis: 2 offset: 1 }'),
    wrong: SMALL + layer('crop', 'Crop', 'data small', 'crop_param { axis: 2 }'),
    ...{ first: 'crop', cause: 'crop-offset' },
  },
  {
    fault: 'a reference that was saved behind a flatten',
    right: STEM + after('conv'),
    references: (references) => {
      references.conv = reshaped(references.conv!, [1, 594]);
    },
    ...{ first: 'conv', cause: 'reference-shape' },
  },
];
