/**
 * LayerCalls: calls a net's layers by index, with the blobs that each reads and writes; what a layer refuses is said with
 * its name and its place in the prototxt.
 */
import { NetspecError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { shapeString } from '../shapes.js';
import type { Blob } from '../engine/blob.js';
import { SteppedOverLayer } from './step-over.js';
import { factsOfLayer, isBuiltIn } from '../layers/registry.js';
import { onBehalf, onBehalfOf, type Graph } from './graph.js';

export class LayerCalls {
  /** The blobs that each layer reads and writes: looked up once, since every pass wants them. */
  readonly bottoms: readonly (readonly Blob[])[];
  readonly tops: readonly (readonly Blob[])[];
  readonly #graph: Graph;
  /** Whether a layer's reshape depends on nothing but the shapes of what it reads. */
  readonly #isShapedByShapes: readonly boolean[];
  /** The shapes of bottoms and tops after each layer's last reshape. A blob that gets another shape gets another list. */
  readonly #shapes: ((readonly number[])[] | undefined)[];

  constructor(graph: Graph) {
    this.#graph = graph;
    const blobsOf = (ids: readonly number[]): Blob[] => ids.map((id) => graph.blobs[id]!);
    this.bottoms = graph.bottoms.map(blobsOf);
    this.tops = graph.tops.map(blobsOf);
    this.#isShapedByShapes = graph.layers.map(isShapedByShapes);
    this.#shapes = graph.layers.map(() => undefined);
  }

  reshape(index: number): void {
    this.#shapes[index] = undefined;
    const layer = this.#graph.layers[index]!;
    try {
      layer.reshape(this.bottoms[index]!, this.tops[index]!);
    } catch (error) {
      throw onBehalf(layer.param, error);
    }
  }

  /**
   * Reshapes a layer and checks its tops, unless all of its blobs have the shapes that its last reshape left. In most passes of
   * most nets nothing has changed, and small nets would take as long for this as for all the rest.
   */
  prepare(index: number): void {
    if (this.#isAsBefore(index)) return;
    this.reshape(index);
    this.checkElements(index);
    if (!this.#isShapedByShapes[index]) return;
    this.#shapes[index] = [...this.bottoms[index]!, ...this.tops[index]!].map(({ shape }) => shape);
  }

  #isAsBefore(index: number): boolean {
    const shapes = this.#shapes[index];
    if (!shapes) return false;
    const [bottoms, tops] = [this.bottoms[index]!, this.tops[index]!];
    const { length } = bottoms;
    for (let i = 0; i < length; i++) if (bottoms[i]!.shape !== shapes[i]) return false;
    for (let i = 0; i < tops.length; i++) if (tops[i]!.shape !== shapes[length + i]) return false;
    return true;
  }

  /** @throws NetspecError when a top never had elements. */
  checkElements(index: number): void {
    const layer = this.#graph.layers[index]!;
    const tops = this.tops[index]!;
    for (let i = 0; i < tops.length; i++) {
      if (tops[i]!.hasHadElements || layer instanceof SteppedOverLayer) continue;
      // Caffe loads such a net, for its shapes, and ends when a layer asks for the values.
      const name = this.#graph.blobNames[this.#graph.tops[index]![i]!]!;
      throw onBehalf(
        layer.param,
        new NetspecError(`top '${name}' has no elements: its shape is ${shapeString(tops[i]!.shape)}`, {
          hint: 'a larger input or a smaller kernel is needed; nothing can be computed where a dimension is 0',
        }),
      );
    }
  }

  forward(index: number): void {
    const layer = this.#graph.layers[index]!;
    try {
      layer.forward(this.bottoms[index]!, this.tops[index]!);
    } catch (error) {
      throw onBehalf(layer.param, error);
    }
  }

  /** Anything else that is to be done on behalf of a layer. */
  do(index: number, action: () => void): void {
    onBehalfOf(this.#graph.layers[index]!.param, action);
  }
}

/**
 * Layers that are built in and compute values of a family that moves or transforms them. Others may do more in `reshape`: a user's
 * own class is told that it is called before each pass.
 */
function isShapedByShapes(layer: Layer): boolean {
  const facts = factsOfLayer(layer);
  if (!facts || !isBuiltIn(layer) || facts.shapesFromValues === true) return false;
  if (facts.family === 'weights') return facts.weights !== undefined;
  return layer.type === 'Split' || SHAPED_FAMILIES.has(facts.family);
}

const SHAPED_FAMILIES: ReadonlySet<string> = new Set(['scaling', 'pooling', 'joining', 'activation']);
