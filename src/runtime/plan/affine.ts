/**
 * Layers that multiply each channel by a number and add another: Scale, Bias, BatchNorm with stored statistics, and whatever else
 * declares itself affine; and what several of them in a row amount to.
 */
import { Phase } from '../../generated/messages.js';
import { blobFactsOf, type AffineFacts, type BlobRole } from '../../layers/facts.js';
import {
  compose,
  identityAffine,
  normalizationAffine,
  spanOfChannels,
  type Affine,
} from '../../layers/shared/affine.js';
import type { Epilogue } from '../../layers/shared/epilogue.js';
import type { Layer } from '../../layers/layer.js';
import { factsOfLayer } from '../../layers/registry.js';
import type { Blob } from '../../engine/blob.js';

/** The blobs of x · scale + shift, channel by channel. */
export type AffineBlobs = Pick<Epilogue, 'scale' | 'shift'>;

/** What makes a layer affine; undefined for a layer that is not. */
export function affineFactsOf(layer: Layer): AffineFacts | undefined {
  return factsOfLayer(layer)?.affine?.(layer.param, layer.param.phase ?? Phase.TEST);
}

/** Whether a layer of these bottoms is affine, with its channels along `axis`. */
export function isAffine(layer: Layer, bottom: readonly Blob[], axis: number): boolean {
  const [x] = bottom;
  const facts = affineFactsOf(layer);
  if (!x || bottom.length !== 1 || !facts) return false;
  const channels = x.shape[axis]!;
  const first = x.canonicalAxis(facts.axis);
  return Object.entries(blobsByRole(layer)).every(([role, { shape }]) => {
    if (role === 'divisor') return true;
    const span = spanOfChannels(shape, first, axis, channels);
    return span === 'each' || (span === 'one' && channels === 1 && first <= axis);
  });
}

/** Whether what the layers amount to has to be computed: one Scale or Bias is its own parameters. */
export function isComposed(layers: readonly Layer[]): boolean {
  const [first, second] = layers;
  return first !== undefined && (second !== undefined || blobsByRole(first).variance !== undefined);
}

/**
 * What the layers amount to. One Scale or Bias gives the same to the last bit; of others, scale and shift are computed
 * anew at each call, since parameters may have changed.
 * @param room where computed numbers go; there has to be some when the layers are composed
 */
export function affineOf(layers: readonly Layer[], room: Required<AffineBlobs> | undefined): AffineBlobs {
  const [first] = layers;
  if (!first) return {};
  if (!room) {
    const { scale, shift, bias } = blobsByRole(first);
    return { scale, shift: shift ?? bias };
  }
  const { scale, shift } = room;
  const channels = scale.count;
  const { factor, offset } = layers
    .map((layer) => affineOfLayer(layer, channels))
    .reduce(compose, identityAffine(channels));
  scale.data.set(factor);
  shift.data.set(offset);
  return room;
}

function affineOfLayer(layer: Layer, channels: number): Affine {
  const { scale, shift, bias, mean, variance, divisor } = blobsByRole(layer);
  const given = { weight: scale?.peek(), bias: (shift ?? bias)?.peek() };
  if (!variance) return normalizationAffine(channels, given);
  // In float32, as BatchNorm computes them. As in Caffe, a divisor of 0 makes both 0.
  const by = divisor ? divisor.peek()[0]! : 1;
  const factor = by === 0 ? 0 : Math.fround(1 / by);
  const eps = affineFactsOf(layer)!.eps;
  const means = Float32Array.from(mean?.peek() ?? [], (value) => value * factor);
  const deviations = Float32Array.from(variance.peek(), (value) =>
    Math.sqrt(Math.fround(Math.fround(value * factor) + eps)),
  );
  return normalizationAffine(channels, { ...given, mean: mean && means, deviation: deviations });
}

/** The layer's blobs by what they are. */
function blobsByRole(layer: Layer): Partial<Record<BlobRole, Blob>> {
  const facts = factsOfLayer(layer);
  return Object.fromEntries(layer.blobs.map((blob, i) => [blobFactsOf(facts, layer.param, i)?.role ?? 'other', blob]));
}
