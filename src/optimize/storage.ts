/**
 * Parameters while a net is being optimized: where their values come from, read only when somebody wants them. A weight
 * file may be larger than memory; what merging makes of a blob is a function that is called when it is written.
 */
import { NetspecError } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import type { CaffemodelReader } from '../proto/caffemodel-reader.js';
import type { Net } from '../runtime/net.js';
import { shapeEquals, shapeMismatch } from '../runtime/weights.js';

/** The values of one parameter, which several layers may share. */
export interface Storage {
  readonly shape: readonly number[];
  /** Undefined while only a filler would give them. */
  read?: () => Promise<Float32Array>;
  /** The blob of the file that holds them as they are. */
  origin?: { layer: number; blob: number };
}

/** Values that were computed. */
export function computed(shape: readonly number[], read: () => Promise<Float32Array>): Storage {
  return { shape, read };
}

/** Of each layer of the net: its parameters, and where it stands in the file. */
export interface LayerParameters {
  params: Storage[];
  /** Index of the file's layer of that name. */
  namesake?: number;
  /** The same, when that layer has blobs. */
  inFile?: number;
}

/**
 * Joins the layers of a built net with those of a weight file, with Caffe's rules: by name, to the first layer of that
 * name; a shared parameter has the values that come last in the file.
 * @param layers those that `net` was built of, splits left out
 * @returns for each layer its parameters, and the file's layers that the net has not
 * @throws NetspecError for another number of blobs and for other shapes than in the net, in Caffe's words
 */
export function readParameters(
  layers: readonly LayerParameter[],
  net: Net,
  reader: CaffemodelReader,
): { parameters: LayerParameters[]; ignored: string[] } {
  const storages = new Map<unknown, Storage>();
  const built = layersOf(layers, net);
  const parameters = built.map(({ blobs }): LayerParameters => ({
    params: blobs.map((blob) => {
      const storage = storages.get(blob.storage) ?? { shape: blob.shape };
      storages.set(blob.storage, storage);
      return storage;
    }),
  }));
  const indexes = new Map<string, number>();
  for (const [index, { name = '' }] of layers.entries()) if (!indexes.has(name)) indexes.set(name, index);
  const ignored: string[] = [];
  for (const [layer, { name, blobs }] of reader.layers.entries()) {
    const index = indexes.get(name);
    if (index === undefined) {
      if (blobs.length > 0) ignored.push(name);
      continue;
    }
    const { params } = parameters[index]!;
    parameters[index]!.namesake = layer;
    if (params.length !== blobs.length)
      throw new NetspecError(
        `Incompatible number of blobs for layer ${name}: the source has ${blobs.length}, the net ${params.length}`,
      );
    for (const [blob, entry] of blobs.entries()) {
      const storage = params[blob]!;
      const target = built[index]!.blobs[blob]!.shape;
      if (!shapeEquals(target, entry)) throw shapeMismatch(blob, name, entry.shape, target);
      storage.origin = { layer, blob };
      storage.read = () => reader.readBlob(layer, blob);
    }
    if (blobs.length > 0) parameters[index]!.inFile = layer;
  }
  return { parameters, ignored };
}

/** The built layers in the order of the net's own, without the splits between them. */
function layersOf(layers: readonly LayerParameter[], net: Net): Net['layers'] {
  let next = 0;
  return layers.map(({ name = '' }) => {
    while (net.layers[next]!.name !== name) next++;
    return net.layers[next++]!;
  });
}
