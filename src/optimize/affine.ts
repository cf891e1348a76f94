/**
 * BatchNorm, Scale and Bias as what they are in inference: a factor and an offset per channel. In float64, so that merging
 * several rounds once.
 */
import { Phase } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import { product, sameShape } from '../shapes.js';
import type { Storage } from './storage.js';
import { hasLoss, type Step } from './work.js';

/** y = factor · x + offset, for each channel. */
export interface Affine {
  factor: Float64Array;
  offset: Float64Array;
}

/** `second` after `first`. */
export function compose(first: Affine, second: Affine): Affine {
  return {
    factor: first.factor.map((f, c) => f * second.factor[c]!),
    offset: first.offset.map((o, c) => o * second.factor[c]! + second.offset[c]!),
  };
}

export function identityAffine(channels: number): Affine {
  return { factor: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

export function equalAffine(a: Affine, b: Affine): boolean {
  const equal = (x: Float64Array, y: Float64Array): boolean =>
    x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
  return equal(a.factor, b.factor) && equal(a.offset, b.offset);
}

/**
 * What a layer does to each channel along `axis` of its bottom; undefined when it does not treat channels alike, when its
 * parameters are computed by other layers or not known, when a BatchNorm uses the batch's own statistics, and when a
 * value is not finite.
 */
export async function affineOf(step: Step, axis: number, isTest: boolean): Promise<Affine | undefined> {
  const { layer, bottoms, tops, params } = step;
  if (bottoms.length !== 1 || tops.length !== 1 || hasLoss(step) || params.some(({ read }) => !read)) return undefined;
  const { shape } = bottoms[0]!;
  const channels = shape[axis]!;
  let affine: Affine | undefined;
  if (layer.type === 'BatchNorm') affine = axis === 1 ? await batchNorm(step, isTest) : undefined;
  else if (layer.type === 'Scale' || layer.type === 'Bias') {
    const start = resolve('ScaleParameter', layer.type === 'Scale' ? layer.scale_param : layer.bias_param).axis;
    const first = start < 0 ? start + shape.length : start;
    const spread = async (param: Storage | undefined, otherwise: number): Promise<Float64Array | undefined> => {
      if (!param) return new Float64Array(channels).fill(otherwise);
      const along = spans(param.shape, first, axis, channels);
      if (along === undefined) return undefined;
      const values = await param.read!();
      return Float64Array.from({ length: channels }, (_, c) => values[along === 'one' ? 0 : c]!);
    };
    const [scale, bias] = layer.type === 'Scale' ? params : [undefined, params[0]];
    const factor = await spread(scale, 1);
    const offset = await spread(bias, 0);
    affine = factor && offset && { factor, offset };
  }
  return affine && [...affine.factor, ...affine.offset].every(Number.isFinite) ? affine : undefined;
}

/** How a parameter that lies over the axes from `first` on meets the channels: one value for all, or one for each. */
function spans(shape: readonly number[], first: number, axis: number, channels: number): 'one' | 'each' | undefined {
  if (product(shape) === 1) return 'one';
  const ones = shape.map((_, i) => (i === axis - first ? channels : 1));
  return sameShape(shape, ones) ? 'each' : undefined;
}

/** As Caffe: the third blob divides mean and variance, and 0 makes both 0. */
async function batchNorm({ layer, params }: Step, isTest: boolean): Promise<Affine | undefined> {
  const usesStored =
    layer.batch_norm_param?.use_global_stats ?? (layer.phase === undefined ? isTest : layer.phase === Phase.TEST);
  if (!usesStored || params.length !== 3) return undefined;
  const [mean, variance, divisor] = await Promise.all(params.map((param) => param.read!()));
  const by = divisor![0] === 0 ? 0 : 1 / divisor![0]!;
  const eps = Math.fround(resolve('BatchNormParameter', layer.batch_norm_param).eps);
  const factor = Float64Array.from(variance!, (v) => 1 / Math.sqrt(v * by + eps));
  return { factor, offset: factor.map((f, c) => -mean![c]! * by * f) };
}
