/**
 * Which class runs a layer. Where a type has several implementations, the first of these that applies is taken:
 *
 * 1. the first one whose `variant.schemas` has the schema that the net was read with; where no schema was given and the net's fields
 *    say that it is of some of the forks, those of these forks go before the others in what follows;
 * 2. the first one whose `variant.claims` accepts the layer, by its fields, its bottoms, and the shapes of its blobs where
 *    weights are known;
 * 3. the one without `variant.claims`, or without `variant`: what the type means where nothing says otherwise.
 *
 * "First" is in the order of registration for the user's own classes, then in the order of the table's rows.
 */
import { NetspecError, didYouMean } from '../errors.js';
import type { LayerType } from '../generated/layer-types.js';
import type { LayerParameter } from '../generated/messages.js';
import { forksOf } from '../proto/forks/net-forks.js';
import { isV1TypeOfFork } from '../proto/forks/v1-types.js';
import type { LayerFacts, LayerHints, LayerQuery, VariantFacts } from './facts.js';
import { caffeFormOf } from './foreign-types.js';
import type { Layer, LayerClass } from './layer.js';
import { declaredFacts, ownLayers } from './own-layers.js';
import { LAYER_TABLE, type LayerRow } from './table.js';

const rowsByType = new Map<string, LayerRow[]>();
for (const row of LAYER_TABLE) rowsByType.set(row.facts.type, [...(rowsByType.get(row.facts.type) ?? []), row]);

/** Every built-in layer type, in the order in which Caffe's own messages list them. */
export const LAYER_TYPES = [...rowsByType.keys()] as readonly LayerType[];

/**
 * Makes a layer type of one's own known to every Net that is built from now on. A class that declares `static facts` is then
 * treated as a built-in one: by the DSL, by pictures, by whatever rewrites or checks a net. If its facts have a `variant`, it
 * becomes one more implementation of the type, and goes before the built-in ones.
 * @param type the name that `layer { type: "…" }` will use
 * @throws NetspecError when the type exists already and is run, unless `override` is set; an override ends with
 * {@link unregisterLayer}.
 * @example
 * class Nothing extends Layer {
 *   override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.reshapeLike(x!);
 *   }
 *
 *   override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.data.set(x!.data);
 *   }
 * }
 * registerLayer('Nothing', Nothing);
 * unregisterLayer('Nothing');
 */
export function registerLayer(type: string, cls: LayerClass, { override = false } = {}): void {
  if (type === '') throw new NetspecError('a layer type needs a name');
  const variant = variantOf(cls);
  const own = ownLayers.get(type) ?? [];
  const isReplaced = (other: LayerClass) => !variant || !variantOf(other) || variantOf(other)?.name === variant.name;
  const runs = (other: LayerClass) => !declaredFacts(other)?.unsupported;
  const taken =
    own.some(isReplaced) ||
    (rowsByType.get(type) ?? []).some((row) => runs(row) && (!variant || (variantOf(row) && isReplaced(row))));
  if (!override && taken)
    throw new NetspecError(
      `Layer type ${type}${variant?.name ? `, variant ${variant.name},` : ''} already registered`,
      {
        hint: `choose another name, or pass { override: true } to replace it`,
      },
    );
  ownLayers.set(type, [...own.filter((other) => !isReplaced(other)), cls]);
}

/**
 * Takes back {@link registerLayer}, all variants of the type; a built-in type that was overridden is itself again.
 * @returns whether there was something to take back. Built-in types stay.
 * @example
 * class Nothing extends Layer {
 *   override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.reshapeLike(x!);
 *   }
 *
 *   override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
 *     y!.data.set(x!.data);
 *   }
 * }
 * registerLayer('Nothing', Nothing);
 * unregisterLayer('Nothing');
 */
export function unregisterLayer(type: string): boolean {
  return ownLayers.delete(type);
}

/** Every type that {@link lookUpLayer} finds, sorted. */
export function knownLayerTypes(): string[] {
  return [...new Set([...rowsByType.keys(), ...ownLayers.keys()])].sort();
}

/** Whether a layer type is built in or registered. */
export function isKnownType(type: string): boolean {
  return rowsByType.has(type) || ownLayers.has(type);
}

/**
 * Whether a type that is not known is a known one, spelt wrongly: Convolutoin, and not Convolution3D. One with an underscore is the name
 * that a fork's V1 enum has for a layer of its own, and so is CROP in a net of such a fork.
 */
export function isMisspelt(layer: LayerParameter): boolean {
  const { type = '' } = layer;
  return !isKnownType(type) && !type.includes('_') && !isV1TypeOfFork(layer, type) && meantBy(type) !== undefined;
}

/** "did you mean …" for a type that is not known. A longer name is no slip, but that of another layer. */
function meantBy(type: string): string | undefined {
  const known = knownLayerTypes();
  return known.some((name) => type.startsWith(name) || type.endsWith(name)) ? undefined : didYouMean(type, known);
}

