/**
 * claims: which places of a net a reference may belong to. A module is often several layers of Caffe, and its reference is
 * then that of the last, whichever of them bears the name. Names tell where to look, values where it belongs.
 */
import type { LayerParameter } from '../generated/messages.js';
import { factsOfLayer } from '../layers/registry.js';
import { isInPlace } from '../proto/in-place.js';
import type { Net } from '../runtime/net.js';
import { sameShape, withoutOnes } from '../shapes.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { completesModule, isNamedAfter, SHAPING_TYPES } from '../weights/maps/module-layers.js';
import { canonicalName, NameIndex } from '../weights/name-index.js';
import type { TensorInfo } from '../weights/source.js';
import { lastWriters, matchReferences } from './match-references.js';
import { topKey, wiringOf, type TopKey, type Version, type Wiring } from './wiring.js';

/** A top that a reference may belong to. */
export interface Place extends Version {
  /** The layers that are one module up to here: from the one that bears the reference's name to this one. */
  readonly module: readonly number[];
}

/** A reference, and where it may belong. */
export interface Claim {
  readonly reference: TensorInfo;
  /** In network order. Each is computed from the one before it, by a layer that alone reads that. */
  readonly places: readonly Place[];
  /** How many of the places that is so of; the others, of a module that is called several times, stand for themselves. */
  readonly chain: number;
  /** Index of the place where it belongs, as long as the values do not say otherwise. */
  readonly likely: number;
  /** It counts only where it agrees: the name is that of a group of layers which have references of their own. */
  readonly tentative: boolean;
  /** References that the first place may have instead, the likeliest first: its blob bears their name. */
  readonly others: readonly TensorInfo[];
  /** Later layers that compute the same and have no reference: other calls of the module, of which a dump keeps the last. */
  readonly calls: readonly Place[];
}

/** The claim as it is once its reference was found to be that of another call of the module. */
export function movedTo(claim: Claim, place: Place): Claim {
  return { ...claim, places: [place], chain: 1, likely: 0, others: [], calls: [] };
}

/** How many layers on a reference is looked for. */
const LONGEST_MODULE = 12;

/** Layers of a kind that are looked at as other calls of a module, the next ones. */
const MOST_CALLS = 100;

/** Types behind which a module's reference is still looked for, by habit of porters, and the ends of a squeeze-and-excitation. */
const PASSED_TYPES: ReadonlySet<string> = new Set([...SHAPING_TYPES, 'Scale', 'Eltwise']);

/** The claims of all references, in the order of their first places; none of two references on one place. */
export function claimsOf(net: Net, map: ReferenceMap, references: readonly TensorInfo[]): Claim[] {
  return new Claiming(net, map, references).claims();
}

/** Whether two shapes are the same but for dimensions of one. */
export function sameDimensions(a: readonly number[], b: readonly number[]): boolean {
  return sameShape(withoutOnes(a), withoutOnes(b));
}

/** A reference, and tops that bear its name or that of their group. */
interface Named {
  reference: TensorInfo;
  /** In network order. */
  starts: readonly Version[];
  /** Layers of the group up to the start; else that is the start's layer alone. */
  module?: readonly number[];
  tentative?: boolean;
  others?: TensorInfo[];
}

class Claiming {
  readonly #wiring: Wiring;
  readonly #named: Named[];
  /** What layers have in common that are calls of one module, by layer; and the layers that have it, in order. */
  readonly #callKeys: readonly (string | undefined)[];
  readonly #alike = new Map<string, number[]>();
  /** Tops that references are named after, but for those that are only tried. */
  readonly #starts = new Set<TopKey>();

