/**
 * Which reference belongs to which layer: by a name map, by the blobs' own names, or by whichever of these fits most.
 */
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { identityMap, maskrcnnBenchmarkMap, torchvisionResnetMap, type ReferenceMap } from '../weights/maps/index.js';
import { NameIndex } from '../weights/name-index.js';
import type { TensorInfo, WeightSource } from '../weights/source.js';

/** Layer index → the reference to hold against it. Split layers never have one: they are Caffe's, not the model's. */
export function matchReferences(net: Net, map: ReferenceMap, references: NameIndex): Map<number, TensorInfo> {
  const matches = new Map<number, TensorInfo>();
  net.layers.forEach((layer, index) => {
    if (layer.type === 'Split') return;
    for (const candidate of map.referenceNames(layer.name, layer.type)) {
      // Of both spellings of one name, `a.b` and `a_b`, the one that the map gives.
      const found = references.find(candidate);
      if (found.length === 0) continue;
      matches.set(index, found.find(({ name }) => name === candidate) ?? found[0]!);
      break;
    }
  });
  return matches;
}

/**
 * References named by blobs, as `netspec forward --blobs all` and pycaffe's `net.blobs` give them: what a blob holds after
 * the pass, so it belongs to the last layer that wrote it, an in-place ReLU rather than the convolution before it.
 */
export function blobMap(net: Net): ReferenceMap {
  const blobOfLayer = new Map<string, string>();
  for (const [blob, layer] of lastWriters(net)) {
    // Only first tops are compared.
    if (net.topNames.get(layer)?.[0] === blob) blobOfLayer.set(layer, blob);
  }
  return {
    name: 'blobs',
    referenceNames: (layerName) => {
      const blob = blobOfLayer.get(layerName);
      return blob === undefined ? [] : [...new Set([blob, blob.replaceAll('/', '__')])];
    },
  };
}

/** Blob → the layer that writes it last; the Split layers' copies are left out. */
export function lastWriters(net: Net): Map<string, string> {
  const writers = new Map<string, string>();
  for (const layer of net.layers)
    if (layer.type !== 'Split') for (const top of net.topNames.get(layer.name) ?? []) writers.set(top, layer.name);
  return writers;
}

/** A map that was chosen, and how many layers it finds a reference for. */
export interface ChosenMap {
  map: ReferenceMap;
  matched: number;
}

/**
 * The map under which most layers have a reference: layer names as they are, maskrcnn_benchmark's or torchvision's module
 * names, or blob names; the first of them where they are equal.
 */
export function chooseMap(net: Net, references: WeightSource): ChosenMap {
  const index = new NameIndex(references.list());
  return [identityMap(), maskrcnnBenchmarkMap(), torchvisionResnetMap(), blobMap(net)]
    .map((map) => ({ map, matched: matchReferences(net, map, index).size }))
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
    { hint: guess ? `did you mean '${guess}'?` : 'choose the name map that fits the references with --map' },
  );
}
