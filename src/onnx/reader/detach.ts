/**
 * A model whose large initializers stand beside it, as views of the values that are in memory: for handing it to a runtime
 * without copies of its weights.
 */
import type { RandomAccess } from '../../proto/random-access.js';
import { BYTES, WireWriter, varintLength } from '../../proto/wire.js';
import { product } from '../../shapes.js';
import type { StoredTensor } from '../schema/model.js';
import { decodeModel } from './decode.js';
import type { RawTensor } from './raw-tensor.js';
import { inWords } from './read-model.js';
import { readSkeleton } from './skeleton.js';

/** Bytes that a tensor of the model is said to be in, under the path of an external file. */
export interface DetachedTensor {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface DetachedModel {
  /** The ModelProto. Documentation is left out. */
  readonly model: Uint8Array;
  readonly tensors: readonly DetachedTensor[];
}

/** ONNX's number of float32. */
const FLOAT = 1;

/**
 * The model that `source` holds, its float32 initializers of more than 4 KB as external data.
 * @param initializers those of the model's graph, as they were read from `source`
 * @throws NetspecError when reading fails, or the bytes are no model
 */
export async function detachInitializers(
  source: RandomAccess,
  initializers: ReadonlyMap<string, StoredTensor>,
): Promise<DetachedModel> {
  try {
    return await detach(source, initializers);
  } catch (error) {
    throw inWords(error, source);
  }
}

async function detach(source: RandomAccess, initializers: ReadonlyMap<string, StoredTensor>): Promise<DetachedModel> {
  const skeleton = await readSkeleton(source);
  const { model: decoded, tensors } = decodeModel(skeleton.bytes, skeleton.holes);
  const detached = new Map<number, DetachedTensor>();
  for (const tensor of tensors) {
    if (decoded.graph.initializers.get(tensor.name) !== tensor) continue;
    const offset = placeOf(tensor);
    const data = initializers.get(tensor.name)?.values?.data;
    if (offset === undefined || !(data instanceof Float32Array) || data.length !== product(tensor.dims)) continue;
    const path = `netspec-initializer-${detached.size}`;
    detached.set(offset, { path, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  }
  // What is not detached is written where it was.
  const inline = new Map<number, Uint8Array>();
  for (const { offset, length } of skeleton.holes.values()) {
    if (detached.has(offset)) continue;
    const bytes = new Uint8Array(length);
    await source.read(offset, bytes);
    inline.set(offset, bytes);
  }
  const model = skeleton.filled(({ tag, stretch }) => {
    const tensor = detached.get(stretch.offset);
    return tensor ? externalData(tensor) : bytesField(tag, inline.get(stretch.offset)!);
  });
  return { model, tensors: [...detached.values()] };
}

/** Where the file has all values of a float32 tensor as they are in memory; undefined where it has them in another form. */
function placeOf({ dataType, isExternal, sparse, stored }: RawTensor): number | undefined {
  const [only, ...others] = stored;
  if (dataType !== FLOAT || isExternal || sparse || only?.field !== 'raw_data' || others.length > 0) return undefined;
  return only.stretch?.offset;
}

/** Fields of a TensorProto: where its values are, by StringStringEntryProto, and that they are there. */
function externalData({ path }: DetachedTensor): Uint8Array {
  const entry = (key: string, value: string): Uint8Array =>
    bytesField(EXTERNAL_DATA, joined([bytesField(KEY, encode(key)), bytesField(VALUE, encode(value))]));
  return joined([entry('location', path), DATA_LOCATION_EXTERNAL]);
}

const tagOf = (field: number): number => field * 8 + BYTES;
const [KEY, VALUE, EXTERNAL_DATA] = [tagOf(1), tagOf(2), tagOf(13)];
/** Field 14, a varint: 1 is EXTERNAL. */
const DATA_LOCATION_EXTERNAL = Uint8Array.of(14 * 8, 1);

const encoder = new TextEncoder();
const encode = (text: string): Uint8Array => encoder.encode(text);

function bytesField(tag: number, bytes: Uint8Array): Uint8Array {
  const writer = new WireWriter(new Uint8Array(varintLength(tag) + varintLength(bytes.length) + bytes.length));
  writer.varint(tag);
  writer.varint(bytes.length);
  writer.raw(bytes);
  return writer.bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new WireWriter(new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0)));
  for (const part of parts) writer.raw(part);
  return writer.bytes;
}
