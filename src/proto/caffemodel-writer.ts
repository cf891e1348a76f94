/**
 * Writes a .caffemodel of up to 2 GiB with the memory of one blob: all lengths are computed first, then the file streams.
 */
import { NetspecError } from '../errors.js';
import type { BlobProto, LayerParameter, NetParameter } from '../generated/messages.js';
import { countOf, formatShape } from './blob-proto.js';
import { DeferredFloats, DeferredMessage, encodeWithHoles, type Deferred, type EncodedWithHoles } from './encode.js';
import type { ByteSink } from './random-access.js';
import { defaultSchema, type Schema } from './schema.js';

/** A blob to be written: its shape now, its values when their turn comes. */
export interface BlobSource {
  readonly shape: readonly number[];
  /**
   * Called once, in file order, when all before it is written. The values in one piece, which may be a view of memory
   * that is reused afterwards, or in pieces of any length.
   */
  read(): Promise<Float32Array> | Float32Array | AsyncIterable<Float32Array> | Iterable<Float32Array>;
}

/**
 * A blob's message as it stands in another file (see {@link CaffemodelReader.messageOf}): written byte for byte, with the
 * fields that only a fork knows, gradients, doubles and all.
 */
export interface BlobMessage {
  readonly byteLength: number;
  /** Called once, in file order. A piece is valid until the next is asked for. */
  readMessage(): AsyncIterable<Uint8Array>;
}

/** The blobs of one layer. */
export interface LayerBlobs {
  readonly blobs?: readonly (BlobSource | BlobMessage)[];
}

export interface CaffemodelWriterOptions {
  /** A vendor's schema, when the net has its fields. Default: BVLC Caffe 1.0's. */
  schema?: Schema;
}

type Layers = readonly (LayerBlobs | undefined)[];

/**
 * Writes `net` with the blobs of `layers[i]` in `net.layer[i]`: byte for byte what Caffe's Net::Save writes, and what
 * encodeNet of the complete message gives. Blobs that the message itself holds must be absent.
 * @returns the number of bytes written.
 * @throws NetspecError before anything is written when the file would pass protobuf's 2 GiB, when a message field or a
 * shape is wrong, or when `layers` is not as long as `net.layer`; while writing, when a source hands out another number
 * of values than its shape says. Errors of a source and of the sink pass through.
 */
export async function writeCaffemodel(
  sink: ByteSink,
  net: NetParameter,
  layers: Layers,
  options: CaffemodelWriterOptions = {},
): Promise<number> {
  const { size, bytes, holes, sources } = plan(net, layers, options);
  let written = 0;
  for (const { at, deferred } of holes) {
    if (at > written) await sink.write(bytes.subarray(written, at));
    written = at;
    await writeBlob(sink, sources.get(deferred)!);
  }
  if (bytes.length > written) await sink.write(bytes.subarray(written));
  return size;
}

/**
 * Bytes that {@link writeCaffemodel} will write, without reading a single value.
 * @throws NetspecError as it does before writing.
 */
export function caffemodelSize(net: NetParameter, layers: Layers, options: CaffemodelWriterOptions = {}): number {
  return plan(net, layers, options).size;
}

interface PlacedSource {
  source: BlobSource | BlobMessage;
  layer: LayerParameter;
  index: number;
}

function plan(
  net: NetParameter,
  layers: Layers,
  { schema = defaultSchema() }: CaffemodelWriterOptions,
): EncodedWithHoles & { sources: Map<Deferred, PlacedSource> } {
  const count = net.layer?.length ?? 0;
  if (net.layers?.length)
    throw new NetspecError(`a caffemodel is written in today's format; the net has ${net.layers.length} V1 layers`, {
      hint: 'pass the net through upgradeNet',
    });
  if (layers.length !== count)
    throw new NetspecError(`the net has ${count} layers, blobs are given for ${layers.length}`);

  const sources = new Map<Deferred, PlacedSource>();
  const layer = net.layer?.map((each, i): LayerParameter => {
    if (each.blobs?.length)
      throw new NetspecError(`the message already holds ${each.blobs.length} blobs`, { layer: whoIs(each) });
    const blobs = layers[i]?.blobs;
    if (!blobs?.length) return { ...each, blobs: undefined };
    const placed = blobs.map((source, index): BlobProto => {
      if ('readMessage' in source) {
        const message = new DeferredMessage(source.byteLength);
        sources.set(message, { source, layer: each, index });
        // The encoder alone knows of deferred messages.
        return message as BlobProto;
      }
      const values = new DeferredFloats(countOfSource(source, index, each));
      sources.set(values, { source, layer: each, index });
      const { shape } = source;
      // As Caffe does: a scalar has no shape message at all. The encoder alone knows of deferred values.
      return { data: values as unknown as Float32Array, ...(shape.length > 0 && { shape: { dim: [...shape] } }) };
    });
    return { ...each, blobs: placed };
  });
  return { ...encodeWithHoles(schema.message('NetParameter'), { ...net, layer }), sources };
}

function countOfSource({ shape }: BlobSource, index: number, layer: LayerParameter): number {
  try {
    return countOf(shape);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    throw new NetspecError(`blob ${index}: ${error.reason}`, { ...error.details, layer: whoIs(layer) });
  }
}

function whoIs({ name, type }: LayerParameter): { name?: string; type?: string } {
  return { name, type };
}

async function writeBlob(sink: ByteSink, { source, layer, index }: PlacedSource): Promise<void> {
  if ('readMessage' in source) {
    let copied = 0;
    for await (const piece of source.readMessage()) {
      copied += piece.length;
      await sink.write(piece);
    }
    if (copied !== source.byteLength)
      throw new NetspecError(`blob ${index}: ${source.byteLength} bytes announced, its source gave ${copied}`, {
        layer: whoIs(layer),
      });
    return;
  }
  const { shape } = source;
  const count = countOf(shape);
  const refuse = (found: string): NetspecError =>
    new NetspecError(`blob ${index}: the shape ${formatShape(shape)} has ${count} values, its source gave ${found}`, {
      layer: whoIs(layer),
    });
  const values = await source.read();
  let given = 0;
  for await (const piece of values instanceof Float32Array ? [values] : values) {
    given += piece.length;
    if (given > count) throw refuse(values instanceof Float32Array ? `${given}` : 'more');
    // Little-endian like the file: every machine that JavaScript runs on, and WebAssembly by definition.
    await sink.write(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  if (given !== count) throw refuse(`${given}`);
}
