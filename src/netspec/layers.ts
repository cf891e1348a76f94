/**
 * L: a function for every layer type. `L.Convolution(x, { … })` for Caffe's own, `L('MyLayer', x, { … })` for any other.
 */
import type { ForkLayerField, LayerFunctions, LayerOptions } from '../generated/layers.js';
import { NetspecError } from '../errors.js';
import { caffeFormOf } from '../layers/foreign-types.js';
import { isKnownType } from '../layers/registry.js';
import type { SchemaDefinition } from '../proto/descriptor.js';
import { forkSchema, forks } from '../proto/forks/catalog.js';
import { evidenceOfMessage } from '../proto/forks/evidence.js';
import { fieldNamed } from '../proto/forks/fit.js';
import { recognize } from '../proto/forks/recognize.js';
import { caffeDefinition, defaultSchema, type Schema } from '../proto/schema.js';
import { describe, isFields } from './fields.js';
import { layerForm } from './layer-forms.js';
import { isProbe } from './probes.js';
import { LayerFunction, type Bottom, type Top, type Tops } from './top.js';

/** Fields of a layer whose type is not known before run time; they are checked against the schema then. */
export interface AnyOptions<N extends number = 1> extends Omit<LayerOptions<N>, ForkLayerField> {
  [field: string]: unknown;
}

/** A layer of a given type: bottoms, then fields. */
export interface AnyLayer {
  (...bottoms: Bottom[]): Top;
  <N extends number = 1>(...args: [...bottoms: Bottom[], options: AnyOptions<N>]): Tops<N>;
}

/** A layer of any type by its name, then bottoms, then fields. */
export interface LayerByName {
  (type: string, ...bottoms: Bottom[]): Top;
  <N extends number = 1>(type: string, ...args: [...bottoms: Bottom[], options: AnyOptions<N>]): Tops<N>;
}

export interface Layers extends LayerFunctions, LayerByName {
  /** The same as calling `L` itself: `L.layer('MyLayer', x, { … })`. */
  layer: LayerByName;
  /**
   * These functions over a vendor's caffe.proto, whose layer types then take the fields of its own messages:
   * `const V = L.withSchema(Schema.parse(text)); V.TheirLayer(x, { … })`. Their layers may be mixed with others in a net.
   */
  withSchema(schema: Schema): VendorLayers;
}

/** The layers of a vendor's Caffe: a type that is known here may have other fields there. */
export type VendorLayers = { [Type in keyof LayerFunctions]: LayerFunctions[Type] & AnyLayer } & LayerByName &
  Pick<Layers, 'layer' | 'withSchema'> &
  Record<string, AnyLayer>;

function makeLayer(schema: Schema, type: unknown, args: readonly unknown[]): unknown {
  if (typeof type !== 'string' || type === '')
    throw new NetspecError(`L: expected the name of a layer type, got ${describe(type)}`);
  const last = args.at(-1);
  const absent = last === undefined && mayEndBottoms(type, args.length - 1);
  const options = isFields(last) ? last : {};
  const bottoms = absent || isFields(last) ? args.slice(0, -1) : args;
  try {
    const fn = layerFunction(type, bottoms, options, schema);
    return fn.tops.length === 0 ? fn : fn.tops.length === 1 ? fn.tops[0] : [...fn.tops];
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const name = typeof options['name'] === 'string' ? ` '${options['name']}'` : '';
    const form = isKnownType(type) ? undefined : caffeFormOf(type);
    const hint = form === undefined ? error.details.hint : `Caffe's form of ${type}: ${form}`;
    throw new NetspecError(`L.${type}${name}: ${error.reason}`, { ...error.details, hint, cause: error });
  }
}

/**
 * The layer, by the schema given. Where that is BVLC's and does not have what is written, by the schema of a fork whose fields
 * take it, the best known one first; and at last by that of the fork that the fields show, as a prototxt with this layer would be read.
 */
function layerFunction(
  type: string,
  bottoms: readonly unknown[],
  options: Record<string, unknown>,
  schema: Schema,
): LayerFunction {
  try {
    return new LayerFunction(type, bottoms, options, schema);
  } catch (error) {
    if (!(error instanceof NetspecError) || schema !== defaultSchema()) throw error;
    const shown = () => recognize(evidenceOfMessage({ layer: [asWritten(type, options)] }), 'NetParameter')?.schema;
    const declaring = forks().filter(({ own }) => declares(own, type, options, error));
    // Of a type whose settings have several names, the forks that have the first of them come first.
    const [first] = layerForm(type)?.params ?? [];
    const usual = declaring.filter(({ own }) => own.messages[LAYER_PARAMETER]?.some(({ name }) => name === first));
    const others = new Set([...usual, ...declaring]);
    for (const fork of [
      ...[...others].map(
        ({ name }) =>
          () =>
            forkSchema(name),
      ),
      shown,
    ])
      try {
        const found = fork();
        if (found) return new LayerFunction(type, bottoms, options, found);
      } catch (other) {
        // What every fork lacks as well is said of BVLC's Caffe, which most nets are for.
        if (!(other instanceof NetspecError)) throw other;
      }
    throw error;
  }
}

