/** dump-recorder: the outputs of a pass that are to be dumped: blobs as they are after it, or tops as each layer left them. */
import type { DumpedTop } from '../../dumps/index.js';
import type { Net } from '../../runtime/net.js';

interface Place {
  layer: number;
  index: number;
  blob: string;
}

export class DumpRecorder {
  readonly #places: Place[];
  readonly #overwritten = new Map<number, Place[]>();
  /** Blob → the layers that write it, those apart that netspec puts in. */
  readonly #writers = new Map<string, number[]>();
  /** Values that a later layer overwrites in place. */
  readonly #copies = new Map<Place, Float32Array>();

  /** @param chosen the blobs that are dumped */
  constructor(
    readonly net: Net,
    chosen: readonly string[],
    of: 'blobs' | 'layers',
  ) {
    const tops = net.layers.flatMap((_, layer) => net.topNamesOf(layer).map((blob, index) => ({ layer, index, blob })));
    for (const { blob, layer } of tops) this.#writers.set(blob, [...(this.#writers.get(blob) ?? []), layer]);
    const isWanted = new Set(chosen);
    this.#places =
      of === 'blobs'
        ? chosen.map((blob) => tops.find((top) => top.blob === blob)!)
        : tops.filter(({ layer, blob }) => isWanted.has(blob) && net.layers[layer]!.type !== 'Split');
    for (const place of this.#places)
      if (this.#writers.get(place.blob)!.at(-1) !== place.layer)
        this.#overwritten.set(place.layer, [...(this.#overwritten.get(place.layer) ?? []), place]);
  }

  /** To be called when a layer has run: keeps what the next one overwrites. */
  readonly observe = (layer: number): void => {
    for (const place of this.#overwritten.get(layer) ?? [])
      this.#copies.set(place, this.net.blobs.get(place.blob)!.data.slice());
  };

  /** What is dumped, after the pass. */
  tops(): DumpedTop[] {
    return this.#places.map((place) => {
      const { shape, data } = this.net.blobs.get(place.blob)!;
      return {
        ...{ blob: place.blob, layer: this.net.layerNames[place.layer]!, index: place.index },
        writers: this.#writers.get(place.blob)!.map((layer) => this.net.layers[layer]!.type),
        ...{ shape, data: this.#copies.get(place) ?? data },
      };
    });
  }
}
