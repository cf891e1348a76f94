/**
 * graph: a net as a person thinks of it: layers that hand blobs to each other. Split layers are not among them, and an
 * in-place layer stands between the one it follows and those that read the blob after it.
 */
import { MESSAGE, NET, checkArguments } from '../arguments.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import type { Net } from '../runtime/net.js';
import { factsOf, factsOfLayer } from '../layers/registry.js';
import type { LayerFacts, LayerFamily } from '../layers/facts.js';

/** A layer in a graph. */
export interface GraphNode {
  /** Position among the net's layers, as `net.layers` counts them. */
  index: number;
  name: string;
  type: string;
  /** What a person would want to know of its settings: `3x3/2 pad 1`; empty when there is nothing to say. */
  settings: string;
  /** What the layer does, in broad terms; 'other' for a type that is not known. */
  family: LayerFamily;
  tops: readonly GraphTop[];
}

/** A blob that a layer of a graph writes. */
export interface GraphTop {
  name: string;
  /** Undefined when the net was not built. */
  shape?: readonly number[];
}

/** One blob on its way from the layer that wrote it to one that reads it. */
export interface GraphEdge {
  /** Indices of layers, as in {@link GraphNode.index}. */
  from: number;
  to: number;
  blob: string;
}

/** A net as a graph; see {@link graphOfNet}. */
export interface NetGraph {
  name: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/**
 * The graph of a net that was built, with the shapes of its blobs.
 * @example
 * const net = await Net.load('net.prototxt', { shapesOnly: true });
 * const graph = graphOfNet(net);
 * graph.nodes.find(({ name }) => name === 'pool1')!.tops[0]!.shape; // → [1, 4, 4, 4]
 */
export function graphOfNet(net: Net): NetGraph {
  checkArguments('graphOfNet()', { net: [net, NET] });
  const layers = net.layers.map((layer, index) => ({
    param: layer.param,
    facts: factsOfLayer(layer) ?? factsOf(layer.param),
    bottoms: net.bottomNamesOf(index),
    tops: net.topNamesOf(index),
  }));
  const { unshaped } = net;
  return connect(net.name, layers, (blob) => (unshaped.has(blob) ? undefined : net.blobs.get(blob)?.shape));
}

/**
 * The graph of a net as it is written, for nets that cannot be built here; it has no shapes. All its layers are
 * drawn, whatever their phase.
 * @example
 * const graph = graphOfProto(parsePrototxt(await readText('net.prototxt')));
 * graph.nodes.map(({ name }) => name); // → ['data', 'conv1', 'relu1', 'pool1', 'fc', 'prob']
 */
export function graphOfProto(net: NetParameter): NetGraph {
  checkArguments('graphOfProto()', { net: [net, MESSAGE] });
  const layers = (net.layer ?? []).map((param) => ({
    param,
    facts: factsOf(param),
    bottoms: param.bottom ?? [],
    tops: param.top ?? [],
  }));
  return connect(net.name ?? '', layers, () => undefined);
}

interface Wired {
  param: LayerParameter;
  facts: LayerFacts | undefined;
  bottoms: readonly string[];
  tops: readonly string[];
}

function connect(
  name: string,
  layers: readonly Wired[],
  shapeOf: (blob: string) => readonly number[] | undefined,
): NetGraph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  /** Blob → the layer that wrote it last; a Split's copies count as what they are copies of. */
  const writers = new Map<string, number>();
  layers.forEach(({ param, facts, bottoms, tops }, index) => {
    const sources = bottoms.map((blob) => ({ blob, from: writers.get(blob) }));
    if (param.type === 'Split') {
      const from = sources[0]?.from;
      if (from !== undefined) for (const top of tops) writers.set(top, from);
      return;
    }
    nodes.push({
      index,
      name: param.name ?? '',
      type: param.type ?? '',
      settings: facts?.drawn?.(param) ?? '',
      family: facts?.family ?? 'other',
      tops: tops.map((top) => ({ name: top, shape: shapeOf(top) })),
    });
    for (const { blob, from } of sources) if (from !== undefined) edges.push({ from, to: index, blob });
    for (const top of tops) writers.set(top, index);
  });
  return { name, nodes, edges };
}
