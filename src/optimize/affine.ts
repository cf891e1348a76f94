/**
 * affine: what a BatchNorm, a Scale, a Bias, or another layer that declares itself affine, does to each channel of a net that
 * is being optimized.
 */
import { blobFactsOf, type BlobRole } from '../layers/facts.js';
import {
  compose,
  deviationOf,
  identityAffine,
  normalizationAffine,
  spanOfChannels,
  type Affine,
} from '../layers/shared/affine.js';
import type { Storage } from './storage.js';
import { factsOfStep, hasLoss, layerOf, phaseOf, type Step, type WorkingNet } from './work.js';

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
    const along = spanOfChannels(param.shape, first, axis, channels);
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
  if (!mean || !variance) return undefined;
  const scaled = (values: Float64Array): Float64Array => values.map((value) => value * by);
  return normalizationAffine(channels, { mean: scaled(mean), deviation: deviationOf(scaled(variance), eps) });
}
