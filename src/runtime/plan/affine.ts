/**
 * Layers that multiply each channel by a number and add another: Scale, Bias, and BatchNorm with stored statistics; and
 * what several of them in a row amount to.
 */
import { BatchNormLayer } from '../../layers/batch-norm.js';
import { BiasLayer } from '../../layers/bias.js';
import { compose, identityAffine, normalizationAffine, type Affine } from '../../layers/shared/affine.js';
import type { Epilogue } from '../../layers/shared/epilogue.js';
import type { Layer } from '../../layers/layer.js';
import { ScaleLayer } from '../../layers/scale.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { isExactly } from './program.js';

/** The blobs of x · scale + shift, channel by channel. */
export type AffineBlobs = Pick<Epilogue, 'scale' | 'shift'>;

/** Whether a layer of these bottoms is of this kind, with its channels along `axis`. */
export function isAffine(layer: Layer, bottom: readonly Blob[], axis: number): boolean {
  const [x] = bottom;
  if (!x || bottom.length !== 1) return false;
  if (isExactly(layer, BatchNormLayer)) return layer.usesStoredStatistics && axis === 1;
  const axisGiven = isExactly(layer, ScaleLayer)
    ? resolve('ScaleParameter', layer.param.scale_param).axis
    : isExactly(layer, BiasLayer)
      ? resolve('BiasParameter', layer.param.bias_param).axis
      : undefined;
  return axisGiven !== undefined && x.canonicalAxis(axisGiven) === axis && layer.blobs[0]!.numAxes === 1;
}

/** Whether what the layers amount to has to be computed: one Scale or Bias is its own parameters. */
export function isComposed(layers: readonly Layer[]): boolean {
  const [first, second] = layers;
  return first !== undefined && (second !== undefined || isExactly(first, BatchNormLayer));
}

/**
 * What the layers amount to. One Scale or Bias gives the same to the last bit; of others, scale and shift are computed
 * anew at each call, since parameters may have changed.
 * @param room where computed numbers go; there has to be some when the layers are composed
 */
export function affineOf(layers: readonly Layer[], room: Required<AffineBlobs> | undefined): AffineBlobs {
  const [first] = layers;
  if (!first) return {};
  if (!room) return isExactly(first, BiasLayer) ? { shift: first.blobs[0] } : scaleAndShift(first);
  const { scale, shift } = room;
  const channels = scale.count;
  const { factor, offset } = layers
    .map((layer) => affineOfLayer(layer, channels))
    .reduce(compose, identityAffine(channels));
  scale.data.set(factor);
  shift.data.set(offset);
  return room;
}

function scaleAndShift({ blobs: [scale, shift] }: Layer): AffineBlobs {
  return { scale, shift };
}

function affineOfLayer(layer: Layer, channels: number): Affine {
  if (isExactly(layer, BatchNormLayer)) {
    // In float32, as the layer computes them.
    const mean = new Float32Array(channels);
    const deviation = new Float32Array(channels);
    layer.storedStatistics(mean, deviation);
    layer.toDeviations(deviation);
    return normalizationAffine(channels, { mean, deviation });
  }
  const [first, second] = layer.blobs.map((blob) => blob.peek());
  const [weight, bias] = isExactly(layer, BiasLayer) ? [undefined, first] : [first, second];
  return normalizationAffine(channels, { weight, bias });
}
