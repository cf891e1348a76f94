/** reorg-order: blocks of pixels become channels in another order than Darknet's. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { canonicalName } from '../../weights/name-index.js';
import { range, type FloatTensor } from '../tensors.js';
import { prototxtEdit, retyped } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

interface Order {
  readonly words: string;
  /** The channel that the pixel (row, column) of a block of channel `c` becomes. */
  readonly channel: (c: number, row: number, column: number, stride: number, channels: number) => number;
  /** The same in numpy, with c, i and j. */
  readonly numpy: (stride: number, channels: number) => string;
}

const ORDERS: readonly Order[] = [
  {
    words: "block by block (TensorFlow's space_to_depth)",
    channel: (c, i, j, s, channels) => (i * s + j) * channels + c,
    numpy: (s, channels) => `(i * ${s} + j) * ${channels} + c`,
  },
  {
    words: "block by block, columns first (YOLOv5's Focus)",
    channel: (c, i, j, s, channels) => (j * s + i) * channels + c,
    numpy: (s, channels) => `(j * ${s} + i) * ${channels} + c`,
  },
  {
    words: "channel by channel (PyTorch's pixel_unshuffle)",
    channel: (c, i, j, s) => (c * s + i) * s + j,
    numpy: (s) => `(c * ${s} + i) * ${s} + j`,
  },
  {
    words: 'channel by channel, columns first',
    channel: (c, i, j, s) => (c * s + j) * s + i,
    numpy: (s) => `(c * ${s} + j) * ${s} + i`,
  },
];

export const reorgOrder: Hypothesis = {
  id: 'reorg-order',
  title: "blocks of pixels become channels in another order than Darknet's Reorg has",
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    const { stride = 1, reverse = false } = settingsOf<{ stride: number; reverse: boolean }>(
      suspect.param,
      'reorg_param',
    );
    if (suspect.type !== 'Reorg' || x?.shape.length !== 4 || stride < 2) return;
    const turned = { ...suspect.param, reorg_param: { ...suspect.param.reorg_param, reverse: !reverse } };
    yield {
      label: `reverse: ${!reverse}`,
      explanation: `the reference moves ${reverse ? 'pixels into channels' : 'channels into pixels'}, this layer the other way.`,
      change: { param: turned },
      fix: prototxtEdit(suspect, turned),
    };
    const channels = x.shape[1]!;
    if (reverse || x.shape[2]! % stride !== 0 || x.shape[3]! % stride !== 0) return;
    for (const order of ORDERS) {
      const { name } = suspect;
      const outputs = channels * stride * stride;
      const convolution_param = { num_output: outputs, bias_term: false, kernel_size: [stride], stride: [stride] };
      yield {
        label: order.words,
        explanation:
          `the reference moves pixels into channels ${order.words}; Reorg has Darknet's order. A Convolution with a 1 in ` +
          'each kernel does it exactly.',
        change: { output: () => reordered(x, stride, order) },
        fix: prototxtEdit(suspect, retyped(suspect.param, 'Convolution', { convolution_param })),
        values: { [name]: () => [kernels(channels, stride, order)] },
        numbers: [
          'import numpy as np',
          `w = np.zeros((${outputs}, ${channels}, ${stride}, ${stride}), np.float32)`,
          `for c, i, j in np.ndindex(${channels}, ${stride}, ${stride}):`,
          `    w[${order.numpy(stride, channels)}, c, i, j] = 1`,
          `np.save('${canonicalName(name)}_weight.npy', w)`,
        ],
      };
    }
  },
};

function reordered({ shape, data }: FloatTensor, stride: number, { channel }: Order): FloatTensor {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const [h, w] = [height / stride, width / stride];
  const outputs = channels * stride * stride;
  const result = new Float32Array(data.length);
  data.forEach((v, i) => {
    const [column, row] = [i % width, Math.floor(i / width) % height];
    const c = Math.floor(i / (width * height)) % channels;
    const n = Math.floor(i / (width * height * channels));
    const to = channel(c, row % stride, column % stride, stride, channels);
    result[((n * outputs + to) * h + Math.floor(row / stride)) * w + Math.floor(column / stride)] = v;
  });
  return { shape: [batch, outputs, h, w], data: result };
}

function kernels(channels: number, stride: number, { channel }: Order): FloatTensor {
  const outputs = channels * stride * stride;
  const data = new Float32Array(outputs * channels * stride * stride);
  for (const c of range(channels))
    for (const i of range(stride))
      for (const j of range(stride))
        data[((channel(c, i, j, stride, channels) * channels + c) * stride + i) * stride + j] = 1;
  return { shape: [outputs, channels, stride, stride], data };
}
