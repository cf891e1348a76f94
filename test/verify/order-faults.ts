/** order-faults: parts, tops and inputs in each other's place, and inputs that were prepared otherwise, to be planted. */
import { mapped, reversed } from '../../src/verify/tensors.js';
import { after, conv, layer } from './fault-layers.js';
import { noise, type Array32, type Fault } from './planted.js';

const branch = (name: string, outputs: number) => conv(name, 'data', `num_output: ${outputs} kernel_size: 1`);
const BRANCHES = branch('a', 2) + branch('b', 3) + branch('c', 4);
const joined = (order: string) => BRANCHES + layer('cat', 'Concat', order) + after('cat');
const halves = (tops: string) =>
  conv('conv', 'data') +
  layer('chunk', 'Slice', 'conv', '', tops) +
  conv('left', 'first', 'num_output: 3 kernel_size: 3') +
  conv('right', 'second', 'num_output: 3 kernel_size: 1');
const TWO = conv('conv', 'data') + conv('other', 'second');

const IMAGE = [1, 3, 12, 14];
const pixels = (x: Array32) => mapped(x, (v) => Math.round((v + 1) * 127.5));
const channel = (i: number) => Math.floor(i / (12 * 14)) % 3;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
/** As torchvision prepares RGB images. */
const prepared = (x: Array32) => mapped(pixels(x), (v, i) => (v / 255 - MEAN[channel(i)]!) / STD[channel(i)]!);
/** Back to pixels. */
const raw = (x: Array32) => mapped(x, (v, i) => (v * STD[channel(i)]! + MEAN[channel(i)]!) * 255);
const image = {
  right: conv('conv', 'data') + after('conv'),
  shape: IMAGE,
  image: prepared,
  ...{ first: 'conv', cause: 'input-transform', layer: 'data' },
};

export const ORDER_FAULTS: readonly Fault[] = [
  {
    fault: 'parts of different sizes joined in another order, without a reference',
    right: joined('a b c'),
    wrong: joined('c b a'),
    unchecked: ['cat'],
    ...{ first: 'after', cause: 'concat-order', layer: 'cat' },
  },
  {
    fault: 'the halves of a Slice in each other’s place, without a reference',
    right: halves('first second'),
    wrong: halves('second first'),
    unchecked: ['chunk'],
    ...{ first: 'left', cause: 'slice-order', layer: 'chunk' },
  },
  {
    fault: 'two inputs fed in each other’s place',
    right: TWO,
    others: { second: { right: noise([1, 6, 9, 11], 2), wrong: noise([1, 6, 9, 11], 1) } },
    input: () => noise([1, 6, 9, 11], 2),
    ...{ first: 'conv', cause: 'input-exchange', layer: 'data' },
  },
  {
    fault: "BGR from 0 to 255 minus a mean, for torchvision's",
    ...image,
    input: (x) => mapped(reversed(raw(x), 1), (v, i) => v - [104, 117, 123][channel(i)]!),
  },
  { fault: "BGR from 0 to 1, for torchvision's", ...image, input: (x) => mapped(reversed(raw(x), 1), (v) => v / 255) },
  {
    fault: "BGR from 0 to 255, for torchvision's, the input being checked",
    ...image,
    input: (x) => reversed(raw(x), 1),
    inputChecked: true,
    first: 'data',
  },
  {
    fault: 'factors and offsets that nobody uses, before a rectifier without a reference',
    ...image,
    input: (x) => mapped(reversed(raw(x), 1), (v, i) => v * [0.3, 0.5, 0.7][channel(i)]! - 11),
  },
];
