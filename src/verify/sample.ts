/**
 * sample: some output channels of a large convolution or inner product, as a first look that costs a fraction. Each of
 * their channels is computed by itself, so those that are computed are the same as in the whole layer.
 */
import type { LayerParameter } from '../generated/messages.js';
import type { Layer } from '../layers/layer.js';
import { outputsOf } from '../layers/shared/weight-layout.js';
import { factsOfLayer } from '../layers/registry.js';
import { range, taken, type FloatTensor } from './tensors.js';

/** Multiply-accumulates from which on a first look is worth it. */
const LARGE = 1e8;

/** Channels in a sample. */
const CHANNELS = 16;

/** The output channels that stand for all: spread evenly, first and last among them; undefined where all are computed. */
export function sampleOf(layer: Layer, work: number): number[] | undefined {
  const outputs = separableOutputs(layer);
  if (outputs === undefined || outputs <= CHANNELS || work < LARGE) return undefined;
  return range(CHANNELS).map((i) => Math.round((i * (outputs - 1)) / (CHANNELS - 1)));
}

/** A layer that computes only some of its output channels. */
export function sampleWeights<T extends { param: LayerParameter; blobs?: readonly FloatTensor[] }>(
  layer: T,
  channels: readonly number[],
): T {
  const { param, blobs } = layer;
  const num_output = channels.length;
  return {
    ...layer,
    param: {
      ...param,
      ...(param.convolution_param && { convolution_param: { ...param.convolution_param, num_output } }),
      ...(param.inner_product_param && { inner_product_param: { ...param.inner_product_param, num_output } }),
    },
    // Output channels are the first axis of weights and biases.
    blobs: blobs?.map((blob) => taken(blob, 0, channels)),
  };
}

/** Number of outputs of a layer whose output channels can be computed one by one. */
function separableOutputs(layer: Layer): number | undefined {
  const layout = factsOfLayer(layer)?.weights?.(layer.param);
  return layout && !layout.inputsFirst && layout.groups === 1 ? outputsOf(layout, layer.blobs[0]!.shape) : undefined;
}
