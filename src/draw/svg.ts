/** svg: a laid-out graph as SVG elements. What is written on a node, and its classes, are the caller's. */
import type { NetGraph } from './graph.js';
import type { Layout, Point, Size } from './geometry.js';
import { escapeMarkup, shortened } from './markup.js';

/** How a node is drawn: its lines of text, the first of which stands out. */
export interface NodeLook {
  lines: readonly string[];
  /** CSS classes of the node's group, besides `node`. */
  classes: readonly string[];
  /** Shown when the pointer rests on the node. */
  tooltip?: string;
  /** Further attributes of the group. */
  attributes?: Readonly<Record<string, string>>;
}

const LINE_HEIGHT = 15;
const PADDING = { x: 12, y: 8 };
/** Longest line in characters; the widths are of a fixed-width font of 12 pixels and of wide sans-serif ones of 11. */
const MOST_CHARACTERS = 40;
const CHARACTER_WIDTH = { first: 7.3, other: 6.7 };

/** The size of a node with these lines. */
export function nodeSize({ lines }: NodeLook): Size {
  const widths = lines.map(
    (line, i) => Math.min(line.length, MOST_CHARACTERS) * (i === 0 ? CHARACTER_WIDTH.first : CHARACTER_WIDTH.other),
  );
  return {
    width: Math.ceil(Math.max(90, ...widths) + 2 * PADDING.x),
    height: lines.length * LINE_HEIGHT + 2 * PADDING.y,
  };
}

/** The edges and nodes of a graph as two groups; the arrow's marker must have the id `arrow`. */
export function graphElements(graph: NetGraph, layout: Layout, looks: readonly NodeLook[]): string {
  const edges = graph.edges.map(
    ({ from, to, blob }, i) =>
      `<path class="edge" data-from="${from}" data-to="${to}" d="${rounded(layout.edges[i]!)}" marker-end="url(#arrow)">` +
      `<title>${escapeMarkup(blob)}</title></path>`,
  );
  const nodes = graph.nodes.map((_node, i) => nodeElement(looks[i]!, layout.nodes[i]!));
  return `<g class="edges">\n${edges.join('\n')}\n</g>\n<g class="nodes">\n${nodes.join('\n')}\n</g>`;
}

/** The definition of the edges' arrow head. */
export const ARROW_MARKER =
  '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">' +
  '<path class="arrow" d="M0,0.5 L8,4 L0,7.5 z"/></marker>';

function nodeElement(
  { lines, classes, tooltip, attributes = {} }: NodeLook,
  { x, y, width, height }: Point & Size,
): string {
  const extra = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeMarkup(value)}"`);
  const texts = lines.map((line, i) => {
    const baseline = PADDING.y + (i + 1) * LINE_HEIGHT - 4;
    return `<text class="line${i}" x="${PADDING.x}" y="${baseline}">${escapeMarkup(shortened(line, MOST_CHARACTERS))}</text>`;
  });
  return (
    `<g class="${['node', ...classes].join(' ')}" transform="translate(${figure(x)},${figure(y)})"${extra.join('')}>` +
    (tooltip === undefined ? '' : `<title>${escapeMarkup(tooltip)}</title>`) +
    `<rect class="box" width="${figure(width)}" height="${figure(height)}" rx="6"/>` +
    `<rect class="stripe" width="5" height="${figure(height - 12)}" y="6" rx="2"/>${texts.join('')}</g>`
  );
}

/** A line with its corners rounded. */
function rounded(points: readonly Point[]): string {
  const last = points.length - 1;
  return points
    .map((point, i) => {
      if (i === 0) return `M${pair(point)}`;
      if (i === last) return `L${pair(point)}`;
      const before = towards(point, points[i - 1]!);
      const after = towards(point, points[i + 1]!);
      return `L${pair(before)}Q${pair(point)} ${pair(after)}`;
    })
    .join('');
}

/** The point on the way from one to another where a rounded corner begins. */
function towards(from: Point, to: Point): Point {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const part = distance === 0 ? 0 : Math.min(6, distance / 2) / distance;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

const pair = ({ x, y }: Point): string => `${figure(x)},${figure(y)}`;

function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}
