/**
 * resnet-50: the image classifier of He et al. 2015 ("Deep Residual Learning for Image Recognition") with batch norms, its
 * layers named as in the authors' Caffe models: conv1, bn_conv1, scale_conv1, res2a_branch2a … fc1000.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { convBn } from './conv-bn.js';
import { checkNetOptions, type NetOption } from './options.js';

/** Options of {@link resnet50}. */
export interface Resnet50Options {
  /** Height and width of the input. @default [224, 224] */
  inputSize?: readonly [height: number, width: number];
  /** Number of classes. @default 1000 */
  classes?: number;
  /** Channels of the stem and inside the first stage's blocks; each stage has twice as many as the one before. @default 64 */
  width?: number;
  /** BatchNorm, Scale and ReLU write over their bottoms, as in the authors' models. @default true */
  inPlace?: boolean;
  /**
   * Which convolution of a stage's first block has the stride: `1x1` as in the authors' models, `3x3` as in torchvision's
   * (also known as v1.5). Weights fit either, outputs do not. @default '1x1'
   */
  strideIn?: '1x1' | '3x3';
  /**
   * The stem's pooling: `ceil` is Caffe's own rounding, without padding, as in the authors' models; `floor-pad1` is
   * torchvision's, with padding 1. @default 'ceil'
   */
  stemPool?: 'ceil' | 'floor-pad1';
}

/** The options as the command line takes them. */
export const resnet50Options: readonly NetOption[] = [
  { name: 'input-size', type: 'size', default: '224x224', describe: 'height x width of the input' },
  { name: 'classes', type: 'count', default: '1000', describe: 'number of classes' },
  { name: 'width', type: 'count', default: '64', describe: 'channels of the stem; the stages have multiples of it' },
  {
    name: 'in-place',
    type: 'flag',
    default: true,
    describe: 'BatchNorm, Scale and ReLU in place; else each has a blob of its own',
  },
  {
    name: 'stride-in',
    type: 'choice',
    choices: ['1x1', '3x3'],
    default: '1x1',
    describe: "the convolution of a stage's first block that has the stride: the authors' 1x1, or torchvision's 3x3",
  },
  {
    name: 'stem-pool',
    type: 'choice',
    choices: ['ceil', 'floor-pad1'],
    default: 'ceil',
    describe: "pooling of the stem: the authors' rounding up without padding, or torchvision's down with padding 1",
  },
];

/** Blocks of each stage, which are numbered from 2. */
const BLOCKS = [3, 4, 6, 3];

/**
 * The ResNet-50 network, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 * @example
 * const net = resnet50({ classes: 10 });
 * netShapes(net).blobs.get('prob'); // → [1, 10]
 */
export function resnet50(options: Resnet50Options = {}): NetParameter {
  checkNetOptions(resnet50Options, options);
  const {
    inputSize = [224, 224],
    classes = 1000,
    width: stemWidth = 64,
    inPlace = true,
    strideIn = '1x1',
    stemPool = 'ceil',
  } = options;
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });

  const stem = { conv: 'conv1', bn: 'bn_conv1', scale: 'scale_conv1' };
  const conv1 = convBn(n, stem, n['data'], { channels: stemWidth, kernel: 7, stride: 2, pad: 3, inPlace });
  n['conv1_relu'] = L.ReLU(conv1, { in_place: inPlace });
  const floorPad1 = stemPool === 'floor-pad1' ? ({ pad: 1, round_mode: 'FLOOR' } as const) : {};
  let x: Top = (n['pool1'] = L.Pooling(n['conv1_relu'], { pool: 'MAX', kernel_size: 3, stride: 2, ...floorPad1 }));
  for (const [i, blocks] of BLOCKS.entries())
    for (let block = 0; block < blocks; block++) {
      const name = `${i + 2}${String.fromCharCode(97 + block)}`;
      const width = stemWidth * 2 ** i;
      x = bottleneck(n, name, x, {
        width,
        first: block === 0,
        stride: block === 0 && i > 0 ? 2 : 1,
        strideIn,
        inPlace,
      });
    }
  n['pool5'] = L.Pooling(x, { pool: 'AVE', global_pooling: true });
  n['fc1000'] = L.InnerProduct(n['pool5'], { num_output: classes });
  n['prob'] = L.Softmax(n['fc1000']);
  return n.toProto();
}

interface BottleneckOptions {
  /** Channels inside; four times as many come out. */
  width: number;
  /** The first of its stage: its shortcut is a convolution too. */
  first: boolean;
  stride: number;
  strideIn: '1x1' | '3x3';
  inPlace: boolean;
}

function bottleneck(n: NetSpec, name: string, x: Bottom, options: BottleneckOptions): Top {
  const { width, first, stride, strideIn, inPlace } = options;
  const branch = (which: string, bottom: Bottom, channels: number, kernel: number, strides: number): Top => {
    const at = `${name}_branch${which}`;
    const names = { conv: `res${at}`, bn: `bn${at}`, scale: `scale${at}` };
    return convBn(n, names, bottom, { channels, kernel, stride: strides, pad: (kernel - 1) / 2, inPlace });
  };
  const relu = (layer: string, bottom: Bottom): Top => (n[layer] = L.ReLU(bottom, { in_place: inPlace }));

  const shortcut = first ? branch('1', x, 4 * width, 1, stride) : x;
  const a = branch('2a', x, width, 1, strideIn === '1x1' ? stride : 1);
  const b = branch('2b', relu(`res${name}_branch2a_relu`, a), width, 3, strideIn === '3x3' ? stride : 1);
  const c = branch('2c', relu(`res${name}_branch2b_relu`, b), 4 * width, 1, 1);
  const sum = (n[`res${name}`] = L.Eltwise(shortcut, c));
  return relu(`res${name}_relu`, sum);
}
