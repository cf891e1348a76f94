/**
 * Another net as the reference: before and after an optimization, or two ports of one model. It runs once on the same
 * inputs, and its blobs are handed out by their names.
 */
import { NET, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { noSuchTensor, type Tensor, type WeightSource } from '../weights/source.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { blobMap } from './match-references.js';
import { topKey, type TopKey } from './wiring.js';

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
 * @example
 * const [net, other] = [await Net.load('net.prototxt', { seed: 1 }), await Net.load('net.prototxt', { seed: 1 })];
 * const { references, map } = await referencesFromNet(net, other);
 * (await verify(net, { references, map })).ok; // → true
 */
export async function referencesFromNet(net: Net, other: Net, description = 'the other net'): Promise<NetReferences> {
  checkArguments('referencesFromNet()', { net: [net, NET], other: [other, NET] });
  const ours = writersOfBlobs(net);
  const theirs = writersOfBlobs(other);
  const inputs = new Set([...net.inputs, ...other.inputs]);
  /** Our top → what their layer of that place leaves before it is overwritten, where both agree on the sequence. */
  const names = new Map<TopKey, string>();
  /** Index of their layer → what is to be copied when it has run. */
  const wanted = new Map<number, { blob: string; name: string }[]>();
  for (const [blob, writers] of theirs) {
    const mine = ours.get(blob);
    if (!mine || !sameNames(writers, mine)) continue;
    writers.slice(0, -1).forEach(({ index }, i) => {
      const name = `${blob} before ${writers[i + 1]!.name}`;
      names.set(topKey(mine[i]!.index, mine[i]!.top), name);
      wanted.set(index, [...(wanted.get(index) ?? []), { blob, name }]);
    });
  }
  const copies = new Map<string, Tensor>();
  await other.forward({
    onLayer: (index) => {
      for (const { blob, name } of wanted.get(index) ?? []) {
        const { shape, data } = other.blobs.get(blob)!;
        copies.set(name, { shape: [...shape], data: data.slice() });
      }
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
      ...byBlob,
      topReferenceNames: (layer, top) => {
        const name = names.get(topKey(layer, top));
        return name === undefined ? byBlob.topReferenceNames(layer, top) : [name];
      },
    },
  };
}

/** A layer that writes a blob: its index, and the blob's position among its tops. */
interface Writer {
  index: number;
  top: number;
  name: string;
}

/** Blob → the layers that write it, in order; Splits aside. */
function writersOfBlobs(net: Net): Map<string, Writer[]> {
  const writers = new Map<string, Writer[]>();
  net.layers.forEach(({ type, name }, index) => {
    if (type === 'Split') return;
    net.topNamesOf(index).forEach((blob, top) => {
      writers.set(blob, [...(writers.get(blob) ?? []), { index, top, name }]);
    });
  });
  return writers;
}

function sameNames(a: readonly Writer[], b: readonly Writer[]): boolean {
  return a.length === b.length && a.every(({ name }, i) => name === b[i]!.name);
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
