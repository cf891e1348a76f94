/**
 * Top and LayerFunction: the graph that the DSL builds. A LayerFunction is a layer with its bottoms and fields, a Top is
 * one of the blobs that it makes; names come only when a NetParameter is made of them, in pycaffe's order.
 */
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import type { Schema } from '../proto/schema.js';
import { NetspecError } from '../errors.js';
import { OWN_SETTINGS, type WithOwnSettings } from '../proto/message.js';
import { assignFields, describe, isFields, type Message } from './fields.js';
import { layerFields } from './layer-fields.js';
import { checkHasType, forTarget, targetSchema, titleOf, type ToProtoOptions } from './targets.js';

/**
 * One output blob of a layer. Made by `L`, never by hand.
 * @example
 * const data = L.Input({ shape: { dim: [1, 3] } });
 * const [left, right] = L.Split(data, { ntop: 2 });
 * right instanceof Top; // → true
 * left.toProto().layer!.map(({ type }) => type); // → ['Input', 'Split']
 */
export class Top {
  constructor(
    /** The layer that makes this blob. */
    readonly fn: LayerFunction,
    /** Which of the layer's tops this is, from 0. */
    readonly n: number,
  ) {}

  /** The layers that this blob needs, as {@link toProto} names them. */
  toProto(options: ToProtoOptions = {}): NetParameter {
    return toProto(this, options);
  }
}

/**
 * What a layer takes as a bottom. A layer without tops (`ntop: 0`) is none, and is refused at run time; it is in the type
 * because `n.name` reads as either.
 */
export type Bottom = Top | LayerFunction;

/** What a layer with `ntop: N` gives: a Top, N of them in a list, or for 0 the layer itself. */
export type Tops<N extends number> = number extends N
  ? Top | Top[] | LayerFunction
  : N extends 0
    ? LayerFunction
    : N extends 1
      ? Top
      : ListOf<N>;
type ListOf<N extends number, List extends Top[] = []> = List['length'] extends N ? List : ListOf<N, [...List, Top]>;

/** A layer: its type, bottoms and fields. */
export class LayerFunction {
  readonly inputs: readonly Top[];
  readonly inPlace: boolean;
  /** One for each of `ntop`. */
  readonly tops: readonly Top[];
  readonly #fields: Message;
  readonly #given: Record<string, unknown>;
  readonly #schema: Schema;

  /**
   * @param options fields of the type's own message and of LayerParameter, `ntop` and `in_place`
   * @throws NetspecError when a bottom is no Top, or a field is unknown or has a wrong value
   */
  constructor(
    readonly type: string,
    bottoms: readonly unknown[],
    options: Record<string, unknown>,
    schema: Schema,
  ) {
    const { ntop = 1, in_place = false, ...fields } = options;
    if (typeof ntop !== 'number' || !Number.isInteger(ntop) || ntop < 0)
      throw new NetspecError(`ntop: expected a whole number of tops, got ${describe(ntop)}`);
    if (typeof in_place !== 'boolean')
      throw new NetspecError(`in_place: expected true or false, got ${describe(in_place)}`);
    this.inputs = Object.freeze(bottoms.map(checkBottom));
    if (in_place && (bottoms.length !== 1 || ntop !== 1))
      throw new NetspecError(
        `in_place: expected one bottom and ntop 1, got ${bottoms.length === 1 ? 'one' : bottoms.length} and ntop ${ntop}`,
        { hint: "an in-place layer's top is its bottom; leave in_place out" },
      );
    this.inPlace = in_place;
    this.tops = Object.freeze(Array.from({ length: ntop }, (_, i) => new Top(this, i)));
    this.#schema = schema;
    this.#given = fields;
    this.#fields = layerFields(type, fields, schema);
  }

