/**
 * What a pass does to memory: which storages each layer reads and writes, and which layers do nothing at all. Blobs that
 * share their values (in-place tops, Split, Flatten …) are one storage, so that order is kept wherever it matters.
 */
import { Phase } from '../../generated/messages.js';
import { holds, type LayerRule } from '../../layers/facts.js';
import type { Layer } from '../../layers/layer.js';
import { factsOfLayer } from '../../layers/registry.js';
import { SplitLayer } from '../../layers/split.js';
import type { Blob } from '../../engine/blob.js';
import type { Graph } from '../graph.js';

/** A net, as its storages are used. Layers are given by index. */
export interface Program {
  readonly graph: Graph;
  /** Storages that a layer looks at, its parameters among them; empty for layers that do nothing. */
  readonly reads: readonly ReadonlySet<Blob>[];
  /** Storages that a layer changes. */
  readonly writes: readonly ReadonlySet<Blob>[];
  /** Layers that use a storage, in order. */
  readonly uses: ReadonlyMap<Blob, readonly number[]>;
  /** Storages whose values nobody wants after the pass, and that nobody looks at before they are written. */
  readonly intermediates: ReadonlySet<Blob>;
  /** The blob that a Split's top is another name for, as often as there are Splits between; the blob itself otherwise. */
  readonly unsplit: (blob: Blob) => Blob;
  /** Some shapes are known only when the layers before have run. */
  readonly hasLateShapes: boolean;
}

/**
 * Whether the layer is exactly what `type` is in Caffe. A class of the user's own may do as it likes, also one derived of
 * ours.
 */
export function isExactly<T extends Layer>(layer: Layer, type: abstract new (...args: never[]) => T): layer is T {
  return layer.constructor === type;
}

/** @param kept blobs whose values are wanted after the pass, the outputs among them */
export function programOf(graph: Graph, kept: Iterable<Blob>): Program {
  const { layers, blobs } = graph;
  const reads: Set<Blob>[] = [];
  const writes: Set<Blob>[] = [];
  const uses = new Map<Blob, number[]>();
  const splits = new Map<Blob, Blob>();
  const unsplit = (blob: Blob): Blob => splits.get(blob) ?? blob;
  layers.forEach((layer, index) => {
    const bottom = storagesOf(graph, graph.bottoms[index]!);
    const top = storagesOf(graph, graph.tops[index]!);
    if (isExactly(layer, SplitLayer))
      for (const id of graph.tops[index]!) splits.set(blobs[id]!, unsplit(blobs[graph.bottoms[index]![0]!]!));
    const idle = isIdle(layer, bottom, top);
    const params = layer.blobs.map((blob) => blob.storage);
    reads.push(new Set(idle ? [] : [...bottom, ...params]));
    writes.push(new Set(idle ? [] : [...top, ...(changesParams(layer) ? params : [])]));
    for (const storage of new Set([...reads[index]!, ...writes[index]!])) {
      const users = uses.get(storage) ?? [];
      users.push(index);
      uses.set(storage, users);
    }
  });

  const wanted = new Set([...kept].map((blob) => blob.storage));
  blobs.forEach((blob, id) => {
    if (graph.lossWeights[id] !== 0) wanted.add(blob.storage);
  });
  const intermediates = new Set<Blob>();
  for (const storage of new Set(blobs)) {
    const first = uses.get(storage)?.[0];
    if (first === undefined || wanted.has(storage)) continue;
    // What a layer without bottoms gives may have been put there before the pass.
    const hasMaker = graph.bottoms[first]!.length > 0;
    if (hasMaker && writes[first]!.has(storage) && !reads[first]!.has(storage)) intermediates.add(storage);
  }
  const hasLateShapes = layers.some(mayLearnShapes);
  return { graph, reads, writes, uses, intermediates, unsplit, hasLateShapes };
}

function storagesOf({ blobs }: Graph, ids: readonly number[]): Blob[] {
  return ids.map((id) => blobs[id]!.storage);
}

/** Whether the layer's forward does nothing: the values are in the tops already, or its tops share the bottom's. */
function isIdle(layer: Layer, bottom: readonly Blob[], top: readonly Blob[]): boolean {
  const { idle, sharesValues } = factsOfLayer(layer) ?? {};
  if (!applies(idle, layer) && !applies(sharesValues, layer)) return false;
  return bottom.length === 0 || top.every((storage) => storage === bottom[0]);
}

/** Whether the layer may set its tops' shapes by values. A class of the user's own that declares nothing may do as it likes. */
function mayLearnShapes(layer: Layer): boolean {
  const facts = factsOfLayer(layer);
  return !facts || (facts.shapesFromValues ?? false);
}

/** Whether the layer may change its own parameters. */
function changesParams(layer: Layer): boolean {
  const facts = factsOfLayer(layer);
  return !facts || applies(facts.changesBlobs, layer);
}

function applies(rule: LayerRule | undefined, layer: Layer): boolean {
  return holds(rule, layer.param, layer.param.phase ?? Phase.TEST);
}