/** Whether a fork declares what BVLC's schema lacks: settings of the layer, a field, or an enum's value. */
function declares(
  { messages, enums }: SchemaDefinition,
  type: string,
  options: Record<string, unknown>,
  { reason, details }: NetspecError,
): boolean {
  const missing = /\bno field '/.test(reason) ? details.field?.split('.').at(-1) : undefined;
  const value = /expected a value of .* got "(\w+)"$/.exec(reason)?.[1];
  const own = new Set(messages[LAYER_PARAMETER]?.map(({ name }) => name));
  const { byName } = defaultSchema().message('LayerParameter');
  return (
    [...(layerForm(type)?.params ?? []), ...Object.keys(options)].some(
      (field) => own.has(field) && !byName.has(field),
    ) ||
    (missing !== undefined && Object.values(messages).some((fields) => fields.some(({ name }) => name === missing))) ||
    (value !== undefined && Object.values(enums).some((values) => Object.hasOwn(values, value)))
  );
}

/** The fields of a layer where a prototxt has them, by the schemas of all Caffes. */
function asWritten(type: string, options: Record<string, unknown>): Record<string, unknown> {
  const schemas = [caffeDefinition(), ...forks().map(({ own }) => own)];
  const has = (message: string, field: string) =>
    schemas.some((definition) => fieldNamed(definition, `caffe.${message}`, field));
  const messageOf = (param: string) =>
    schemas
      .flatMap((definition) => fieldNamed(definition, LAYER_PARAMETER, param)?.type ?? [])[0]
      ?.replace('caffe.', '');
  const ownParams = schemas.flatMap(({ messages }) =>
    messages[LAYER_PARAMETER]!.filter((field) => field.type === `caffe.${type}Parameter`).map(({ name }) => name),
  );
  const params = [...new Set([...ownParams, ...(layerForm(type)?.params ?? [])])];
  const layer: Record<string, unknown> = { type };
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || key === 'ntop' || key === 'in_place') continue;
    const isDirect = key.endsWith('param') && has('LayerParameter', key);
    const owner = isDirect ? undefined : params.find((param) => has(messageOf(param) ?? '', key));
    if (owner === undefined) layer[key] = value;
    else layer[owner] = { ...(layer[owner] as object | undefined), [key]: value };
  }
  return layer;
}

const LAYER_PARAMETER = 'caffe.LayerParameter';

/** `L.ReLU(x, undefined)` is a ReLU without options, `L.ReLU(undefined)` a mistake: are so many bottoms enough? */
function mayEndBottoms(type: string, count: number): boolean {
  return (layerForm(type)?.bottoms ?? []).some((bottoms) => {
    const named = bottoms.filter((bottom) => !bottom.startsWith('...'));
    const required = named.filter((bottom) => !bottom.endsWith('?')).length;
    return count >= required && count <= named.length && !bottoms[0]?.startsWith('...');
  });
}

function makeLayers(schemaOf: () => Schema): Layers {
  const byName = (type: string, ...args: unknown[]): unknown => makeLayer(schemaOf(), type, args);
  const members: object = { layer: byName, withSchema: (schema: Schema) => makeLayers(() => schema) };
  return new Proxy(byName, {
    get(target, key): unknown {
      if (typeof key === 'symbol' || Object.hasOwn(members, key)) return Reflect.get(members, key);
      if (isProbe(key) || key in target) return Reflect.get(target, key);
      return (...args: unknown[]) => byName(key, ...args);
    },
  }) as unknown as Layers;
}

/**
 * Caffe's layers, as functions of bottoms and fields that return a Top (or several with `ntop`).
 *
 * Fields are those of the type's own message (`kernel_size`), of the message that it borrows (Deconvolution:
 * `convolution_param`), or of LayerParameter (`param`, `include`, `loss_weight`, `convolution_param` …). A repeated field
 * takes one value or a list, an enum its name or number (`'MAX'`, `P.Pooling.MAX`), a message an object.
 *
 * A type that is none of Caffe's is given by name: `L('MyLayer', x, { my_param: … })`.
 * @throws NetspecError on an unknown field or a wrong value, with the nearest name, or on a bottom that is no Top
 */
export const L: Layers = makeLayers(defaultSchema);
