/**
 * One stage of a ResNet (He et al. 2015, "Deep Residual Learning for Image Recognition") with frozen batch norm: of bottlenecks (50, 101
 * and 152 layers), with the stride in the first 1x1 convolution, as MSRA's original models have it, or of two 3x3 (18 and 34).
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';
import { convFrozenBn, type ConvFrozenBnOptions } from './conv-frozen-bn.js';

/** What {@link resnetStage} adds. */
export interface ResnetStageOptions {
  /** Channels inside a block; a stage of bottlenecks puts out four times as many. */
  width: number;
  /** How many blocks. */
  blocks: number;
  /** Stride of the first block. @default 1 */
  stride?: number;
  /** What a block is: 1x1, 3x3 and 1x1 convolutions, or two of 3x3. @default 'bottleneck' */
  block?: 'bottleneck' | 'basic';
  /** Scale and ReLU write over their bottoms, which nothing else reads. Fewer blobs can then be compared. @default false */
  inPlace?: boolean;
}

/**
 * Adds a stage. Block i has the layers `NAME_i_conv1`, `bn1`, `relu1`, … `conv3`, `bn3`, `eltwise`, `relu`; the first
 * also `downsample_0` (convolution) and `downsample_1` (Scale), of basic blocks where it has a stride.
 * @returns the last ReLU's top: 4·width channels, width of basic blocks, and 1/stride of the size
 * @example
 * const n = new NetSpec();
 * n.data = L.Input({ shape: { dim: [1, 8, 8, 8] } });
 * resnetStage(n, 'layer1', n.data, { width: 4, blocks: 2, stride: 2 });
 * netShapes(n.toProto()).blobs.get('layer1_1_relu'); // → [1, 16, 4, 4]
 */
export function resnetStage(
  n: NetSpec,
  name: string,
  x: Bottom,
  { width, blocks, stride = 1, block = 'bottleneck', inPlace = false }: ResnetStageOptions,
): Top {
  const add = block === 'basic' ? basicBlock : bottleneck;
  let last: Bottom = x;
  for (let i = 0; i < blocks; i++) {
    const downsample = i === 0 && (block === 'bottleneck' || stride > 1);
    last = add(n, `${name}_${i}`, last, width, { stride: i === 0 ? stride : 1, downsample, inPlace });
  }
  return last as Top;
}

interface BlockOptions {
  stride: number;
  downsample: boolean;
  inPlace: boolean;
}

function bottleneck(
  n: NetSpec,
  name: string,
  x: Bottom,
  width: number,
  { stride, downsample, inPlace }: BlockOptions,
): Top {
  const convBn = (conv: string, bn: string, bottom: Bottom, options: Omit<ConvFrozenBnOptions, 'inPlace'>) =>
    convFrozenBn(n, { conv: `${name}_${conv}`, bn: `${name}_${bn}` }, bottom, { ...options, inPlace });
  const relu = (layer: string, bottom: Bottom) => (n[`${name}_${layer}`] = L.ReLU(bottom, { in_place: inPlace }));

  const shortcut = downsample
    ? convBn('downsample_0', 'downsample_1', x, { channels: 4 * width, kernel: 1, stride })
    : x;
  let y: Top = relu('relu1', convBn('conv1', 'bn1', x, { channels: width, kernel: 1, stride }));
  y = relu('relu2', convBn('conv2', 'bn2', y, { channels: width, kernel: 3, pad: 1 }));
  y = convBn('conv3', 'bn3', y, { channels: 4 * width, kernel: 1 });
  const sum = (n[`${name}_eltwise`] = L.Eltwise(shortcut, y));
  return relu('relu', sum);
}

function basicBlock(
  n: NetSpec,
  name: string,
  x: Bottom,
  channels: number,
  { stride, downsample, inPlace }: BlockOptions,
): Top {
  const convBn = (
    conv: string,
    bn: string,
    bottom: Bottom,
    options: Omit<ConvFrozenBnOptions, 'inPlace' | 'channels'>,
  ) => convFrozenBn(n, { conv: `${name}_${conv}`, bn: `${name}_${bn}` }, bottom, { ...options, channels, inPlace });
  const shortcut = downsample ? convBn('downsample_0', 'downsample_1', x, { kernel: 1, stride }) : x;
  const first = convBn('conv1', 'bn1', x, { kernel: 3, stride, pad: 1 });
  const relu1 = (n[`${name}_relu1`] = L.ReLU(first, { in_place: inPlace }));
  const sum = (n[`${name}_eltwise`] = L.Eltwise(shortcut, convBn('conv2', 'bn2', relu1, { kernel: 3, pad: 1 })));
  return (n[`${name}_relu`] = L.ReLU(sum, { in_place: inPlace }));
}
