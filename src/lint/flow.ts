/**
 * flow: who writes and who reads each blob of a net, without building it. A blob that in-place layers overwrite has one version for
 * each of them.
 */
import type { LayerParameter } from '../generated/messages.js';

/** What one layer wrote to a blob. */
export interface Version {
  readonly blob: string;
  readonly writer: LayerParameter;
  /** Layers that read it, in order; one that overwrites the blob is among them. */
  readonly readers: LayerParameter[];
}

export class Flow {
  readonly #reads = new Map<LayerParameter, (Version | undefined)[]>();
  readonly #writes = new Map<LayerParameter, Version[]>();
  readonly #last = new Map<string, Version>();

  constructor(readonly layers: readonly LayerParameter[]) {
    for (const layer of layers) {
      const reads = (layer.bottom ?? []).map((blob) => this.#last.get(blob));
      this.#reads.set(layer, reads);
      for (const version of new Set(reads)) version?.readers.push(layer);
      const writes = (layer.top ?? []).map((blob): Version => ({ blob, writer: layer, readers: [] }));
      this.#writes.set(layer, writes);
      for (const version of writes) this.#last.set(version.blob, version);
    }
  }

  /** What a layer reads, bottom by bottom; undefined for a blob that no layer before it writes. */
  readsOf(layer: LayerParameter): readonly (Version | undefined)[] {
    return this.#reads.get(layer) ?? [];
  }

  /** What a layer writes, top by top. */
  writesOf(layer: LayerParameter): readonly Version[] {
    return this.#writes.get(layer) ?? [];
  }

  /** Layers that read what a layer writes, in order. */
  readersOf(layer: LayerParameter): readonly LayerParameter[] {
    return [...new Set(this.writesOf(layer).flatMap(({ readers }) => readers))];
  }

  /** The layers that a layer depends on, itself included. */
  upstreamOf(layer: LayerParameter): Set<LayerParameter> {
    const found = new Set([layer]);
    for (const each of found) for (const version of this.readsOf(each)) if (version) found.add(version.writer);
    return found;
  }
}
