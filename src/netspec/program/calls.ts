/**
 * A net as calls of `L`: which blob of the NetSpec each layer reads and makes, and under which names. Layers that a NetSpec cannot
 * name as they are (a second producer of a blob, an unknown bottom) say their bottoms and tops as fields.
 */
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import type { Schema } from '../../proto/schema.js';
import { isFieldsLiteral, type Call, type Literal, type Wire } from './model.js';
import { layerOptions } from './values.js';

export interface NetCalls {
  readonly calls: readonly Call[];
  /** Layers that the DSL would write otherwise, by index: without a name, or with a message that has no fields. */
  readonly literal: ReadonlyMap<number, LayerParameter>;
}

/** Members of a NetSpec, which name no blob. */
const MEMBERS: ReadonlySet<string> = new Set(['tops', 'toProto']);

/** The layers as calls, in the order of the net. */
export function netCalls({ layer: layers = [] }: NetParameter, schema: Schema): NetCalls {
  const keys = new Keys(layers);
  const wires = new Map<string, Wire>();
  const literal = new Map<number, LayerParameter>();
  const calls = layers.map((layer, index): Call => {
    const { name, type, bottom = [], top = [] } = layer;
    const options = layerOptions(layer, schema);
    if (name === undefined || !type || hasEmptyMessage(options)) literal.set(index, layer);
    const inPlace = bottom.length === 1 && top.length === 1 && bottom[0] === top[0] && wires.has(bottom[0]!);
    const isPlain =
      bottom.every((blob) => wires.has(blob)) &&
      new Set(top).size === top.length &&
      (inPlace || top.every((blob) => keys.isFree(blob)));
    if (!isPlain) {
      const [key] = keys.take([name ?? 'layer']) as [string];
      const blobs = { ...(bottom.length > 0 && { bottom }), ...(top.length > 0 && { top }) };
      return {
        callee: type || 'Layer',
        inputs: [],
        outputs: [],
        args: { keys: [key], options: { ntop: 0, ...named(key, name), ...blobs, ...options } },
      };
    }
    const own = inPlace || top.length === 0 ? keys.take([name ?? '']) : keys.claim(top);
    const outputs = top.length === 0 ? [] : own.map((key): Wire => ({ key }));
    const inputs = bottom.map((blob) => wires.get(blob)!);
    for (const [i, wire] of outputs.entries()) wires.set(top[i]!, wire);
    return {
      callee: type || 'Layer',
      inputs,
      outputs,
      args: {
        keys: own,
        options: {
          ...(top.length !== 1 && { ntop: top.length }),
          ...(inPlace && { in_place: true }),
          ...named(own[0]!, name),
          ...options,
        },
      },
    };
  });
  return { calls, literal };
}

function named(key: string, name: string | undefined): Record<string, Literal> {
  return name === key || name === undefined ? {} : { name };
}

/** A message that is there and has no fields: as an argument it would set nothing. */
function hasEmptyMessage(value: Literal): boolean {
  if (Array.isArray(value)) return value.some((item: Literal) => isFieldsLiteral(item) && hasEmptyInside(item));
  return isFieldsLiteral(value) && hasEmptyInside(value);
}

function hasEmptyInside(fields: Readonly<Record<string, Literal>>): boolean {
  return Object.values(fields).some(
    (each) => (isFieldsLiteral(each) && Object.keys(each).length === 0) || hasEmptyMessage(each),
  );
}

/** The names of a NetSpec. A blob's name is its own; a layer without a blob of its own gets one that is free. */
class Keys {
  readonly #taken = new Set<string>(MEMBERS);
  readonly #blobs = new Set<string>();

  constructor(layers: readonly LayerParameter[]) {
    for (const { top = [], bottom = [] } of layers)
      for (const blob of top) if (bottom[0] !== blob) this.#blobs.add(blob);
  }

  isFree(key: string): boolean {
    return !this.#taken.has(key);
  }

  claim(blobs: readonly string[]): string[] {
    for (const blob of blobs) this.#taken.add(blob);
    return [...blobs];
  }

  take(wanted: readonly string[]): string[] {
    return wanted.map((name) => {
      let key = name;
      for (let i = 2; this.#taken.has(key) || (this.#blobs.has(key) && key !== ''); i++) key = `${name}_${i}`;
      this.#taken.add(key);
      return key;
    });
  }
}
