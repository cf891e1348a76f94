/**
 * Upsampling by two. Caffe has no layer for it; a Deconvolution with fixed weights, made by its filler, does it.
 */
import { L, type Bottom, type Top } from '../netspec/index.js';

/** Ways to upsample by two, by name. */
export const upsamplings: readonly Upsampling[] = ['nearest', 'bilinear', 'bilinear-dense'];
/** Ways to upsample by two; see {@link upsample}. */
export type Upsampling = 'nearest' | 'bilinear' | 'bilinear-dense';

/**
 * Twice the height and width.
 * - `nearest`: each value four times, as PyTorch's `interpolate(scale_factor=2)`.
 * - `bilinear`: as PyTorch's with `align_corners=False`, but for a border of one pixel, where Caffe sees zeros outside.
 * - `bilinear-dense`: without `group`, so that each output channel is the sum of all input channels. It is what one gets
 *   by leaving `group` out, kept to rebuild such nets; for C channels it takes C times the weights.
 * @param channels of the bottom, and so of the top
 * @example
 * const n = new NetSpec();
 * n.data = L.Input({ shape: { dim: [1, 8, 4, 4] } });
 * n.up = upsample(n.data, 8, 'nearest');
 * netShapes(n.toProto()).blobs.get('up'); // → [1, 8, 8, 8]
 */
export function upsample(x: Bottom, channels: number, kind: Upsampling): Top {
  const bilinear = { kernel_size: 4, stride: 2, pad: 1, weight_filler: { type: 'bilinear' } };
  if (kind === 'bilinear-dense') return L.Deconvolution(x, { num_output: channels, ...bilinear, bias_term: false });
  const nearest = { kernel_size: 2, stride: 2, weight_filler: { type: 'constant', value: 1 } };
  return L.Deconvolution(x, {
    num_output: channels,
    group: channels,
    ...(kind === 'nearest' ? nearest : bilinear),
    bias_term: false,
    // Not to be learned: the filler's values are the operation.
    param: { lr_mult: 0, decay_mult: 0 },
  });
}
