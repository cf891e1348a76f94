/**
 * Another net as the reference: before and after an optimization, or two ports of one model. It runs once on the same
 * inputs, and its blobs are handed out by their names.
 */
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { noSuchTensor, type Tensor, type WeightSource } from '../weights/source.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { blobMap } from './match-references.js';

/** What `verify` takes to compare a net with another. */
export interface NetReferences {
  references: WeightSource;
  map: ReferenceMap;
}

/**
 * Runs `other`, whose inputs are set, and gives its blobs as references for `net`. A blob is held against the one of its
 * name as it is after the pass. Where both nets write it by layers of the same names in the same order, as with in-place
 * layers that neither has folded away, each of these is compared right after it ran.
 *
 * Tensors are views of `other`'s memory: good until it runs again or is disposed. Only what in-place layers overwrite is
 * copied.
 * @param description what messages call the other net
 * @throws NetspecError when the two have no blob name in common besides their inputs
 */
export async function referencesFromNet(net: Net, other: Net, description = 'the other net'): Promise<NetReferences> {
  const ours = writersOfBlobs(net);
  const theirs = writersOfBlobs(other);
  const inputs = new Set([...net.inputs, ...other.inputs]);
  /** Layer → the blob it writes and the layer that overwrites it in place, where both nets agree on the sequence. */
  const overwritten = new Map<string, { blob: string; by: string }>();
  for (const [blob, writers] of theirs) {
    if (!sameNames(writers, ours.get(blob))) continue;
    writers.slice(0, -1).forEach((layer, i) => overwritten.set(layer, { blob, by: writers[i + 1]! }));
  }
  const copies = new Map<string, Tensor>();
  await other.forward({
    onLayer: (_index, layer) => {
      const entry = overwritten.get(layer.name);
      const blob = entry && other.blobs.get(entry.blob)!;
      if (blob) copies.set(beforeName(entry), { shape: [...blob.shape], data: blob.data.slice() });
    },
  });
  const tensors = new Map<string, Tensor>(copies);
  for (const name of theirs.keys()) if (!inputs.has(name)) tensors.set(name, other.blobs.get(name)!);
  if (![...tensors.keys()].some((name) => ours.has(name)))
    throw new NetspecError(`${description} has no blob of a name that this net has too, inputs aside`, {
      hint: 'layers are compared through the names of the blobs they write',
    });
  const byBlob = blobMap(net);
  return {
    references: sourceOf(tensors, description),
    map: {
      name: 'blobs',
      referenceNames: (layer) => {
        const entry = overwritten.get(layer);
        return entry ? [beforeName(entry)] : byBlob.referenceNames(layer);
      },
    },
  };
}

const beforeName = ({ blob, by }: { blob: string; by: string }): string => `${blob} before ${by}`;

/** Blob → the layers that write it, in order; Splits aside. */
function writersOfBlobs(net: Net): Map<string, string[]> {
  const writers = new Map<string, string[]>();
  for (const layer of net.layers) {
    if (layer.type === 'Split') continue;
    for (const top of net.topNames.get(layer.name) ?? []) writers.set(top, [...(writers.get(top) ?? []), layer.name]);
  }
  return writers;
}

function sameNames(a: readonly string[], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function sourceOf(tensors: ReadonlyMap<string, Tensor>, description: string): WeightSource {
  const infos = [...tensors].map(([name, { shape }]) => ({ name, shape, dtype: 'float32' }));
  return {
    description,
    list: () => infos,
    read: (name) => {
      const tensor = tensors.get(name);
      return tensor ? Promise.resolve(tensor) : Promise.reject(noSuchTensor(name, description, tensors.keys()));
    },
    close: () => Promise.resolve(),
  };
}