  /**
   * The layer's message, once its blobs have names.
   * @param target the schema of the Caffe that the net is for
   * @throws NetspecError where that lacks what the layer has
   */
  toLayer(name: string, bottom: readonly string[], top: readonly string[], target?: Schema): LayerParameter {
    const layer: Message = { name, type: this.type, bottom: [...bottom], top: [...top] };
    const fields = target ? this.#fieldsFor(target, name) : this.#fields;
    // As in pycaffe, fields come after: `name` and `type` replace, `bottom` and `top` append.
    assignFields(layer, (target ?? this.#schema).message('LayerParameter'), fields);
    const own = (fields as WithOwnSettings)[OWN_SETTINGS];
    if (own) Object.assign(layer, { [OWN_SETTINGS]: own });
    if (bottom.length === 0 && !this.#fields['bottom']) delete layer['bottom'];
    if (top.length === 0 && !this.#fields['top']) delete layer['top'];
    return layer;
  }

  /** The fields once more, as another Caffe has them: its enums may have other numbers. */
  #fieldsFor(target: Schema, name: string): Message {
    try {
      checkHasType(this.type, target);
      return layerFields(this.type, this.#given, target);
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      const { reason, details } = error;
      const isSaid = reason.startsWith(titleOf(target));
      throw new NetspecError(isSaid ? reason : `${titleOf(target)}: ${reason}`, {
        ...details,
        layer: { name, type: this.type },
        cause: error,
      });
    }
  }
}

function checkBottom(bottom: unknown, index: number): Top {
  if (bottom instanceof Top && (bottom.fn as unknown) instanceof LayerFunction && bottom.fn.tops[bottom.n] === bottom)
    return bottom;
  const say = (got: string, hint?: string) => new NetspecError(`bottom ${index}: expected a Top, got ${got}`, { hint });
  if (bottom instanceof Top) throw say('an unfinished one', 'Tops come from L, not from new Top()');
  if (bottom instanceof LayerFunction)
    throw say(
      `the layer ${bottom.type} with ntop ${bottom.tops.length}`,
      bottom.tops.length === 0 ? 'a layer with ntop: 0 has no top to read' : 'take one of its tops',
    );
  if (Array.isArray(bottom))
    throw say(describe(bottom), 'take its Tops apart: const [data, label] = L.Data({ ntop: 2 }), or L.Concat(...tops)');
  throw say(describe(bottom), isFields(bottom) ? 'fields come last, after the bottoms' : undefined);
}

/** Gives a blob, or a layer without tops, its name. */
export type Naming = (key: Bottom) => string;

/**
 * Names for one NetParameter: the given ones, else type and a number, counted per type in the order in which names are
 * asked for.
 * @param onAutoName called with each name that is made up
 */
export function autoNaming(
  given?: ReadonlyMap<Bottom, string>,
  onAutoName?: (key: Bottom, name: string) => void,
): Naming {
  const names = new Map(given);
  const counts = new Map<string, number>();
  return (key) => {
    let name = names.get(key);
    if (name === undefined) {
      const type = key instanceof Top ? key.fn.type : key.type;
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      name = `${type}${count}`;
      onAutoName?.(key, name);
      names.set(key, name);
    }
    return name;
  };
}

/**
 * Every layer that the roots need, bottoms before their readers, depth first in the order of the roots.
 * @throws NetspecError when a layer needs its own top
 */
export function collectLayers(roots: Iterable<Bottom>, nameOf: Naming, target?: Schema): LayerParameter[] {
  const done = new Map<LayerFunction, LayerParameter>();
  for (const root of roots) {
    // Not recursive: a chain of unnamed layers may be longer than the call stack.
    const path: LayerFunction[] = [root instanceof Top ? root.fn : root];
    const open = new Set(path);
    while (path.length > 0) {
      const fn = path[path.length - 1]!;
      const next = done.has(fn) ? undefined : fn.inputs.find((input) => !done.has(input.fn))?.fn;
      if (next) {
        if (open.has(next)) throw circular([...path.slice(path.indexOf(next)), next]);
        path.push(next);
        open.add(next);
        continue;
      }
      if (!done.has(fn)) done.set(fn, nameLayer(fn, done, nameOf, target));
      open.delete(fn);
      path.pop();
    }
  }
  return [...done.values()];
}

function nameLayer(
  fn: LayerFunction,
  done: ReadonlyMap<LayerFunction, LayerParameter>,
  nameOf: Naming,
  target: Schema | undefined,
): LayerParameter {
  const bottom = fn.inputs.map((input) => done.get(input.fn)!.top![input.n]!);
  const top = fn.inPlace ? bottom : fn.tops.map(nameOf);
  return fn.toLayer(nameOf(fn.tops[0] ?? fn), bottom, top, target);
}

function circular(loop: readonly LayerFunction[]): NetspecError {
  return new NetspecError(`the layers form a loop: ${loop.map((fn) => fn.type).join(' reads ')}`, {
    hint: 'a Caffe net has no loops; unroll it',
  });
}

/**
 * The net that computes the given blobs. Names are made up: `Convolution1`, `Convolution2` …, counted afresh in each call;
 * for names of your own use a NetSpec.
 * @throws NetspecError when something else than a Top is given, and for a layer that the `target` lacks
 * @example
 * const data = L.Input({ shape: { dim: [1, 3] } });
 * const net = toProto(L.ReLU(data));
 * net.layer!.map(({ name }) => name); // → ['Input1', 'ReLU1']
 * toProto(L.ReLU(data), { target: 'ssd' }).layer!.length; // → 2
 */
export function toProto(...args: Bottom[] | [...tops: Bottom[], options: ToProtoOptions]): NetParameter {
  const last = args.at(-1);
  const options = isFields(last) && !isBottom(last) ? (last as ToProtoOptions) : undefined;
  const tops = options ? args.slice(0, -1) : args;
  for (const [i, top] of (tops as unknown[]).entries())
    if (!isBottom(top)) throw new NetspecError(`toProto: argument ${i}: expected a Top, got ${describe(top)}`);
  const target = targetSchema(options ?? {});
  return forTarget({ layer: collectLayers(tops as Bottom[], autoNaming(), target) }, target);
}

function isBottom(value: unknown): value is Bottom {
  return value instanceof Top || value instanceof LayerFunction;
}
