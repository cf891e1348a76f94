/**
 * Where weights come from: a path, bytes, something to read at random, a message; each as a list of layers with blobs.
 */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { floatsOfBlob, shapeOfBlob } from '../proto/blob-proto.js';
import { CaffemodelReader } from '../proto/caffemodel-reader.js';
import type { RandomAccess } from '../proto/random-access.js';
import type { Schema } from '../proto/schema.js';
import { upgradeNet } from '../proto/upgrade.js';
import { checkNet } from './check-net.js';
import { platform } from './platform.js';
import type { SourceLayer } from './weights.js';

/** Path of a caffemodel (Node only), its bytes, a reader of them (a file, a browser's Blob), or a net with blobs. */
export type WeightsSource = string | Uint8Array | ArrayBuffer | RandomAccess | CaffemodelReader | NetParameter;

/** Calls `action` with the layers of the source, and closes what it opened itself. Errors name the file. */
export async function withWeights<T>(
  source: WeightsSource,
  schema: Schema | undefined,
  action: (layers: readonly SourceLayer[]) => Promise<T>,
): Promise<T> {
  if (typeof source === 'string') {
    const file = await platform(source).open(source);
    try {
      return await withWeights(file, schema, action);
    } finally {
      await file.close();
    }
  }
  if (source instanceof CaffemodelReader) return action(layersOfReader(source));
  if (ArrayBuffer.isView(source)) return action(layersOfReader(await CaffemodelReader.open(source, { schema })));
  if (source instanceof ArrayBuffer) return withWeights(new Uint8Array(source), schema, action);
  if (!isRandomAccess(source))
    return action(layersOfNet(checkNet(source, schema, 'weights: a path, bytes, a reader or a NetParameter')));
  try {
    return await action(layersOfReader(await CaffemodelReader.open(source, { schema })));
  } catch (error) {
    throw error instanceof NetspecError && source.name !== undefined ? error.within({ file: source.name }) : error;
  }
}

function isRandomAccess(source: unknown): source is RandomAccess {
  return typeof (source as Partial<RandomAccess> | null)?.read === 'function';
}

function layersOfReader(reader: CaffemodelReader): SourceLayer[] {
  return reader.layers.map(({ name, blobs }, layerIndex) => ({
    name,
    blobs: blobs.map(({ shape, legacy }, blobIndex) => ({
      shape,
      legacy,
      read: (target) => reader.readBlob(layerIndex, blobIndex, target),
    })),
  }));
}

function layersOfNet(net: NetParameter): SourceLayer[] {
  return (upgradeNet(net).layer ?? []).map(({ name = '', blobs = [] }) => ({
    name,
    blobs: blobs.map((blob) => ({
      ...shapeOfBlob(blob),
      read: (target) => {
        target.set(floatsOfBlob(blob));
        return Promise.resolve();
      },
    })),
  }));
}