  constructor(
    readonly net: Net,
    readonly map: ReferenceMap,
    readonly references: readonly TensorInfo[],
  ) {
    this.#wiring = wiringOf(net);
    this.#callKeys = this.#wiring.params.map((param, index) => callKey(param, net.layers[index]!.blobs.length > 0));
    this.#callKeys.forEach((key, index) => {
      if (key !== undefined) {
        const alike = this.#alike.get(key);
        if (alike) alike.push(index);
        else this.#alike.set(key, [index]);
      }
    });
    this.#named = namedAfterLayers(net, map, references);
    for (const { starts } of this.#named) for (const { layer, top } of starts) this.#starts.add(topKey(layer, top));
  }

  claims(): Claim[] {
    // Names of blobs are looked for by that map itself.
    if (!this.map.topReferenceNames) {
      this.#byBlobNames();
      this.#byGroups();
    }
    return this.#named
      .map((named) => this.#claim(named))
      .sort((a, b) => a.places[0]!.layer - b.places[0]!.layer || a.places[0]!.top - b.places[0]!.top);
  }

  #claim({ reference, starts, module, tentative = false, others = [] }: Named): Claim {
    const chain = this.#chainOf(starts, module);
    const isIn = (version: Version) => chain.some(({ layer, top }) => layer === version.layer && top === version.top);
    const apart = starts
      .filter((version) => !isIn(version))
      .map((version) => ({ ...version, module: [version.layer] }));
    return {
      reference,
      places: [...chain, ...apart],
      chain: chain.length,
      likely: this.#likelyOf(reference, chain, starts.length - apart.length - 1),
      tentative,
      others,
      calls: this.#callsOf([...chain, ...apart]),
    };
  }

  /**
   * Later tops that are made as those of these places are: by a layer of the type, with its settings, or with its parameters
   * by name.
   */
  #callsOf(places: readonly Place[]): Place[] {
    if (this.map.topReferenceNames) return [];
    const own = new Set(places.map(({ layer }) => layer));
    const calls = new Map<TopKey, Place>();
    for (const { layer, top } of places) {
      const alike = this.#alike.get(this.#callKeys[layer] ?? '') ?? [];
      const first = alike.findIndex((index) => index > layer);
      for (const index of first < 0 ? [] : alike.slice(first, first + MOST_CALLS)) {
        const key = topKey(index, top);
        const isFree = !own.has(index) && !this.#starts.has(key) && this.net.topNamesOf(index)[top] !== undefined;
        if (isFree) calls.set(key, { layer: index, top, module: [index] });
      }
    }
    return [...calls.values()];
  }

  /** The first start, then what the layers after it make of it, for as long as each is the only one to read what is before it. */
  #chainOf(starts: readonly Version[], module?: readonly number[]): Place[] {
    const [start] = starts as [Version];
    const own = new Set(starts.map(({ layer, top }) => topKey(layer, top)));
    const places: Place[] = [{ ...start, module: module ?? [...this.#madeBefore(start.layer), start.layer] }];
    while (places.length <= LONGEST_MODULE) {
      const last = places[places.length - 1]!;
      const next = this.#onlyReaderOf(last);
      if (!next) break;
      const key = topKey(next.layer, next.top);
      if (this.#starts.has(key) && !own.has(key)) break;
      places.push({ ...next, module: [...last.module, next.layer] });
    }
    return places;
  }

  /** The layer that a layer completes: the BatchNorm before a Scale that bears the module's name. */
  #madeBefore(layer: number): readonly number[] {
    const [version] = this.#wiring.reads[layer]!;
    if (!version || this.#starts.has(topKey(version.layer, version.top))) return [];
    const param = (of: number) => this.#wiring.params[of]!;
    return completesModule(param(layer), param(version.layer)) && this.#onlyReaderOf(version)?.layer === layer
      ? [version.layer]
      : [];
  }

  /** What the one reader of a version makes of it. Of several tops those do not count that nobody wants. */
  #onlyReaderOf({ layer, top }: Version): Version | undefined {
    const readers = this.#wiring.readers.get(topKey(layer, top)) ?? [];
    const reader = readers.length === 1 ? readers[0] : this.#scaleOf(layer, top, readers);
    if (reader === undefined) return undefined;
    const tops = this.net
      .topNamesOf(reader)
      .map((_, index) => index)
      .filter((index, _, all) => all.length === 1 || !this.#isThrownAway({ layer: reader, top: index }));
    return tops.length === 1 ? { layer: reader, top: tops[0]! } : undefined;
  }

  /**
   * The Scale of a BatchNorm whose blob others read too, since it is normalized in place: these others are what is wrong then, not
   * the pair.
   */
  #scaleOf(layer: number, top: number, readers: readonly number[]): number | undefined {
    const { params } = this.#wiring;
    if (params[layer]!.type !== 'BatchNorm' || !isInPlace(params[layer]!, top)) return undefined;
    const scales = readers.filter((reader) => params[reader]!.type === 'Scale' && params[reader]!.bottom?.length === 1);
    return scales.length === 1 ? scales[0] : undefined;
  }

  #isThrownAway({ layer, top }: Version): boolean {
    const readers = this.#wiring.readers.get(topKey(layer, top)) ?? [];
    return readers.length > 0 && readers.every((reader) => this.net.layers[reader]!.type === 'Silence');
  }

  /** Where a reference belongs by the layers' types, names and shapes. */
  #likelyOf({ shape }: TensorInfo, places: readonly Place[], named: number): number {
    // A blob's name means what that blob holds.
    if (this.map.topReferenceNames) return 0;
    const param = (place: number) => this.#wiring.params[places[place]!.layer]!;
    const fits = (place: number) => sameDimensions(this.#shapeOf(places[place]!), shape);
    let likely = named;
    const first = likely;
    while (likely + 1 < places.length && completesModule(param(likely + 1), param(likely), param(first))) likely++;
    if (fits(likely)) return likely;
    for (let place = likely + 1; place < places.length; place++)
      if (PASSED_TYPES.has(param(place).type ?? '') && fits(place)) return place;
    return likely;
  }

  #shapeOf({ layer, top }: Version): readonly number[] {
    return this.net.blobs.get(this.net.topNamesOf(layer)[top]!)!.shape;
  }

  #unused(): TensorInfo[] {
    const used = new Set(this.#named.flatMap(({ reference, others = [] }) => [reference, ...others]));
    return this.references.filter((reference) => !used.has(reference));
  }

  #add(named: Named): void {
    this.#named.push(named);
    if (!named.tentative) for (const { layer, top } of named.starts) this.#starts.add(topKey(layer, top));
  }

  /** References that bear the name of a blob and of no layer: what the blob holds in the end. */
  #byBlobNames(): void {
    const index = new NameIndex(this.references);
    const unused = new Set(this.#unused());
    const layers = new Set(this.net.layerNames.map(canonicalName));
    for (const [blob, layer] of lastWriters(this.net)) {
      // What bears a layer's name is for the map to say, which may give the layer another.
      if (layers.has(canonicalName(blob))) continue;
      const reference = [`${blob}_output`, blob].flatMap((name) => index.find(name)).find((each) => unused.has(each));
      if (!reference || isFeeding(this.net, layer)) continue;
      const top = this.net.topNamesOf(layer).indexOf(blob);
      const known = this.#named.find(({ starts }) => starts.some((at) => at.layer === layer && at.top === top));
      unused.delete(reference);
      if (!known) this.#add({ reference, starts: [{ layer, top }] });
      else (known.others ??= []).push(reference);
    }
  }

  /** References that bear the name of a module whose layers are called after it: `se` of `se_pool`, `se_fc` and `se_scale`. */
  #byGroups(): void {
    const byLength = this.#unused().sort((a, b) => b.name.length - a.name.length);
    const { prefix } = new NameIndex(this.references);
    for (const reference of byLength) {
      // The first of a tuple, such as an LSTM returns, is what the next module reads.
      const name = canonicalName(reference.name.slice(prefix.length).replace(/\[0\]$/, '')).replace(/_output$/, '');
      const group = this.net.layerNames.flatMap((layer, index) =>
        isNamedAfter(layer, name) && !isFeeding(this.net, index) ? [index] : [],
      );
      const exit = group.length > 1 ? this.#exitOf(group) : undefined;
      if (!exit || this.#starts.has(topKey(exit.layer, exit.top))) continue;
      const tentative = group.some((layer) =>
        this.net.topNamesOf(layer).some((_, top) => this.#starts.has(topKey(layer, top))),
      );
      const module = group.filter((layer) => layer <= exit.layer);
      this.#add({ reference, starts: [exit], module, tentative });
    }
  }

  /** The one version made by these layers that others read, or nobody; undefined when there are several. */
  #exitOf(group: readonly number[]): Version | undefined {
    const exits = group.flatMap((layer) =>
      this.net.topNamesOf(layer).flatMap((_, top) => {
        const readers = this.#wiring.readers.get(topKey(layer, top)) ?? [];
        const isExit = readers.length === 0 || readers.some((reader) => !group.includes(reader));
        return isExit ? [{ layer, top }] : [];
      }),
    );
    return exits.length === 1 ? exits[0] : undefined;
  }
}

