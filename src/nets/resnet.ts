/**
 * resnet-18 … 152: the image classifiers of He et al. 2015 ("Deep Residual Learning for Image Recognition") with batch norms, layers
 * named as in the authors' Caffe models: conv1, bn_conv1, scale_conv1, res2a_branch2a … fc1000.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { convBn } from './conv-bn.js';
import { checkNetOptions, type NetOption } from './options.js';

/** Options of {@link resnet50}. */
export interface Resnet50Options extends ResnetOptions {
  /**
   * Which convolution of a stage's first block has the stride: `1x1` as in the authors' models, `3x3` as in torchvision's
   * (also known as v1.5). Weights fit either, outputs do not. @default '1x1'
   */
  strideIn?: '1x1' | '3x3';
}

/** Options of all depths. */
export interface ResnetOptions {
  /** Height and width of the input. @default [224, 224] */
  inputSize?: readonly [height: number, width: number];
  /** Number of classes. @default 1000 */
  classes?: number;
  /** Channels of the stem and inside the first stage's blocks; each stage has twice as many as the one before. @default 64 */
  width?: number;
  /** BatchNorm, Scale and ReLU write over their bottoms, as in the authors' models. @default true */
  inPlace?: boolean;
  /**
   * The stem's pooling: `ceil` is Caffe's own rounding, without padding, as in the authors' models; `floor-pad1` is
   * torchvision's, with padding 1. @default 'ceil'
   */
  stemPool?: 'ceil' | 'floor-pad1';
}

/** The options of nets of two 3x3 convolutions a block, as the command line takes them. */
export const basicResnetOptions: readonly NetOption[] = [
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
    name: 'stem-pool',
    type: 'choice',
    choices: ['ceil', 'floor-pad1'],
    default: 'ceil',
    describe: "pooling of the stem: the authors' rounding up without padding, or torchvision's down with padding 1",
  },
];

/** The options of nets of bottlenecks. */
export const resnet50Options: readonly NetOption[] = [
  ...basicResnetOptions,
  {
    name: 'stride-in',
    type: 'choice',
    choices: ['1x1', '3x3'],
    default: '1x1',
    describe: "the convolution of a stage's first block that has the stride: the authors' 1x1, or torchvision's 3x3",
  },
];

/** Blocks of each stage, which are numbered from 2. */
const BLOCKS = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const;

/** Layers of a ResNet. */
export type ResnetDepth = keyof typeof BLOCKS;

/** Whether its blocks are bottlenecks: 1x1, 3x3, 1x1 with four times the channels; else they are two 3x3. */
const hasBottlenecks = (depth: ResnetDepth): boolean => depth >= 50;

/** The options of a ResNet of this depth, as the command line takes them. */
export const resnetOptions = (depth: ResnetDepth): readonly NetOption[] =>
  hasBottlenecks(depth) ? resnet50Options : basicResnetOptions;

/**
 * The ResNet-50 network, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 * @example
 * const net = resnet50({ classes: 10 });
 * netShapes(net).blobs.get('prob'); // → [1, 10]
 */
export function resnet50(options: Resnet50Options = {}): NetParameter {
  return resnet(50, options);
}

/**
 * A ResNet of any of the published depths. Those of 18 and 34 layers, of which the authors published no Caffe models, bear names of the
 * same form.
 * @throws NetspecError on an unknown option or value
 */
export function resnet(depth: ResnetDepth, options: Resnet50Options = {}): NetParameter {
  checkNetOptions(resnetOptions(depth), options);
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
  const addBlock = hasBottlenecks(depth) ? bottleneck : basicBlock;
  for (const [i, blocks] of BLOCKS[depth].entries())
    for (let block = 0; block < blocks; block++)
      x = addBlock(n, `${i + 2}${blockName(depth, blocks, block)}`, x, {
        width: stemWidth * 2 ** i,
        first: block === 0,
        stride: block === 0 && i > 0 ? 2 : 1,
        strideIn,
        inPlace,
      });
  n['pool5'] = L.Pooling(x, { pool: 'AVE', global_pooling: true });
  n['fc1000'] = L.InnerProduct(n['pool5'], { num_output: classes });
  n['prob'] = L.Softmax(n['fc1000']);
  return n.toProto();
}

/** `a`, `b`, `c` …; in the long stages of the deep nets `a`, `b1`, `b2` … */
function blockName(depth: ResnetDepth, blocks: number, block: number): string {
  const isLong = depth > 50 && blocks > 3;
  return isLong && block > 0 ? `b${block}` : String.fromCharCode(97 + block);
}

interface BlockOptions {
  /** Channels inside; of a bottleneck four times as many come out. */
  width: number;
  /** The first of its stage: the shortcut of a bottleneck is a convolution then. */
  first: boolean;
  stride: number;
  strideIn: '1x1' | '3x3';
  inPlace: boolean;
}

function bottleneck(n: NetSpec, name: string, x: Bottom, options: BlockOptions): Top {
  const { width, first, stride, strideIn, inPlace } = options;
  const shortcut = first ? branch(n, `${name}_branch1`, x, { channels: 4 * width, kernel: 1, stride, inPlace }) : x;
  const a = { channels: width, kernel: 1, stride: strideIn === '1x1' ? stride : 1, inPlace };
  const b = { channels: width, kernel: 3, stride: strideIn === '3x3' ? stride : 1, inPlace };
  let y = branch(n, `${name}_branch2a`, x, a);
  y = branch(n, `${name}_branch2b`, relu(n, `res${name}_branch2a_relu`, y, inPlace), b);
  y = relu(n, `res${name}_branch2b_relu`, y, inPlace);
  y = branch(n, `${name}_branch2c`, y, { channels: 4 * width, kernel: 1, stride: 1, inPlace });
  return joined(n, name, shortcut, y, inPlace);
}

/** Its shortcut is a convolution where the size changes. */
function basicBlock(n: NetSpec, name: string, x: Bottom, { width, stride, inPlace }: BlockOptions): Top {
  const shortcut = stride > 1 ? branch(n, `${name}_branch1`, x, { channels: width, kernel: 1, stride, inPlace }) : x;
  let y = branch(n, `${name}_branch2a`, x, { channels: width, kernel: 3, stride, inPlace });
  y = relu(n, `res${name}_branch2a_relu`, y, inPlace);
  y = branch(n, `${name}_branch2b`, y, { channels: width, kernel: 3, stride: 1, inPlace });
  return joined(n, name, shortcut, y, inPlace);
}

/** A convolution that keeps the size but for its stride, and its normalization. */
function branch(
  n: NetSpec,
  at: string,
  x: Bottom,
  options: { channels: number; kernel: number; stride: number; inPlace: boolean },
): Top {
  const names = { conv: `res${at}`, bn: `bn${at}`, scale: `scale${at}` };
  return convBn(n, names, x, { ...options, pad: (options.kernel - 1) / 2 });
}

function relu(n: NetSpec, layer: string, x: Bottom, inPlace: boolean): Top {
  return (n[layer] = L.ReLU(x, { in_place: inPlace }));
}

function joined(n: NetSpec, name: string, shortcut: Bottom, y: Bottom, inPlace: boolean): Top {
  return relu(n, `res${name}_relu`, (n[`res${name}`] = L.Eltwise(shortcut, y)), inPlace);
}
