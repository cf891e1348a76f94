/**
 * Collects the Caffe layers that operators become, with their weights, in order. Names are given when all layers are
 * known: see name-layers.ts.
 */
import { asFloat32 } from '../../weights/elements.js';
import type { LayerParameter } from '../../generated/messages.js';
import { L } from '../../netspec/layers.js';
import type { LayerFunction, Top } from '../../netspec/top.js';
import { product, sameShape } from '../../shapes.js';
import type { Numbers } from '../schema/data-types.js';
import type { Node } from '../graph/graph.js';

/** A blob of the net that is being made. A scalar of ONNX's has the shape [1]. */
export interface Blob {
  readonly top: Top;
  readonly shape: readonly number[];
}

/** A parameter blob; its values are computed when they are written, or looked at. */
export interface Weights {
  readonly shape: readonly number[];
  values(): Float32Array;
}

/** Weights whose values are at hand. */
export function weights(shape: readonly number[], values: Numbers | readonly number[]): Weights {
  return {
    shape,
    values: () => asFloat32(values),
  };
}

export interface MadeLayer {
  readonly fn: LayerFunction;
  readonly tops: readonly Blob[];
  readonly blobs: readonly Weights[];
  /** What it does for its node, where that takes several layers. */
  readonly role: string;
  readonly node: Node | undefined;
}

export interface LayerOptions {
  /** Parameter blobs. */
  readonly blobs?: readonly Weights[];
  readonly role?: string;
}

/** Fields of a layer as L takes them. */
export type Fields = Readonly<Record<string, unknown>>;

export class Builder {
  readonly layers: MadeLayer[] = [];
  /** The node whose layers are being made. */
  node: Node | undefined;
  /** For tops of Reshape layers, the blob before it. */
  readonly reshapedFrom = new Map<Top, Blob>();
  readonly #constants = new Map<string, Blob>();

  /** Adds a layer with one top. */
  layer(
    type: string,
    bottoms: readonly Blob[],
    fields: Fields,
    shape: readonly number[],
    options?: LayerOptions,
  ): Blob {
    return this.split(type, bottoms, fields, [shape], options)[0]!;
  }

  /** Adds a layer with a top for each shape. */
  split(
    type: string,
    bottoms: readonly Blob[],
    fields: Fields,
    shapes: readonly (readonly number[])[],
    { blobs = [], role = type.toLowerCase() }: LayerOptions = {},
  ): Blob[] {
    const made: unknown = L(type, ...bottoms.map(({ top }) => top), { ...fields, ntop: shapes.length });
    const [first] = (Array.isArray(made) ? made : [made]) as [Top];
    const { fn } = first;
    const tops = shapes.map((shape, i) => ({ top: fn.tops[i]!, shape }));
    this.layers.push({ fn, tops, blobs, role, node: this.node });
    return tops;
  }

  /** A blob of constant values: equal ones by a filler, others as a parameter. */
  constant(shape: readonly number[], data: Numbers, key?: string): Blob {
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known && sameShape(known.shape, shape)) return known;
    const first = data[0] ?? 0;
    const dim = { shape: { dim: [...shape] } };
    const isUniform = product(shape) > 0 && data.every((value) => Object.is(value, first));
    const blob = isUniform
      ? this.layer(
          'DummyData',
          [],
          { shape: dim.shape, ...(first !== 0 && { data_filler: { type: 'constant', value: Math.fround(first) } }) },
          shape,
          { role: 'constant' },
        )
      : this.layer('Parameter', [], dim, shape, { blobs: [weights(shape, data)], role: 'constant' });
    if (key !== undefined) this.#constants.set(key, blob);
    return blob;
  }
}

/** Layers of a message, beside the blobs that belong in them. */
export interface NamedLayer {
  readonly layer: LayerParameter;
  readonly made: MadeLayer;
}
