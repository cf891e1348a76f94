/**
 * What a pass does to memory: which storages each layer reads and writes, and which layers do nothing at all. Blobs that
 * share their values (in-place tops, Split, Flatten …) are one storage, so that order is kept wherever it matters.
 */
import { Phase } from '../../generated/messages.js';
import { BatchNormLayer } from '../../layers/batch-norm.js';
import { ConcatLayer } from '../../layers/concat.js';
import { DropoutLayer } from '../../layers/dropout.js';
import { FilterLayer } from '../../layers/filter.js';
import { FlattenLayer } from '../../layers/flatten.js';
import { layerRegistry, type Layer, type LayerClass } from '../../layers/index.js';
import { InputLayer } from '../../layers/input.js';
import { ParameterLayer } from '../../layers/parameter.js';
import { ReshapeLayer } from '../../layers/reshape.js';
import { SilenceLayer } from '../../layers/silence.js';
import { SliceLayer } from '../../layers/slice.js';
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

const CLASSES: readonly LayerClass[] = Object.values(layerRegistry);
/** What these do is done when shapes are set, or by the caller. */
const IDLE: readonly LayerClass[] = [InputLayer, ParameterLayer, SilenceLayer];
/** These do nothing when their tops share their one bottom's values. */
const PASSIVE: readonly LayerClass[] = [SplitLayer, FlattenLayer, ReshapeLayer, ConcatLayer, SliceLayer];

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
  const hasLateShapes = layers.some((layer) => isExactly(layer, FilterLayer) || !isOurs(layer));
  return { graph, reads, writes, uses, intermediates, unsplit, hasLateShapes };
}

function storagesOf({ blobs }: Graph, ids: readonly number[]): Blob[] {
  return ids.map((id) => blobs[id]!.storage);
}

function isOurs(layer: Layer): boolean {
  return CLASSES.includes(layer.constructor as LayerClass);
}

/** Whether the layer's forward does nothing. */
function isIdle(layer: Layer, bottom: readonly Blob[], top: readonly Blob[]): boolean {
  const type = layer.constructor as LayerClass;
  if (IDLE.includes(type)) return true;
  const isPassive = PASSIVE.includes(type) || (type === DropoutLayer && layer.param.phase !== Phase.TRAIN);
  return isPassive && bottom.length === 1 && top.every((storage) => storage === bottom[0]);
}

/** Whether the layer changes its own parameters. */
function changesParams(layer: Layer): boolean {
  return isExactly(layer, BatchNormLayer) ? !layer.usesStoredStatistics : !isOurs(layer);
}
