/**
 * layout: where each layer and each edge of a graph goes, in layers from top to bottom (ELK's layered algorithm). Graphs that
 * ELK would take minutes for are laid out by plain-layout.ts.
 */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { NetGraph } from './graph.js';
import type { Layout, Size } from './geometry.js';
import { isLarge, layOutPlainly } from './plain-layout.js';

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  // Levels of a pyramid from left to right as they were written.
  'elk.layered.considerModelOrder.strategy': 'PREFER_EDGES',
  // A third of the time; the nets drawn here have few crossings.
  'elk.layered.thoroughness': '2',
};

/**
 * Lays a graph out. Loads ELK, which is large, when it is first called; 300 layers take about a second. Graphs of
 * more than about 1000 layers, or with very many long edges, are laid out plainly: time and memory are proportional to the size.
 * @param sizeOf how large the node of that position among the graph's nodes is drawn
 */
export async function layOut(graph: NetGraph, sizeOf: (node: number) => Size): Promise<Layout> {
  if (isLarge(graph)) return layOutPlainly(graph, sizeOf);
  const children: ElkNode[] = graph.nodes.map(({ index }, i) => ({ id: `n${index}`, ...sizeOf(i) }));
  const edges: ElkExtendedEdge[] = graph.edges.map(({ from, to }, i) => ({
    id: `e${i}`,
    sources: [`n${from}`],
    targets: [`n${to}`],
  }));
  // One file without workers; its type declarations are beside another.
  const { default: Elk } = (await import('elkjs/lib/elk.bundled.js')) as unknown as ElkModule;
  // What comes back is the graph itself, or a copy where the layout was made in a worker.
  const placed = await new Elk().layout({ id: 'net', layoutOptions: OPTIONS, children, edges });
  const { width = 0, height = 0, children: nodes = [], edges: lines = [] } = placed;
  return {
    width,
    height,
    nodes: nodes.map((node) => ({ x: node.x!, y: node.y!, width: node.width!, height: node.height! })),
    edges: lines.map(({ sections }) =>
      (sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]),
    ),
  };
}

interface ElkModule {
  default: new () => { layout: (graph: ElkNode) => Promise<ElkNode> };
}
