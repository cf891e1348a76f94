/**
 * BatchNorm, Scale, Bias and whatever else declares itself affine, as what it is in inference: a factor and an offset per channel. In float64, so that merging
 * several rounds once.
 */
import { blobFactsOf, type BlobRole } from '../layers/facts.js';
import { product, sameShape } from '../shapes.js';
import type { Storage } from './storage.js';
import { factsOfStep, hasLoss, layerOf, phaseOf, type Step, type WorkingNet } from './work.js';

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
export async function affineOf(net: WorkingNet, step: Step, axis: number): Promise<Affine | undefined> {
  const { bottoms, tops, params } = step;
  if (bottoms.length !== 1 || tops.length !== 1 || hasLoss(step) || params.some(({ read }) => !read)) return undefined;
  const facts = factsOfStep(step);
  const known = facts?.affine?.(layerOf(step), phaseOf(net, step));
  if (!known) return undefined;
  const { shape } = bottoms[0]!;
  const channels = shape[axis]!;
  const first = known.axis < 0 ? known.axis + shape.length : known.axis;
  const byRole = new Map(params.map((param, i) => [blobFactsOf(facts, step.layer, i)?.role, param]));
  const spread = async (role: BlobRole, otherwise: number): Promise<Float64Array | undefined> => {
    const param = byRole.get(role);
    if (!param) return new Float64Array(channels).fill(otherwise);
    const along = spans(param.shape, first, axis, channels);
    if (along === undefined) return undefined;
    const values = await param.read!();
    return Float64Array.from({ length: channels }, (_, c) => values[along === 'one' ? 0 : c]!);
  };
  const statistics = await normalization(byRole, known.eps, spread, channels);
  const scale = await spread('scale', 1);
  const shift = await spread(byRole.has('bias') ? 'bias' : 'shift', 0);
  if (!statistics || !scale || !shift) return undefined;
  const affine = compose(statistics, { factor: scale, offset: shift });
  return [...affine.factor, ...affine.offset].every(Number.isFinite) ? affine : undefined;
}

/** What mean and variance amount to. As Caffe: the divisor divides both, and 0 makes both 0. */
async function normalization(
  byRole: ReadonlyMap<BlobRole | undefined, Storage>,
  eps: number,
  spread: (role: BlobRole, otherwise: number) => Promise<Float64Array | undefined>,
  channels: number,
): Promise<Affine | undefined> {
  if (!byRole.has('variance')) return identityAffine(channels);
  const [divisor = 1] = (await byRole.get('divisor')?.read?.()) ?? [];
  const by = divisor === 0 ? 0 : 1 / divisor;
  const mean = await spread('mean', 0);
  const variance = await spread('variance', 1);
  const factor = variance?.map((v) => 1 / Math.sqrt(v * by + eps));
  return mean && factor && { factor, offset: factor.map((f, c) => -mean[c]! * by * f) };
}

/** How a parameter that lies over the axes from `first` on meets the channels: one value for all, or one for each. */
function spans(shape: readonly number[], first: number, axis: number, channels: number): 'one' | 'each' | undefined {
  if (product(shape) === 1) return 'one';
  const ones = shape.map((_, i) => (i === axis - first ? channels : 1));
  return sameShape(shape, ones) ? 'each' : undefined;
}
