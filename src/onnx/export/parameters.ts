/** Where the values of a net's parameters come from: the net's own memory, or a caffemodel that is read as it is wanted. */
import type { Blob } from '../../engine/blob.js';
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import type { Net } from '../../runtime/net.js';
import { shapeEquals, shapeMismatch } from '../../runtime/weights.js';
import { NetspecError } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import { factsOfLayer } from '../../layers/registry.js';
import { ignoresStatistics, isUpsampling } from '../../layers/shared/own-values.js';
import { phaseOf } from './phase.js';
import { firstOfEqual, type Place } from './equal-parameters.js';
import { fillerValues } from './run-alone.js';

/** A parameter blob's values. */
export interface ParameterSource {
  /** The same object for blobs that hold their values in one place. */
  readonly key: unknown;
  readonly read: () => Promise<Float32Array> | Float32Array;
  /** The same in pieces, each valid until the next is asked for. */
  readonly pieces: () => AsyncIterable<Float32Array> | Iterable<Float32Array>;
}

/** The parameters of a net, and what the weights have beside them. */
export interface Parameters {
  of(layer: number, blob: number): ParameterSource;
  /** Layers that the weights have nothing for. */
  readonly unfilled: readonly string[];
  /** Layers of the weights that the net has not. */
  readonly ignored: readonly string[];
}

/** Those that the net itself holds. */
export function ownParameters(net: Net): Parameters {
  const of = (layer: number, index: number): ParameterSource => {
    const blob = net.layers[layer]!.blobs[index]!;
    // Memory is taken, and with it fillers run, before two blobs can be known to be one.
    blob.peek();
    return { key: blob.holder, read: () => blob.peek(), pieces: () => [blob.peek()] };
  };
  return { of, unfilled: [], ignored: [] };
}

/**
 * Those of a caffemodel, with Caffe's rules: by name, to the first layer of that name; a shared parameter has the values that come
 * last. Parameters that it lacks have those of their fillers. Equal ones have one key.
 * @throws NetspecError for another number of blobs and for other shapes than in the net, in Caffe's words
 */
export async function storedParameters(net: Net, reader: CaffemodelReader): Promise<Parameters> {
  const places = new Map<Blob, Place>();
  const indexes = new Map<string, number>();
  for (const [index, name] of net.layerNames.entries()) if (!indexes.has(name)) indexes.set(name, index);
  const ignored: string[] = [];
  for (const [layer, { name, blobs }] of reader.layers.entries()) {
    const index = indexes.get(name);
    if (blobs.length === 0) continue;
    if (index === undefined) {
      ignored.push(name);
      continue;
    }
    const targets = net.layers[index]!.blobs;
    if (targets.length !== blobs.length)
      throw new NetspecError(
        `Incompatible number of blobs for layer ${name}: the source has ${blobs.length}, the net ${targets.length}`,
      );
    for (const [blob, entry] of blobs.entries()) {
      const target = targets[blob]!;
      if (!shapeEquals(target.shape, entry)) throw shapeMismatch(blob, name, entry.shape, target.shape);
      places.set(target.storage, { layer, blob });
    }
  }
  // The prototxt gives the values of some: an interpolation kernel, statistics that are not used.
  const isComputed = (layer: Layer): boolean =>
    isUpsampling(layer.param) || ignoresStatistics(layer.param, factsOfLayer(layer));
  const unfilled = net.layers.flatMap((layer) =>
    layer.blobs.some((blob) => !places.has(blob.storage)) && !isComputed(layer) ? [layer.name] : [],
  );
  if (places.size === 0 && unfilled.length > 0 && ignored.length > 0)
    throw new NetspecError('the weights have nothing for any layer of the net', {
      hint: `are these the weights of another net? They are for '${ignored[0]!}' …, the net has '${unfilled[0]!}' …`,
    });
  const first = await firstOfEqual(reader, places.values());
  const of = (layer: number, index: number): ParameterSource => {
    const { storage } = net.layers[layer]!.blobs[index]!;
    const own = places.get(storage);
    const place = own && first.get(own);
    if (place)
      return {
        key: place,
        read: () => reader.readBlob(place.layer, place.blob),
        pieces: () => reader.readPieces(place.layer, place.blob),
      };
    const read = () => filled(net, layer, index);
    return { key: storage, read, pieces: () => inOnePiece(read) };
  };
  return { of, unfilled, ignored };
}

async function filled(net: Net, index: number, blob: number): Promise<Float32Array> {
  const layer = net.layers[index]!;
  const bottoms = net.bottomNamesOf(index).map((name) => net.blobs.get(name)!.shape);
  const phase = phaseOf(net, layer);
  return fillerValues({ layer, phase, bottoms, tops: net.topNamesOf(index).length }, blob);
}

async function* inOnePiece(read: () => Promise<Float32Array>): AsyncGenerator<Float32Array, void, undefined> {
  yield await read();
}
