/**
 * crnn: Shi et al. 2015 ("An End-to-End Trainable Neural Network for Image-based Sequence Recognition"), up to the logits of each
 * column. Layers bear the names of meijieru's PyTorch modules: cnn.conv0 … cnn.batchnorm6, rnn.0.rnn, rnn.0.embedding …
 */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions, type NetOption } from './options.js';

export interface CrnnOptions extends ImageNetOptions {
  /** Number of classes, the blank of CTC among them. @default 37 */
  classes?: number;
  /** Channels of the input: 1 for grey pictures. @default 1 */
  channels?: number;
  /** Width of the LSTMs. @default 256 */
  hidden?: number;
}

export const crnnOptions: readonly NetOption[] = [
  sizeOption('32x100'),
  classesOption('37'),
  { name: 'channels', type: 'count', default: '1', describe: 'channels of the input' },
  { name: 'hidden', type: 'count', default: '256', describe: 'width of the LSTMs' },
];

/** Output channels of the convolutions; those with a batch norm; poolings behind them. */
const CHANNELS = [64, 128, 256, 256, 512, 512, 512];
const NORMALIZED: ReadonlySet<number> = new Set([2, 4, 6]);
const POOLED: ReadonlyMap<number, 'square' | 'flat'> = new Map([
  [0, 'square'],
  [1, 'square'],
  [3, 'flat'],
  [5, 'flat'],
]);

/**
 * CRNN, from `data` to `rnn.1.embedding`, steps x 1 x classes: a step for each four columns of the picture, and one more. Only layers of
 * BVLC's Caffe are used: Slice and Concat turn columns into steps, and the steps round for the reverse LSTMs.
 * @throws NetspecError on an unknown option or value, and for a picture that is not 32 high
 */
export function crnn(options: CrnnOptions = {}): NetParameter {
  checkNetOptions(crnnOptions, options);
  const { inputSize = [32, 100], classes = 37, channels = 1, hidden = 256 } = options;
  const [height, width] = inputSize;
  if (height !== 32 || width < 4)
    throw new NetspecError(
      `options.inputSize: expected a height of 32 and a width of 4 or more, got ${height}x${width}`,
      {
        hint: 'the convolutions make one row of 32 rows',
      },
    );
  const m = new ModuleLayers();
  let x = m.input('data', channels, inputSize);
  for (const [i, out] of CHANNELS.entries()) x = convolution(m, i, x, out);
  // Two poolings halve the width, two keep it and add 1, and the last convolution takes 1 away.
  const steps = Math.floor(Math.floor(width / 2) / 2) + 1;
  const columns = slices(m, 'columns', x, steps, 3);
  const [forward, backward] = [columns, columns.toReversed()].map((each, i) => {
    const name = i === 0 ? 'sequence' : 'sequence_reverse';
    const joined = (m.n[`${name}_concat`] = each.length === 1 ? each[0]! : L.Concat(...each, { axis: 0 }));
    return (m.n[name] = L.Reshape(joined, { shape: { dim: [0, 1, -1] } }));
  }) as [Top, Top];
  const cont = continuation(m, steps);
  const first = bidirectional(m, 'rnn.0', { forward, backward }, { cont, steps, hidden, out: hidden });
  const turned = reversed(m, 'rnn.1', first, steps);
  bidirectional(m, 'rnn.1', { forward: first, backward: turned }, { cont, steps, hidden, out: classes });
  return m.n.toProto();
}

function convolution(m: ModuleLayers, i: number, x: Bottom, out: number): Top {
  const window = i === CHANNELS.length - 1 ? { kernel: 2, pad: 0 } : { kernel: 3 };
  let y = m.conv(`cnn.conv${i}`, x, { out, ...window, bias: true });
  if (NORMALIZED.has(i)) y = m.bn(`cnn.batchnorm${i}`, y);
  y = m.n[`cnn.relu${i}`] = L.ReLU(y, { in_place: true });
  const name = `cnn.pooling${[...POOLED.keys()].indexOf(i)}`;
  switch (POOLED.get(i)) {
    case 'square':
      return m.maxPool(name, y, { kernel: 2 });
    case 'flat': {
      const flat = { stride_h: 2, stride_w: 1, pad_h: 0, pad_w: 1, round_mode: 'FLOOR' } as const;
      return (m.n[name] = L.Pooling(y, { pool: 'MAX', kernel_size: 2, ...flat }));
    }
    case undefined:
      return y;
  }
}

/** Pieces of length one along an axis. */
function slices(m: ModuleLayers, name: string, x: Bottom, steps: number, axis: number): Top[] {
  if (steps === 1) return [x as Top];
  const tops = L.Slice(x, { ntop: steps, axis }) as Top[];
  tops.forEach((top, t) => (m.n[`${name}_${t}`] = top));
  return tops;
}

/** A sequence from its last step to its first. */
function reversed(m: ModuleLayers, name: string, x: Bottom, steps: number): Top {
  const parts = slices(m, `${name}.steps`, x, steps, 0);
  return parts.length === 1 ? parts[0]! : (m.n[`${name}.reversed`] = L.Concat(...parts.toReversed(), { axis: 0 }));
}

/** 0 at the first step, where the states begin at zero, and 1 at the others. */
function continuation(m: ModuleLayers, steps: number): Top {
  const filled = (name: string, length: number, value: number): Top =>
    (m.n[name] = L.DummyData({ shape: { dim: [length, 1] }, data_filler: { type: 'constant', value } }));
  const first = filled('cont_first', 1, 0);
  return steps === 1 ? first : (m.n['cont'] = L.Concat(first, filled('cont_rest', steps - 1, 1), { axis: 0 }));
}

interface LstmOptions {
  cont: Top;
  steps: number;
  hidden: number;
  /** Outputs of the inner product behind both LSTMs. */
  out: number;
}

/** Two LSTMs, one of them over the sequence in reverse, and an inner product over what both give. */
function bidirectional(
  m: ModuleLayers,
  name: string,
  { forward, backward }: { forward: Top; backward: Top },
  { cont, steps, hidden, out }: LstmOptions,
): Top {
  const lstm = { num_output: hidden } as const;
  const ahead = (m.n[`${name}.rnn`] = L.LSTM(forward, cont, lstm));
  const back = (m.n[`${name}.rnn_reverse`] = L.LSTM(backward, cont, lstm));
  const both = (m.n[`${name}.both`] = L.Concat(ahead, reversed(m, `${name}.rnn_reverse`, back, steps), { axis: 2 }));
  return (m.n[`${name}.embedding`] = L.InnerProduct(both, { num_output: out, axis: 2 }));
}
