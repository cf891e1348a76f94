/**
 * Layers that a factor and an offset per channel can be merged into: where their channels lie in the weights, and how the
 * layer says that it has a bias.
 */
import { resolve } from '../proto/message.js';
import { product } from '../shapes.js';
import { derive } from '../proto/derive.js';
import type { LayerParameter } from '../generated/messages.js';
import type { Affine } from './affine.js';
import { computed, type Storage } from './storage.js';
import { hasLoss, type Step } from './work.js';

/** A layer whose result for each channel is linear in that channel's weights. */
export interface Host {
  /** Axis of the top along which the channels lie, and their number. */
  readonly axis: number;
  readonly channels: number;
  /** The channel that a weight belongs to, by its index in the blob. */
  readonly channelOf: (index: number) => number;
  /** The layer with a bias. */
  readonly withBias: () => LayerParameter;
}

/** Undefined for a layer that is no host, and for one with parameters that nobody gave. */
export function hostOf(step: Step): Host | undefined {
  const { layer, bottoms, tops, params } = step;
  if (bottoms.length !== 1 || tops.length !== 1 || hasLoss(step)) return undefined;
  if (params.length === 0 || params.some(({ read }) => !read)) return undefined;
  const weights = params[0]!.shape;
  const axisOf = (axis: number): number => (axis < 0 ? axis + bottoms[0]!.shape.length : axis);
  switch (layer.type) {
    case 'Convolution': {
      const { axis, num_output } = resolve('ConvolutionParameter', layer.convolution_param);
      const each = product(weights, 1);
      return {
        axis: axisOf(axis),
        channels: num_output,
        channelOf: (index) => Math.floor(index / each),
        withBias: () => convolutionWithBias(layer),
      };
    }
    case 'Deconvolution': {
      const { axis, num_output, group } = resolve('ConvolutionParameter', layer.convolution_param);
      // (inputs, outputs / group, kernel…): input i belongs to group ⌊i / (inputs / group)⌋.
      const [inputs, outputs] = weights as [number, number];
      const kernel = product(weights, 2);
      const perGroup = inputs / group;
      return {
        axis: axisOf(axis),
        channels: num_output,
        channelOf: (index) => {
          const row = Math.floor(index / kernel);
          return Math.floor(Math.floor(row / outputs) / perGroup) * outputs + (row % outputs);
        },
        withBias: () => convolutionWithBias(layer),
      };
    }
    case 'InnerProduct': {
      const { axis, num_output, transpose } = resolve('InnerProductParameter', layer.inner_product_param);
      const length = weights[1]!;
      return {
        axis: axisOf(axis),
        channels: num_output,
        channelOf: transpose ? (index) => index % num_output : (index) => Math.floor(index / length),
        withBias: () =>
          derive(layer, { inner_product_param: derive(layer.inner_product_param ?? {}, { bias_term: true }) }),
      };
    }
    default:
      return undefined;
  }
}

function convolutionWithBias(layer: LayerParameter): LayerParameter {
  return derive(layer, { convolution_param: derive(layer.convolution_param ?? {}, { bias_term: true }) });
}

/** The weights with each multiplied by its channel's factor. */
export function scaledWeights(weights: Storage, { factor }: Affine, { channelOf }: Host): Storage {
  const { shape, read } = weights;
  return computed(shape, async () => {
    const values = Float32Array.from(await read!());
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor[channelOf(i)]!;
    return values;
  });
}

/** The bias, 0 where there is none, after the affine function. */
export function movedBias(bias: Storage | undefined, { factor, offset }: Affine): Storage {
  return computed([offset.length], async () => {
    const before = await bias?.read?.();
    return Float32Array.from(offset, (o, c) => (before?.[c] ?? 0) * factor[c]! + o);
  });
}