/** References whose name the map gives a top, each with all such tops in network order. */
function namedAfterLayers(net: Net, map: ReferenceMap, references: readonly TensorInfo[]): Named[] {
  const starts = new Map<TensorInfo, Version[]>();
  for (const [key, reference] of matchReferences(net, map, new NameIndex(references))) {
    const [layer, top] = key.split(':').map(Number) as [number, number];
    starts.set(reference, [...(starts.get(reference) ?? []), { layer, top }]);
  }
  return [...starts].map(([reference, versions]) => ({
    reference,
    starts: versions.sort((a, b) => a.layer - b.layer || a.top - b.top),
  }));
}

/** What layers have in common that are calls of one module; undefined of one that has parameters of its own. */
function callKey(param: LayerParameter, hasBlobs: boolean): string | undefined {
  const { type } = param;
  if (hasBlobs) {
    const names = param.param?.map(({ name = '' }) => name) ?? [];
    return names.length > 0 && names.every((name) => name !== '') ? JSON.stringify([type, names]) : undefined;
  }
  return JSON.stringify({ ...param, name: undefined, bottom: undefined, top: undefined });
}

/** Whether a layer is no part of a model: it feeds the net, or splits. */
function isFeeding(net: Net, layer: number): boolean {
  return net.layers[layer]!.type === 'Split' || factsOfLayer(net.layers[layer]!)?.fed === true;
}
