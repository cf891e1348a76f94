/**
 * One layer by itself, without a net: for testing a layer's arithmetic and refusals at any shape.
 */
import { Phase, type LayerParameter } from '../../src/generated/messages.js';
import type { Layer, LayerContext } from '../../src/layers/index.js';
import { lookUpLayer } from '../../src/layers/registry.js';
import { setUpLayer } from '../../src/layers/shared/set-up.js';
import { Blob } from '../../src/engine/blob.js';
import { fillArray } from '../../src/engine/fillers.js';
import { seededRandom } from '../../src/engine/random.js';
import { createArena } from '../../src/engine/wasm-arena.js';

/** A shape with values, or with zeros. */
export type Input = readonly number[] | { shape: readonly number[]; data: ArrayLike<number> };

const arena = await createArena();

function createContext(phase: Phase = Phase.TEST): LayerContext {
  const random = seededRandom(1);
  let scratch = { ptr: 0, bytes: 0 };
  return {
    phase,
    arena,
    algorithm: 'auto',
    createBlob: (shape) => new Blob(arena, shape),
    createParam: (shape, filler) => {
      const blob = new Blob(arena, shape);
      fillArray(blob.data, blob.shape, filler, random);
      return blob;
    },
    fill: (blob, filler) => fillArray(blob.data, blob.shape, filler, random),
    random,
    scratch: (bytes) => {
      if (bytes > scratch.bytes) scratch = { ptr: arena.allocate(bytes), bytes };
      // Nobody may rely on what is there.
      new Uint8Array(arena.buffer, scratch.ptr, scratch.bytes).fill(0xff);
      return scratch.ptr;
    },
  };
}

export class OneLayer {
  readonly bottom: Blob[];
  readonly top: Blob[];
  readonly layer: Layer;

  /**
   * Creates the layer and calls setUp and reshape.
   * @param param `type` and the layer's own parameters; `phase` is TEST unless given
   * @param inputs the bottoms
   * @param tops how many tops; `'in place'` for one that is bottom 0
   */
  constructor(param: LayerParameter, inputs: readonly Input[], tops: number | 'in place' = 1) {
    const context = createContext(param.phase);
    this.bottom = inputs.map((input) => new Blob(arena, shapeOf(input)));
    this.top = tops === 'in place' ? [this.bottom[0]!] : Array.from({ length: tops }, () => new Blob(arena));
    this.layer = new (lookUpLayer(param.type!))({ name: 'l', ...namesOf(this.bottom, this.top), ...param }, context);
    this.set(inputs);
    setUpLayer(this.layer, this.bottom, this.top);
  }

  /** New inputs, of new shapes too. */
  set(inputs: readonly Input[]): this {
    inputs.forEach((input, i) => {
      this.bottom[i]!.reshape(shapeOf(input));
      if ('data' in input) this.bottom[i]!.data.set(input.data);
    });
    return this;
  }

  /** Values of the parameter blobs. */
  setParams(params: readonly ArrayLike<number>[]): this {
    params.forEach((values, i) => this.layer.blobs[i]!.data.set(values));
    return this;
  }

  /** Reshapes, runs and returns the tops' values. */
  forward(): Float32Array[] {
    this.layer.reshape(this.bottom, this.top);
    this.layer.forward(this.bottom, this.top);
    return this.top.map((blob) => blob.data.slice());
  }
}

/** The tops' values of a layer run once. */
export function runLayer(
  param: LayerParameter,
  inputs: readonly Input[],
  options: { tops?: number | 'in place'; params?: readonly ArrayLike<number>[] } = {},
): Float32Array[] {
  return new OneLayer(param, inputs, options.tops).setParams(options.params ?? []).forward();
}

/** As a net names the blobs that a layer has. */
function namesOf(bottom: readonly Blob[], top: readonly Blob[]): Pick<LayerParameter, 'bottom' | 'top'> {
  const names = bottom.map((_, i) => `x${i}`);
  return { bottom: names, top: top.map((blob, i) => names[bottom.indexOf(blob)] ?? `y${i}`) };
}

function shapeOf(input: Input): readonly number[] {
  return 'data' in input ? input.shape : input;
}
