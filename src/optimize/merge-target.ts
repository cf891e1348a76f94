/**
 * merge-target: layers that a factor and an offset per channel can be merged into: where their channels lie in the weights, and how the
 * layer says that it has a bias.
 */
import type { BiasTerm } from '../layers/facts.js';
import { outputChannels, outputsOf } from '../layers/shared/weight-layout.js';
import { derive } from '../proto/derive.js';
import type { LayerParameter } from '../generated/messages.js';
import type { Affine } from '../layers/shared/affine.js';
import { computed, type Storage } from './storage.js';
import { factsOfStep, hasLoss, type Step } from './work.js';

/** A layer whose result for each channel is linear in that channel's weights. */
export interface MergeTarget {
  /** Axis of the top along which the channels lie, and their number. */
  readonly axis: number;
  readonly channels: number;
  /** The channel that a weight belongs to, by its index in the blob. */
  readonly channelOf: (index: number) => number;
  /** The layer with a bias. */
  readonly withBias: () => LayerParameter;
}

/** Undefined for a layer that nothing can be merged into, and for one with parameters that nobody gave. */
export function mergeTargetOf(step: Step): MergeTarget | undefined {
  const { layer, bottoms, tops, params } = step;
  if (bottoms.length !== 1 || tops.length !== 1 || hasLoss(step)) return undefined;
  if (params.length === 0 || params.some(({ read }) => !read)) return undefined;
  const { weights, biasTerm } = factsOfStep(step) ?? {};
  if (!weights || !biasTerm) return undefined;
  const layout = weights(layer);
  const { shape } = params[0]!;
  return {
    axis: layout.axis < 0 ? layout.axis + bottoms[0]!.shape.length : layout.axis,
    channels: outputsOf(layout, shape),
    channelOf: outputChannels(layout, shape),
    withBias: () => withBias(layer, biasTerm),
  };
}

function withBias(layer: LayerParameter, { param }: BiasTerm): LayerParameter {
  return derive(layer, { [param]: derive(layer[param] ?? {}, { bias_term: true }) });
}

/** The weights with each multiplied by its channel's factor. */
export function scaledWeights(weights: Storage, { factor }: Affine, { channelOf }: MergeTarget): Storage {
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
