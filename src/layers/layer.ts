/**
 * Layer: the base class of all layer types. It mirrors caffe::Layer: `setUp` is called once, `reshape` before each
 * `forward`.
 */
import { NetspecError } from '../errors.js';
import type { FillerParameter, LayerParameter, Phase } from '../generated/messages.js';
import type { Blob } from '../engine/blob.js';
import type { Arena } from '../engine/arena.js';
import { blobFactsOf, countOf, type BlobCount, type LayerFacts } from './facts.js';

/** What a layer may ask of the net it is part of. */
export interface LayerContext {
  readonly phase: Phase;
  readonly arena: Arena;
  /** Convolution algorithm; see the net's option of the same name. */
  readonly algorithm: 'auto' | 'gemm';
  /** A new blob in the net's memory. */
  createBlob(shape?: readonly number[]): Blob;
  /**
   * A parameter blob that is filled by `filler` when its values are first wanted and no weights were copied in.
   * Filler types as in Caffe; @throws NetspecError on an unknown filler type.
   */
  createParam(shape: readonly number[], filler?: FillerParameter): Blob;
  /** Fills a blob now, as Caffe's filler of that name does; random ones draw on from this layer's own stream. */
  fill(blob: Blob, filler?: FillerParameter): void;
  /** The next number of this layer's own random stream, uniform in [0, 1): the same for the same seed and layer name. */
  random(): number;
  /**
   * Byte address of at least `bytes` of scratch memory, good until this layer's `forward` returns; its contents are
   * undefined. All layers share it, so hold nothing in it between calls. It may move memory: ask for it before taking
   * `blob.data` views.
   */
  scratch(bytes: number): number;
}

/**
 * What a layer type is: derive from it to run a type of your own. The net calls `setUp` once, `reshape` and `forward` in each pass.
 * @example
 * class Double extends Layer {
 *   override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.reshapeLike(x!);
 *   }
 *
 *   override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.data.set(x!.data.map((value) => 2 * value));
 *   }
 * }
 * registerLayer('Double', Double);
 * const text = 'layer { type: "Input" top: "x" input_param { shape { dim: 2 } } } layer { type: "Double" bottom: "x" top: "y" }';
 * const net = await Net.load(text);
 * net.blobs.get('x')!.data.set([1, 2]);
 * (await net.forward()).get('y')!.data; // → Float32Array.of(2, 4)
 * unregisterLayer('Double');
 */
export abstract class Layer {
  /**
   * What is known about the type. A built-in layer declares it, and a user's own may. A class that extends another
   * one inherits its numbers of bottoms and tops, and its fillers. Nothing else is assumed of it until it has facts
   * of its own.
   */
  static readonly facts?: LayerFacts;

  /** Parameter blobs (weights), in Caffe's order. */
  readonly blobs: Blob[] = [];
  /** How many bottoms the layer takes. Default: as many as the facts name, or one. */
  readonly bottomCount: BlobCount = countOf(this.#facts?.bottoms ?? ['x']);
  /** How many tops the layer takes. Default: as many as the facts name, or one. */
  readonly topCount: BlobCount = countOf(this.#facts?.tops ?? ['y']);
  /** Caffe's EqualNumBottomTopBlobs: as many tops as bottoms. */
  readonly equalBottomTop: boolean = false;
  /** Caffe's AutoTopBlobs: anonymous tops are made where fewer are named than are needed (losses). */
  readonly autoTopBlobs: boolean = false;

  constructor(
    readonly param: LayerParameter,
    protected readonly context: LayerContext,
  ) {}

  get #facts(): LayerFacts | undefined {
    return (this.constructor as typeof Layer).facts;
  }

  /** The name of the layer in the prototxt. */
  get name(): string {
    return this.param.name ?? '';
  }

  /** The type of the layer in the prototxt. */
  get type(): string {
    return this.param.type ?? '';
  }

  /** Checks that do not depend on shapes alone, and parameter blobs. Called once; bottoms have their shapes. */
  setUp(_bottom: readonly Blob[], _top: readonly Blob[]): void {}

  /** Sets the tops' shapes from the bottoms' and checks them. Called after setUp and before each forward. */
  abstract reshape(bottom: readonly Blob[], top: readonly Blob[]): void;

  /** Computes the tops. With an in-place layer top[i] is bottom[i]. */
  abstract forward(bottom: readonly Blob[], top: readonly Blob[]): void;

  /** Weight of a top in the loss when `loss_weight` is not given: 1 for the first top of a loss layer. */
  defaultLossWeight(_topIndex: number): number {
    return 0;
  }

  /** What a saved file says of the layer, blobs left out: in Caffe, layers of some types add to what the prototxt gave. */
  savedParam(): LayerParameter {
    return this.param;
  }

  /** Multiply-accumulates of one forward pass over these shapes; 0 where a layer has none worth counting. */
  macs(_bottom: readonly Blob[], _top: readonly Blob[]): number {
    return 0;
  }

  /**
   * Adds the next parameter blob, with the filler that the facts give it.
   * @param index of the blob in the facts, where it is not the next
   * @throws NetspecError on an unknown filler type
   */
  protected addBlob(shape: readonly number[], index = this.blobs.length): void {
    const filler = blobFactsOf(this.#facts, this.param, index)?.filler?.(this.param);
    this.blobs.push(this.context.createParam(shape, filler));
  }

  /** Throws unless `condition`; the net adds the layer's name, type and address. */
  protected check(
    condition: boolean,
    reason: string | (() => string),
    hint?: string,
    field?: string,
  ): asserts condition {
    if (!condition) this.fail(typeof reason === 'string' ? reason : reason(), hint, field);
  }

  /** Throws; the net adds the layer's name, type and address. */
  protected fail(reason: string, hint?: string, field?: string): never {
    throw new NetspecError(reason, { hint, field, layer: { name: this.name, type: this.type } });
  }
}

/** A concrete layer class. */
export interface LayerClass {
  new (param: LayerParameter, context: LayerContext): Layer;
  readonly facts?: LayerFacts;
}
