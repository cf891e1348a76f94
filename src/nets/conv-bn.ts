/**
 * Convolution → batch norm, as Caffe spells it: BatchNorm subtracts the mean and divides by the deviation, the learned
 * factor and offset (gamma and beta) are a Scale's. `netspec optimize` merges the three for inference.
 */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';

/** What {@link convBn} adds. */
export interface ConvBnOptions {
  /** Output channels. */
  channels: number;
  kernel: number;
  /** @default 1 */
  stride?: number;
  /** @default 0 */
  pad?: number;
  /** BatchNorm and Scale write over the convolution's blob, as in Caffe's own models. @default true */
  inPlace?: boolean;
}

/**
 * Adds a convolution without bias, its BatchNorm and its Scale to a net.
 * @param names of the three layers
 * @returns the Scale's top
 * @example
 * const n = new NetSpec();
 * n.data = L.Input({ shape: { dim: [1, 3, 8, 8] } });
 * convBn(n, { conv: 'conv1', bn: 'bn1', scale: 'scale1' }, n.data, { channels: 4, kernel: 3, pad: 1 });
 * netShapes(n.toProto()).blobs.get('conv1'); // → [1, 4, 8, 8]
 */
export function convBn(
  n: NetSpec,
  names: { conv: string; bn: string; scale: string },
  x: Bottom,
  { channels, kernel, stride = 1, pad = 0, inPlace = true }: ConvBnOptions,
): Top {
  const conv = L.Convolution(x, { num_output: channels, bias_term: false, kernel_size: kernel, stride, pad });
  const bn = L.BatchNorm(conv, { in_place: inPlace });
  const scale = L.Scale(bn, { bias_term: true, in_place: inPlace });
  n[names.conv] = conv;
  n[names.bn] = bn;
  n[names.scale] = scale;
  return scale;
}
