/**
 * Which reference belongs to which top of which layer: by a name map, by the blobs' own names, or by whichever of these
 * fits most.
 */
import { FUNCTION, NET, checkArguments, fields } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { identityMap, maskrcnnBenchmarkMap, torchvisionResnetMap, type ReferenceMap } from '../weights/maps/index.js';
import { canonicalName, NameIndex } from '../weights/name-index.js';
import type { TensorInfo, WeightSource } from '../weights/source.js';
import { topKey, type TopKey } from './wiring.js';

/** Top → the reference to hold against it. Split layers never have one: they are Caffe's, not the model's. */
export type Matches = ReadonlyMap<TopKey, TensorInfo>;

/**
 * A layer with one top goes by its own name. Of several tops each goes by its blob's name, unless the reference belongs to
 * a layer of that name; the first also by the layer's, and all by `layer[0]`, `layer[1]` …, as tuples are saved.
 */
export function matchReferences(net: Net, map: ReferenceMap, references: NameIndex): Matches {
  const matches = new Map<TopKey, TensorInfo>();
  const several: number[] = [];
  net.layers.forEach(({ type, name }, layer) => {
    if (type === 'Split') return;
    const count = net.topNamesOf(layer).length;
    if (map.topReferenceNames)
      for (let top = 0; top < count; top++)
        setIfFound(matches, topKey(layer, top), firstOf(references, map.topReferenceNames(layer, top)));
    else if (count > 1) several.push(layer);
    else setIfFound(matches, topKey(layer, 0), firstOf(references, map.referenceNames(name, type)));
  });
  if (several.length === 0) return matches;
  const taken = new Set([...matches.values()].map(({ name }) => name));
  const writers = lastWriters(net);
  for (const layer of several) matchTops(net, layer, { map, references, writers, taken, matches });
  return matches;
}

interface Matching {
  map: ReferenceMap;
  references: NameIndex;
  /** Blob → the layer that writes it last. */
  writers: ReadonlyMap<string, number>;
  /** Names of references that have found their layer. */
  taken: Set<string>;
  matches: Map<TopKey, TensorInfo>;
}

/** Finds references for the tops of a layer that has several. */
function matchTops(net: Net, layer: number, { map, references, writers, taken, matches }: Matching): void {
  const { name, type } = net.layers[layer]!;
  const ofLayer = map.referenceNames(name, type);
  const blobs = net.topNamesOf(layer);
  const candidates = [
    // A blob's bare name means what it holds after the pass: not this layer's when one after it writes there in place.
    (blob: string) =>
      map
        .referenceNames(blob, type)
        .filter((each) => writers.get(blob) === layer || canonicalName(each) !== canonicalName(blob)),
    (_blob: string, top: number) => ofLayer.map((each) => `${each}[${top}]`),
    (_blob: string, top: number) => (top === 0 ? ofLayer : []),
  ];
  for (const namesOf of candidates)
    blobs.forEach((blob, top) => {
      if (matches.has(topKey(layer, top))) return;
      const found = firstOf(references, namesOf(blob, top), taken);
      setIfFound(matches, topKey(layer, top), found);
      if (found) taken.add(found.name);
    });
}

/** The reference of the first name that has one. */
function firstOf(
  references: NameIndex,
  names: readonly string[],
  taken: ReadonlySet<string> = new Set(),
): TensorInfo | undefined {
  for (const candidate of names) {
    const found = references.find(candidate).filter(({ name }) => !taken.has(name));
    // Of both spellings of one name, `a.b` and `a_b`, the one that the map gives.
    if (found.length > 0) return found.find(({ name }) => name === candidate) ?? found[0]!;
  }
  return undefined;
}

function setIfFound(matches: Map<TopKey, TensorInfo>, key: TopKey, found: TensorInfo | undefined): void {
  if (found) matches.set(key, found);
}

/**
 * The map of references that are named by blobs, as in pycaffe's `net.blobs`. A reference is what a blob holds after the
 * pass, so it belongs to the last layer that wrote the blob: an in-place ReLU rather than the convolution before it.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * blobMap(net).referenceNames('relu1', 'ReLU'); // → ['conv1']
 */
export function blobMap(net: Net): ReferenceMap & Required<Pick<ReferenceMap, 'topReferenceNames'>> {
  checkArguments('blobMap()', { net: [net, NET] });
  const writers = lastWriters(net);
  const topReferenceNames = (layer: number, top: number): string[] => {
    const blob = net.topNamesOf(layer)[top];
    if (blob === undefined || writers.get(blob) !== layer) return [];
    return [...new Set([blob, blob.replaceAll('/', '__')])];
  };
  return {
    name: 'blobs',
    referenceNames: (layerName) => topReferenceNames(net.layerNames.indexOf(layerName), 0),
    topReferenceNames,
  };
}

/** Blob → index of the layer that writes it last; the Split layers' copies are left out. */
export function lastWriters(net: Net): Map<string, number> {
  const writers = new Map<string, number>();
  net.layers.forEach(({ type }, index) => {
    if (type !== 'Split') for (const top of net.topNamesOf(index)) writers.set(top, index);
  });
  return writers;
}

/** A map that was chosen, and how many references it finds a top for. */
export interface ChosenMap {
  map: ReferenceMap;
  matched: number;
}

/**
 * The map under which most references have a top: layer names as they are, maskrcnn_benchmark's or torchvision's module
 * names, or blob names; the first of them where they are equal.
 * @param others maps that are asked before these
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const { map, matched } = chooseMap(net, await openWeights('references.npz'));
 * map.name; // → 'identity'
 * matched; // → 4
 */
export function chooseMap(net: Net, references: WeightSource, others: readonly ReferenceMap[] = []): ChosenMap {
  checkArguments('chooseMap()', {
    net: [net, NET],
    references: [references, fields('references, such as openWeights() gives', { list: FUNCTION })],
  });
  const index = new NameIndex(references.list());
  return [...others, identityMap(), maskrcnnBenchmarkMap(), torchvisionResnetMap(), blobMap(net)]
    .map((map) => ({ map, matched: new Set(matchReferences(net, map, index).values()).size }))
    .reduce((best, each) => (each.matched > best.matched ? each : best));
}

/** The error of references that none of the net's layers has a name for. */
export function noneMatches(
  example: string,
  { references, map }: { references: WeightSource; map: ReferenceMap },
): NetspecError {
  const looked = map.referenceNames(example);
  const guess = looked[0] === undefined ? undefined : new NameIndex(references.list()).nearest(looked[0]);
  return new NetspecError(
    `none of the ${references.list().length} references in ${references.description} belongs to a layer of this net; ` +
      `for layer '${example}' looked for ${looked.map((name) => `'${name}'`).join(', ')}`,
    guess ? { hint: `did you mean '${guess}'?` } : { code: 'no-reference-matches' },
  );
}
