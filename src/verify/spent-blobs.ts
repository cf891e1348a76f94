/**
 * spent-blobs: gives back the memory of blobs that no later layer of a pass reads. Of a large net, what all layers give takes
 * more memory than the weights do.
 */
import type { Blob } from '../engine/blob.js';
import type { Net } from '../runtime/net.js';

export class SpentBlobs {
  /** By layer, the blobs whose last reader it is. */
  readonly #spent = new Map<number, Blob[]>();

  /**
   * @param net whose shapes are settled. What feeds it and what nothing reads is kept: inputs are fed once for several passes,
   *   and outputs are what a pass is for
   */
  constructor(net: Net) {
    const lastUses = new Map<Blob, number>();
    const kept = new Set<Blob>();
    const storageOf = (name: string): Blob => net.blobs.get(name)!.storage;
    net.layers.forEach((layer, index) => {
      const [bottoms, tops] = [net.bottomNamesOf(index), net.topNamesOf(index)].map((names) => names.map(storageOf));
      for (const blob of [...bottoms!, ...tops!]) lastUses.set(blob, index);
      // A layer may give its parameters.
      for (const blob of bottoms!.length === 0 ? tops! : layer.blobs) kept.add(blob.storage);
    });
    for (const name of net.outputs) kept.add(storageOf(name));
    for (const [blob, index] of lastUses) {
      if (kept.has(blob)) continue;
      const spent = this.#spent.get(index) ?? [];
      spent.push(blob);
      this.#spent.set(index, spent);
    }
  }

  /** To be called when the layer has run, and what it gave was looked at. */
  after(layer: number): void {
    for (const blob of this.#spent.get(layer) ?? []) blob.release();
  }
}
