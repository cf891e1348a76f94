/**
 * One stage of a ResNet of bottlenecks (50, 101 and 152 layers; He et al. 2015, "Deep Residual Learning for Image
 * Recognition"), with frozen batch norm and the stride in the first 1x1 convolution, as MSRA's original models have it.
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';
import { convFrozenBn, type ConvFrozenBnOptions } from './conv-frozen-bn.js';

/** What {@link resnetStage} adds. */
export interface ResnetStageOptions {
  /** Channels inside a bottleneck; the stage puts out four times as many. */
  width: number;
  /** How many bottlenecks. */
  blocks: number;
  /** Stride of the first bottleneck. @default 1 */
  stride?: number;
  /** Scale and ReLU write over their bottoms, which nothing else reads. Fewer blobs can then be compared. @default false */
  inPlace?: boolean;
}

/**
 * Adds a stage. Block i has the layers `NAME_i_conv1`, `bn1`, `relu1`, … `conv3`, `bn3`, `eltwise`, `relu`; the first
 * also `downsample_0` (convolution) and `downsample_1` (Scale).
 * @returns the last ReLU's top: 4·width channels, 1/stride of the size
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
  { width, blocks, stride = 1, inPlace = false }: ResnetStageOptions,
): Top {
  let last: Bottom = x;
  for (let i = 0; i < blocks; i++) {
    const options = { stride: i === 0 ? stride : 1, downsample: i === 0, inPlace };
    last = bottleneck(n, `${name}_${i}`, last, width, options);
  }
  return last as Top;
}

function bottleneck(
  n: NetSpec,
  name: string,
  x: Bottom,
  width: number,
  { stride, downsample, inPlace }: { stride: number; downsample: boolean; inPlace: boolean },
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
