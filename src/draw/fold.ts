/** fold: a graph in which layers whose names begin alike are one node: for looking at large nets. */
import type { GraphNode, NetGraph } from './graph.js';

export interface FoldedGraph {
  readonly graph: NetGraph;
  /** By the index of a node: the indices of the layers that it stands for; one, for a layer that is not folded. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** By the index of a node that stands for several layers: what their names begin with. */
  readonly prefixes: ReadonlyMap<number, string>;
}

/** The parts of a name: `layer1.0.conv2`, `conv1/relu` and `P3_conv` have levels. */
function partsOf(name: string): string[] {
  return name.split(/(?<=[._/-])/);
}

/**
 * Folds layers whose names have the same first parts.
 * @param level how many parts of a name are compared; 0 folds nothing
 * @param open prefixes that stay unfolded
 */
export function foldGraph(graph: NetGraph, level: number, open: ReadonlySet<string> = new Set()): FoldedGraph {
  const prefixOf = ({ name, index }: GraphNode): string => {
    const parts = partsOf(name);
    const prefix = parts.slice(0, level).join('');
    // A name without more parts is a layer of its own.
    return level > 0 && parts.length > level && !open.has(prefix) ? prefix : `#${index}`;
  };
  const groups = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    const prefix = prefixOf(node);
    groups.set(prefix, [...(groups.get(prefix) ?? []), node]);
  }
  const members = new Map<number, number[]>();
  const prefixes = new Map<number, string>();
  const nodeOf = new Map<number, number>();
  const nodes = [...groups].map(([prefix, layers]): GraphNode => {
    const [first] = layers;
    const { index } = first!;
    members.set(
      index,
      layers.map((layer) => layer.index),
    );
    for (const layer of layers) nodeOf.set(layer.index, index);
    if (layers.length === 1) return first!;
    prefixes.set(index, prefix);
    return {
      index,
      name: `${prefix}…`,
      type: `${layers.length} layers`,
      settings: '',
      family: 'other',
      tops: layers.at(-1)!.tops,
    };
  });
  const seen = new Set<string>();
  const edges = graph.edges.flatMap(({ from, to, blob }) => {
    const edge = { from: nodeOf.get(from)!, to: nodeOf.get(to)!, blob };
    const key = `${edge.from} ${edge.to}`;
    if (edge.from === edge.to || (seen.has(key) && prefixes.size > 0)) return [];
    seen.add(key);
    return [edge];
  });
  return { graph: { name: graph.name, nodes, edges }, members, prefixes };
}
