/**
 * Layers that multiply each channel by a number and add another: Scale, Bias, and BatchNorm with stored statistics; and
 * what several of them in a row amount to.
 */
import { BatchNormLayer } from '../../layers/batch-norm.js';
import { BiasLayer } from '../../layers/bias.js';
import type { Epilogue } from '../../layers/shared/epilogue.js';
import type { Layer } from '../../layers/layer.js';
import { ScaleLayer } from '../../layers/scale.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { isExactly } from './program.js';

/** x · scale + shift, channel by channel. */
export type Affine = Pick<Epilogue, 'scale' | 'shift'>;

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
export function affineOf(layers: readonly Layer[], room: Required<Affine> | undefined): Affine {
  const [first] = layers;
  if (!first) return {};
  if (!room) return isExactly(first, BiasLayer) ? { shift: first.blobs[0] } : scaleAndShift(first);
  const { scale, shift } = room;
  const factors = new Float64Array(scale.count).fill(1);
  const terms = new Float64Array(scale.count);
  for (const layer of layers) append(layer, factors, terms);
  scale.data.set(factors);
  shift.data.set(terms);
  return room;
}

function scaleAndShift({ blobs: [scale, shift] }: Layer): Affine {
  return { scale, shift };
}

/** Makes x · factor + term what the layer makes of it. */
function append(layer: Layer, factors: Float64Array, terms: Float64Array): void {
  const channels = factors.length;
  if (isExactly(layer, BatchNormLayer)) {
    const means = new Float32Array(channels);
    const deviations = new Float32Array(channels);
    layer.storedStatistics(means, deviations);
    layer.toDeviations(deviations);
    for (let c = 0; c < channels; c++) {
      factors[c] = factors[c]! / deviations[c]!;
      terms[c] = (terms[c]! - means[c]!) / deviations[c]!;
    }
    return;
  }
  const [first, second] = layer.blobs.map((blob) => blob.peek());
  const [scale, shift] = isExactly(layer, BiasLayer) ? [undefined, first] : [first, second];
  for (let c = 0; c < channels; c++) {
    const factor = scale?.[c] ?? 1;
    factors[c] = factors[c]! * factor;
    terms[c] = terms[c]! * factor + (shift?.[c] ?? 0);
  }
}
