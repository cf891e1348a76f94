/**
 * Convolution → frozen batch norm. With fixed statistics a batch norm is a factor and a bias per channel, which is what
 * Caffe's Scale holds: factor = weight / sqrt(variance), bias = bias - mean · factor.
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';

/** What {@link convFrozenBn} adds. */
export interface ConvFrozenBnOptions {
  /** Output channels. */
  channels: number;
  kernel: number;
  /** @default 1 */
  stride?: number;
  /** @default 0 */
  pad?: number;
  /** Scale writes over the convolution's blob, which then nothing else may read. @default false */
  inPlace?: boolean;
}

/**
 * Adds a convolution without bias and its Scale to a net.
 * @param names of the two layers
 * @returns the Scale's top
 * @example
 * const n = new NetSpec();
 * n.data = L.Input({ shape: { dim: [1, 3, 8, 8] } });
 * convFrozenBn(n, { conv: 'conv1', bn: 'bn1' }, n.data, { channels: 4, kernel: 3, stride: 2, pad: 1 });
 * netShapes(n.toProto()).blobs.get('bn1'); // → [1, 4, 4, 4]
 */
export function convFrozenBn(
  n: NetSpec,
  names: { conv: string; bn: string },
  x: Bottom,
  { channels, kernel, stride = 1, pad = 0, inPlace = false }: ConvFrozenBnOptions,
): Top {
  const conv = L.Convolution(x, { num_output: channels, bias_term: false, kernel_size: kernel, stride, pad });
  const bn = L.Scale(conv, { bias_term: true, in_place: inPlace });
  n[names.conv] = conv;
  n[names.bn] = bn;
  return bn;
}