/** Whether a type has several implementations, so that more than its name is needed to look it up. */
export function hasVariants(type: string): boolean {
  return candidatesFor(type).length > 1;
}

/**
 * The class that runs a layer.
 * @param layer the layer, or the name of its type
 * @param hints what else is known about the layer
 * @throws NetspecError in Caffe's words when there is none, with the nearest name as a hint; when the type has several
 * implementations and none of them claims the layer.
 */
export function lookUpLayer(layer: string | LayerParameter, hints: LayerHints = {}): LayerClass {
  const param = typeof layer === 'string' ? { type: layer } : layer;
  const candidates = candidatesFor(param.type ?? '');
  if (candidates.length === 0) throw unknownType(param.type ?? '');
  return chosen(candidates, { ...hints, param }) ?? refuse(candidates, { ...hints, param });
}

/**
 * What is known about a layer's type: the facts of the class that {@link lookUpLayer} finds. Of a user's own class without
 * facts that overrides a built-in type, the built-in declaration holds; what it says of the computation does not.
 * @param hints what else is known about the layer
 * @returns undefined for an unknown type, for one of the user's own without facts, and where no implementation claims the layer
 */
export function factsOf(param: LayerParameter, hints: LayerHints = {}): LayerFacts | undefined {
  const { type = '' } = param;
  const cls = chosen(candidatesFor(type), { ...hints, param });
  if (!cls) return undefined;
  const [builtIn] = rowsByType.get(type) ?? [];
  return declaredFacts(cls) ?? (builtIn && declarationOf(builtIn.facts));
}

function declarationOf({ type, origin, family, doc, bottoms, tops, params, drawn }: LayerFacts): LayerFacts {
  return { type, origin, family, doc, bottoms, tops, params, drawn };
}

/**
 * The facts that hold for a layer of a net. A class that extends a built-in one may compute something else, so the facts that
 * it inherits do not count.
 */
export function factsOfLayer(layer: Layer): LayerFacts | undefined {
  return declaredFacts(layer.constructor as LayerClass);
}

const builtIn: ReadonlySet<unknown> = new Set(LAYER_TABLE);

/** Whether a layer of a net is run by a class of the table, and not by a user's own. */
export function isBuiltIn(layer: Layer): boolean {
  return builtIn.has(layer.constructor);
}

/** The classes that may run layers of a type. One of the user's own that is no variant stands alone. */
function candidatesFor(type: string): readonly LayerClass[] {
  const own = ownLayers.get(type) ?? [];
  return own.some((cls) => !variantOf(cls)) ? own : [...own, ...(rowsByType.get(type) ?? [])];
}

function variantOf(cls: LayerClass): VariantFacts | undefined {
  return declaredFacts(cls)?.variant;
}

function chosen(candidates: readonly LayerClass[], query: LayerQuery): LayerClass | undefined {
  if (candidates.length <= 1) return candidates[0];
  const { schema, param } = query;
  const named = candidates.find((cls) => schema !== undefined && variantOf(cls)?.schemas.includes(schema));
  if (named) return named;
  const forks = schema === undefined ? forksOf(param) : undefined;
  const ofForks = candidates.filter((cls) => {
    const { schemas = [] } = variantOf(cls) ?? {};
    return !forks || schemas.length === 0 || schemas.some((name) => forks.includes(name));
  });
  const possible = ofForks.length > 0 ? ofForks : candidates;
  return (
    possible.find((cls) => variantOf(cls)?.claims?.(query)) ??
    candidates.find((cls) => variantOf(cls)?.claims?.(query)) ??
    possible.find((cls) => !variantOf(cls)?.claims) ??
    (possible.length === 1 ? possible[0] : undefined)
  );
}

function refuse(candidates: readonly LayerClass[], { param, blobs }: LayerQuery): never {
  const variants = candidates.flatMap((cls) => declaredFacts(cls) ?? []);
  const forms = variants.map(({ origin, variant }) => `that of ${origin} (${variant!.when})`);
  const schemas = variants.flatMap(({ variant }) => variant!.schemas.slice(0, 1));
  const count = (things: number, what: string) => `${things} ${what}${things === 1 ? '' : 's'}`;
  const got = [count(param.bottom?.length ?? 0, 'bottom'), ...(blobs ? [count(blobs.length, 'blob')] : [])];
  throw new NetspecError(
    `expected one of the layers of type ${param.type ?? ''}: ${forms.join(', ')}; got ${got.join(' and ')}`,
    {
      hint: `read the net with the schema of the fork that it comes from: ${schemas.join(', ')}`,
    },
  );
}

function unknownType(type: string): NetspecError {
  const form = caffeFormOf(type);
  const meant = form === undefined ? meantBy(type) : `Caffe's form of ${type}: ${form}`;
  return new NetspecError(`Unknown layer type: ${type}`, {
    field: 'type',
    code: type === '' || (meant && form === undefined) ? undefined : 'unknown-layer-type',
    hint:
      meant ?? (type === '' ? 'the layer has no type field' : "a fork's own layer can be added with registerLayer()"),
  });
}
