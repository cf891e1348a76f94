/**
 * folded-references: the reference that a convolution has instead of its own when the normalization behind it, or more, was
 * folded into its weights: that of a module which has no layer in the net any more.
 */
import type { LayerParameter } from '../generated/messages.js';
import { factsOf } from '../layers/registry.js';
import type { TensorInfo } from '../weights/source.js';
import { canonicalName } from '../weights/name-index.js';
import { sameDimensions } from './claims.js';

/** References that are read for one layer at most. */
const MOST = 40;

/**
 * References that no layer claims and that have the dimensions of what a layer gives, those with the most alike name first:
 * `bn1` of `conv1`, `layer1.0.bn2` of `layer1.0.conv2`.
 */
export function foldedReferences(
  param: LayerParameter,
  shape: readonly number[],
  unused: Iterable<TensorInfo>,
): TensorInfo[] {
  const { name = '' } = param;
  // Other layers are folded into the weights of those whose output channels are linear in them.
  if (!factsOf(param)?.weights) return [];
  return [...unused]
    .filter((reference) => sameDimensions(reference.shape, shape))
    .map((reference) => ({ reference, likeness: likeness(canonicalName(name), canonicalName(reference.name)) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, MOST)
    .map(({ reference }) => reference);
}

/**
 * How the name of a reference differs from that of the layer it belongs to: `conv>bn` for conv1 and bn1, `+1` for features_0 and
 * features_1. Layers of one net differ alike.
 */
export function nameChange(layer: string, reference: string): string {
  const [a, b] = [canonicalName(layer), canonicalName(reference)];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  // A number is one piece.
  while (start > 0 && /\d/.test(a[start - 1]!) && /^\d/.test(a.slice(start) + b.slice(start))) start--;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [from, to] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return /^\d+$/.test(from) && /^\d+$/.test(to) ? `+${Number(to) - Number(from)}` : `${from}>${to}`;
}

/** How much two names have in common: the beginning, and the numbers that they end in. */
function likeness(a: string, b: string): number {
  let common = 0;
  while (common < Math.min(a.length, b.length) && a[common] === b[common]) common++;
  const number = (name: string) => /(\d+)(?:_output)?$/.exec(name)?.[1];
  return common + (number(a) !== undefined && number(a) === number(b) ? 1.5 : 0);
}
