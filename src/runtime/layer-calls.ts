/**
 * LayerCalls: calls a net's layers by index, with the blobs that each reads and writes; what a layer refuses is said with
 * its name and its place in the prototxt.
 */
import { NetspecError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { shapeString } from '../shapes.js';
import type { Blob } from '../engine/blob.js';
import { SteppedOverLayer } from './step-over.js';
import { onBehalfOf, type Graph } from './graph.js';

export class LayerCalls {
  /** The blobs that each layer reads and writes: looked up once, since every pass wants them. */
  readonly bottoms: readonly (readonly Blob[])[];
  readonly tops: readonly (readonly Blob[])[];
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
    const blobsOf = (ids: readonly number[]): Blob[] => ids.map((id) => graph.blobs[id]!);
    this.bottoms = graph.bottoms.map(blobsOf);
    this.tops = graph.tops.map(blobsOf);
  }

  reshape(index: number): void {
    this.do(index, (layer, bottom, top) => {
      layer.reshape(bottom, top);
    });
  }

  /** @throws NetspecError when a top never had elements. */
  checkElements(index: number): void {
    this.do(index, (layer, _bottom, top) => {
      const empty = top.findIndex((blob) => !blob.hasHadElements);
      if (empty < 0 || layer instanceof SteppedOverLayer) return;
      // Caffe loads such a net, for its shapes, and ends when a layer asks for the values.
      const name = this.#graph.blobNames[this.#graph.tops[index]![empty]!]!;
      throw new NetspecError(`top '${name}' has no elements: its shape is ${shapeString(top[empty]!.shape)}`, {
        hint: 'a larger input or a smaller kernel is needed; nothing can be computed where a dimension is 0',
      });
    });
  }

  forward(index: number): void {
    this.do(index, (layer, bottom, top) => {
      layer.forward(bottom, top);
    });
  }

  /** Anything else that is to be done on behalf of a layer. */
  do(index: number, action: (layer: Layer, bottom: readonly Blob[], top: readonly Blob[]) => void): void {
    const layer = this.#graph.layers[index]!;
    onBehalfOf(layer.param, () => {
      action(layer, this.bottoms[index]!, this.tops[index]!);
    });
  }
}
