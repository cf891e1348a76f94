/**
 * wiring: who reads what in a net, with Split layers looked through and each in-place layer's result told apart from what
 * it overwrote.
 */
import type { LayerParameter } from '../generated/messages.js';
import { derive } from '../proto/derive.js';
import type { Net } from '../runtime/net.js';
import { Phase } from '../generated/messages.js';

/** What a layer wrote to one of its tops. A blob that in-place layers overwrite has one for each of them. */
export interface Version {
  readonly layer: number;
  readonly top: number;
}

/** A version as a key: the layer's index, and the position among the layer's tops. */
export type TopKey = `${number}:${number}`;

export const topKey = (layer: number, top: number): TopKey => `${layer}:${top}`;

export interface Wiring {
  /** What each layer reads, by the layer's index. */
  readonly reads: readonly (readonly Version[])[];
  /** The layers that read a version, in order; Split layers are looked through. */
  readonly readers: ReadonlyMap<TopKey, readonly number[]>;
  /** Layers as the prototxt has them: without what Split layers and the net's phase put in. */
  readonly params: readonly LayerParameter[];
}

/** A layer as it is named to others: its name, its type, and the layer as the prototxt has it. */
export function namedLayer({ params }: Wiring, layer: number): { name: string; type: string; param: LayerParameter } {
  const param = params[layer]!;
  return { name: param.name ?? '', type: param.type ?? '', param };
}

export function wiringOf(net: Net): Wiring {
  const latest = new Map<string, Version>();
  /** Blob of a Split layer → the blob that it copies. */
  const origin = new Map<string, string>();
  const reads: Version[][] = [];
  const readers = new Map<TopKey, number[]>();
  const params: LayerParameter[] = [];
  net.layers.forEach((layer, index) => {
    const bottoms = net.bottomNamesOf(index);
    const tops = net.topNamesOf(index);
    reads.push(bottoms.map((blob) => latest.get(blob)!));
    if (layer.type !== 'Split')
      for (const key of new Set(reads[index]!.map((version) => topKey(version.layer, version.top))))
        readers.set(key, [...(readers.get(key) ?? []), index]);
    tops.forEach((blob, top) => {
      const source = layer.type === 'Split' ? reads[index]![0]! : { layer: index, top };
      latest.set(blob, source);
      if (layer.type === 'Split') origin.set(blob, bottoms[0]!);
    });
    const { param } = layer;
    const written = derive(param, { bottom: param.bottom?.map((blob) => origin.get(blob) ?? blob), blobs: undefined });
    // The net writes its own phase into layers that have none.
    if (written.phase === Phase[net.phase]) delete written.phase;
    if (written.bottom === undefined) delete written.bottom;
    delete written.blobs;
    params.push(written);
  });
  return { reads, readers, params };
}
