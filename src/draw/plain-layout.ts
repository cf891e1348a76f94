/**
 * plain-layout: places the layers of a large graph in time and memory proportional to its size. Each layer stands one rank below
 * the lowest that it reads; an edge that passes ranks runs beside them, in a lane that all edges of one blob share.
 */
import type { NetGraph } from './graph.js';
import type { Layout, Point, Size } from './geometry.js';

/** ELK's work grows faster than the number of ranks that edges cross, and than a rank's nodes; up to here it takes seconds. */
const MOST_CROSSINGS = 2500;
const MOST_IN_A_RANK = 150;
const MARGIN = 16;
const NODE_GAP = 24;
const RANK_GAP = 42;
const LANE_GAP = 10;

/** Whether a layered layout with few crossings would take too long. */
export function isLarge(graph: NetGraph): boolean {
  const ranks = ranksOf(graph);
  const positions = positionsOf(graph);
  let crossings = graph.nodes.length;
  for (const { from, to } of graph.edges) crossings += ranks[positions.get(to)!]! - ranks[positions.get(from)!]!;
  const inRank = new Int32Array(graph.nodes.length);
  for (const rank of ranks) inRank[rank]!++;
  return crossings > MOST_CROSSINGS || inRank.some((count) => count > MOST_IN_A_RANK);
}

/** Lays a graph out; see {@link Layout}. Edges may cross each other, and none crosses a node. */
export function layOutPlainly(graph: NetGraph, sizeOf: (node: number) => Size): Layout {
  const positions = positionsOf(graph);
  const ranks = ranksOf(graph);
  const nodes = graph.nodes.map((_, i) => ({ x: 0, y: 0, ...sizeOf(i) }));
  const rows: number[][] = [];
  ranks.forEach((rank, i) => (rows[rank] ??= []).push(i));

  const widths = rows.map((row) => row.reduce((sum, i) => sum + nodes[i]!.width + NODE_GAP, -NODE_GAP));
  const widest = widths.reduce((most, width) => Math.max(most, width), 0);
  /** The y below each rank at which its edges run sideways. */
  const gaps: number[] = [];
  let y = MARGIN;
  rows.forEach((row, rank) => {
    let x = MARGIN + (widest - widths[rank]!) / 2;
    let height = 0;
    for (const i of row) {
      const node = nodes[i]!;
      node.x = x;
      node.y = y;
      x += node.width + NODE_GAP;
      height = Math.max(height, node.height);
    }
    y += height + RANK_GAP;
    gaps.push(y - RANK_GAP / 2);
  });

  const lanes = lanesOf(graph, ranks, positions);
  const right = MARGIN + widest + LANE_GAP;
  const edges = graph.edges.map(({ from, to }, i): Point[] => {
    const [source, target] = [positions.get(from)!, positions.get(to)!];
    const start = { x: centre(nodes[source]!), y: nodes[source]!.y + nodes[source]!.height };
    const end = { x: centre(nodes[target]!), y: nodes[target]!.y };
    const [leaves, arrives] = [gaps[ranks[source]!]!, gaps[ranks[target]! - 1]!];
    const lane = lanes.of[i];
    if (lane === undefined)
      return start.x === end.x ? [start, end] : [start, { x: start.x, y: leaves }, { x: end.x, y: leaves }, end];
    const x = right + lane * LANE_GAP;
    return [start, { x: start.x, y: leaves }, { x, y: leaves }, { x, y: arrives }, { x: end.x, y: arrives }, end];
  });
  return {
    width: right + lanes.count * LANE_GAP + MARGIN,
    height: Math.max(y - RANK_GAP, 0) + MARGIN,
    nodes,
    edges,
  };
}

/** For each node, how many nodes stand one below another above it. Edges lead from earlier nodes to later ones. */
function ranksOf({ nodes, edges }: NetGraph): Int32Array {
  const positions = positionsOf({ nodes });
  const ranks = new Int32Array(nodes.length);
  // The graph lists edges in the order of the nodes that they lead to, so that each rank is complete before it is used.
  for (const { from, to } of edges) {
    const target = positions.get(to)!;
    ranks[target] = Math.max(ranks[target]!, ranks[positions.get(from)!]! + 1);
  }
  return ranks;
}

function positionsOf({ nodes }: Pick<NetGraph, 'nodes'>): Map<number, number> {
  return new Map(nodes.map(({ index }, position) => [index, position]));
}

/**
 * A lane for each edge that passes ranks. Edges of one blob share theirs; a lane is free again below the last rank that its
 * blob reaches.
 */
function lanesOf(
  { edges }: NetGraph,
  ranks: Int32Array,
  positions: ReadonlyMap<number, number>,
): { of: (number | undefined)[]; count: number } {
  const spans = new Map<string, { first: number; last: number; lane: number }>();
  const spanOfEdge = edges.map(({ from, to, blob }) => {
    const [first, last] = [ranks[positions.get(from)!]!, ranks[positions.get(to)!]!];
    if (last - first < 2) return undefined;
    const key = `${from} ${blob}`;
    const span = spans.get(key) ?? { first, last, lane: 0 };
    span.last = Math.max(span.last, last);
    spans.set(key, span);
    return span;
  });
  /** Lanes that end at a rank. */
  const ending = new Map<number, number[]>();
  const free: number[] = [];
  let count = 0;
  let rank = 0;
  for (const span of [...spans.values()].sort((a, b) => a.first - b.first)) {
    for (; rank <= span.first; rank++) free.push(...(ending.get(rank) ?? []));
    span.lane = free.pop() ?? count++;
    const others = ending.get(span.last);
    if (others) others.push(span.lane);
    else ending.set(span.last, [span.lane]);
  }
  return { of: spanOfEdge.map((span) => span?.lane), count };
}

function centre({ x, width }: Point & Size): number {
  return x + width / 2;
}
