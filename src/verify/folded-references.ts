/**
 * folded-references: the reference that a convolution has instead of its own when the normalization behind it, or more, was
 * folded into its weights: that of a module which has no layer in the net any more.
 */
import type { LayerParameter } from '../generated/messages.js';
import type { TensorInfo } from '../weights/source.js';
import { canonicalName } from '../weights/name-index.js';
import { sameDimensions } from './claims.js';

/** Types into whose weights other layers are folded. */
const FOLDABLE: ReadonlySet<string> = new Set(['Convolution', 'Deconvolution', 'InnerProduct']);

/** References that are read for one layer at most. */
const MOST = 40;

/**
 * References that no layer claims and that have the dimensions of what a layer gives, those with the most alike name first:
 * `bn1` of `conv1`, `layer1.0.bn2` of `layer1.0.conv2`.
 */
export function foldedReferences(
  { name = '', type = '' }: LayerParameter,
  shape: readonly number[],
  unused: Iterable<TensorInfo>,
): TensorInfo[] {
  if (!FOLDABLE.has(type)) return [];
  return [...unused]
    .filter((reference) => sameDimensions(reference.shape, shape))
    .map((reference) => ({ reference, likeness: likeness(canonicalName(name), canonicalName(reference.name)) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, MOST)
    .map(({ reference }) => reference);
}

/** How much two names have in common: the beginning, and the numbers that they end in. */
function likeness(a: string, b: string): number {
  let common = 0;
  while (common < Math.min(a.length, b.length) && a[common] === b[common]) common++;
  const number = (name: string) => /(\d+)(?:_output)?$/.exec(name)?.[1];
  return common + (number(a) !== undefined && number(a) === number(b) ? 1.5 : 0);
}
