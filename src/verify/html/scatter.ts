/** scatter: each value of a layer against its reference. A wrong factor shows as another slope, a permutation as a cloud. */
import type { NumericArray } from '../../weights/source.js';
import { formatFigure } from '../../compare/figures.js';

const SIZE = 260;
const MARGIN = 10;
const POINTS = 700;

/** The plot as an SVG element, and its figures in words; undefined when nothing is finite on both sides. */
export function scatterPlot(
  actual: Float32Array,
  reference: NumericArray,
): { svg: string; description: string } | undefined {
  const stride = Math.max(1, Math.ceil(actual.length / POINTS) | 1);
  const points: [number, number][] = [];
  for (let i = 0; i < actual.length; i += stride)
    if (Number.isFinite(actual[i]!) && Number.isFinite(reference[i]!)) points.push([reference[i]!, actual[i]!]);
  if (points.length === 0) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const pair of points) for (const value of pair) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const scale = high > low ? (SIZE - 2 * MARGIN) / (high - low) : 0;
  const place = (value: number): number => Math.round((MARGIN + (value - low) * scale) * 10) / 10;
  const dots = points.map(([r, a]) => `M${place(r)},${SIZE - place(a)}h0`).join('');
  const description =
    `${points.length} of ${actual.length} values: the reference to the right, the net's own upwards, both from ` +
    `${formatFigure(low)} to ${formatFigure(high)}`;
  return {
    svg:
      `<svg class="scatter" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="Scatter plot of ${description}">` +
      `<rect class="frame" x="0.5" y="0.5" width="${SIZE - 1}" height="${SIZE - 1}"/>` +
      `<line class="grid" x1="${MARGIN}" y1="${SIZE - MARGIN}" x2="${SIZE - MARGIN}" y2="${MARGIN}"/>` +
      `<path class="points" d="${dots}"/></svg>`,
    description,
  };
}
