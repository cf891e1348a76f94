/** difference-place: where the values of a layer lie that differ from its reference, when they lie together. */
import type { Tolerance } from '../compare/compare.js';
import { formatFigure } from '../compare/figures.js';
import { product } from '../shapes.js';
import { sameDimensions } from './claims.js';
import { channelsOf, range, type FloatTensor } from './tensors.js';

/** Names that a list of channels gives at most. */
const MOST_CHANNELS = 8;

/** The part of a border, or of channels, that must differ for a difference to be said to lie there. */
const LEAST_PART = 0.25;

/**
 * What can be said of a difference that nothing explains: at which border it lies, or in which channels; and the ranges of
 * the values. Empty where the shapes differ.
 */
export function describeDifference(actual: FloatTensor, reference: FloatTensor, tolerance: Tolerance): string[] {
  if (!sameDimensions(actual.shape, reference.shape)) return [];
  const differing = differingOf(actual, reference, tolerance);
  if (differing.length === 0) return [];
  const place = borderOf(actual.shape, differing) ?? channelsWith(actual.shape, differing);
  const [own, wanted] = [actual, reference].map(({ data }) => {
    const [least, most] = data.reduce(([lo, hi], v) => [Math.min(lo, v), Math.max(hi, v)], [Infinity, -Infinity]);
    return `${formatFigure(least)} to ${formatFigure(most)}`;
  });
  return [
    ...(place === undefined ? [] : [place]),
    `its values lie from ${own!}, those of the reference from ${wanted!}`,
  ];
}

/** Flat indices of values outside the tolerance. */
function differingOf({ data }: FloatTensor, reference: FloatTensor, { rtol, atol }: Tolerance): number[] {
  const differing: number[] = [];
  data.forEach((v, i) => {
    const wanted = reference.data[i]!;
    if (!(Math.abs(v - wanted) <= atol + rtol * Math.abs(wanted))) differing.push(i);
  });
  return differing;
}

/** Where all lie near the edge of an image, and an interior agrees. */
function borderOf(shape: readonly number[], differing: readonly number[]): string | undefined {
  const [height = 1, width = 1] = shape.length < 3 ? [] : shape.slice(-2);
  let within = 0;
  const sides = new Set<string>();
  const distances = differing.map((i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    return { top: y, bottom: height - 1 - y, left: x, right: width - 1 - x };
  });
  for (const each of distances) within = Math.max(within, 1 + Math.min(...Object.values(each)));
  if (within > Math.min(height, width) / 3) return undefined;
  for (const each of distances) {
    const near = Object.entries(each).filter(([, distance]) => distance < within);
    // In a corner it may be of either side.
    if (near.length === 1) sides.add(near[0]![0]);
  }
  const named = ['top', 'bottom', 'left', 'right'].filter((side) => sides.has(side));
  const at = named.length === 0 || named.length === 4 ? '' : ` (${named.join(', ')})`;
  // A few values may lie there by chance.
  const framed = range(height * width).filter((i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const near = { top: y, bottom: height - 1 - y, left: x, right: width - 1 - x };
    return Object.entries(near).some(([side, distance]) => sides.has(side) && distance < within);
  }).length;
  const images = product(shape) / (height * width);
  if (differing.length < LEAST_PART * framed * images) return undefined;
  const edge = `${within} ${within === 1 ? 'row or column' : 'rows or columns'} of the edge${at}`;
  return `all ${differing.length} values that differ lie within ${edge}: the border differs, the interior agrees`;
}

/** Where all lie in half of the channels or fewer. */
function channelsWith(shape: readonly number[], differing: readonly number[]): string | undefined {
  const { count, inner } = channelsOf(shape);
  const channels = [...new Set(differing.map((i) => Math.floor(i / inner) % count))].sort((a, b) => a - b);
  if (count < 2 || channels.length > count / 2) return undefined;
  if (differing.length < LEAST_PART * channels.length * (product(shape) / count)) return undefined;
  const more = channels.length > MOST_CHANNELS ? ` … and ${channels.length - MOST_CHANNELS} more` : '';
  const listed = `${channels.slice(0, MOST_CHANNELS).join(', ')}${more}`;
  return `the values that differ lie in ${channels.length} of ${count} channels: ${listed}; the others agree`;
}
