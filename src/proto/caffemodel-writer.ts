/**
 * Writes a .caffemodel of up to 2 GiB with the memory of one blob: all lengths are computed first, then the file streams.
 */
import { LIST, MESSAGE, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { BlobProto, LayerParameter, NetParameter } from '../generated/messages.js';
import { countOf, formatShape } from './blob-proto.js';
import type { MessageType } from './descriptor.js';
import {
  DeferredFloats,
  DeferredMessage,
  encodeWithHoles,
  encodedSize,
  type Deferred,
  type EncodedWithHoles,
} from './encode.js';
import type { ByteSink, FloatCopy, StoredFloats } from './random-access.js';
import { remarkOnNumbers } from './forks/net-forks.js';
import { withSchemaOf } from './forks/with-schema.js';
import type { Schema } from './schema.js';

/** A blob to be written: its shape now, its values when their turn comes. */
export interface BlobSource {
  readonly shape: readonly number[];
  /**
   * Blobs of one key have the same values. A sink that is written to at any place gets them all when the first is read,
   * and the others are not asked for theirs.
   */
  readonly key?: string;
  /**
   * Where the values lie in another file, float32 and little-endian. A sink that copies files by itself is sent there, and
   * `read` is not called.
   */
  readonly stored?: StoredFloats;
  /** Told by a sink that copied what is `stored` when some of the values are infinite or not a number. */
  readonly onNonFinite?: () => void;
  /**
   * Called once at most, in file order. The values in one piece, which may be a view of memory that is reused afterwards, or
   * in pieces of any length, each valid until the next is asked for.
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

/** How {@link writeCaffemodel} writes. */
export interface CaffemodelWriterOptions {
  /** Says the numbers of the fields. Default: that which the net was read with, or else that of the Caffe that has its fields. */
  schema?: Schema;
  /** Told, as blobs are handed on, how many of their bytes have been so far, and whose the last ones are. */
  onProgress?: (bytes: number, layer: string) => void;
}

type Layers = readonly (LayerBlobs | undefined)[];

/**
 * Writes `net` with the blobs of `layers[i]` in `net.layer[i]`: byte for byte what Caffe's Net::Save writes, and what
 * encodeNet of the complete message gives. Blobs that the message itself holds must be absent.
 * @returns the number of bytes written.
 * @throws NetspecError before anything is written when the file would pass protobuf's 2 GiB, when a message field or a
 * shape is wrong, or when `layers` is not as long as `net.layer`; while writing, when a source hands out another number
 * of values than its shape says. Errors of a source and of the sink pass through.
 * @example
 * const net = { layer: [{ name: 'conv1', type: 'Convolution' }] };
 * const blobs = [{ shape: [2, 1, 1, 1], read: () => Float32Array.of(1, 2) }];
 * await writeFileAtomically('conv1.caffemodel', async (sink) => void (await writeCaffemodel(sink, net, [{ blobs }])));
 * const reader = await CaffemodelReader.open(await openFile('conv1.caffemodel'));
 * await reader.readBlob(0, 0); // → Float32Array.of(1, 2)
 */
export async function writeCaffemodel(
  sink: ByteSink,
  net: NetParameter,
  layers: readonly (LayerBlobs | undefined)[],
  options: CaffemodelWriterOptions = {},
): Promise<number> {
  checkArguments('writeCaffemodel()', { net: [net, MESSAGE], layers: [layers, LIST], options: [options, OPTIONS] });
  const planned = plan(net, layers, options);
  if (!options.schema) remarkOnNumbers(net);
  const progress = progressOf(options);
  if (sink.writeAt) await writeInPlaces(sink as PlacingSink, planned, progress);
  else await writeInOrder(sink, planned, progress);
  return planned.size;
}

/**
 * Bytes that {@link writeCaffemodel} will write, without reading a single value.
 * @throws NetspecError as it does before writing.
 * @example
 * const net = { name: 'small' };
 * caffemodelSize(net, []) === encodeNet(net).length; // → true
 */
export function caffemodelSize(
  net: NetParameter,
  layers: readonly (LayerBlobs | undefined)[],
  options: CaffemodelWriterOptions = {},
): number {
  checkArguments('caffemodelSize()', { net: [net, MESSAGE], layers: [layers, LIST], options: [options, OPTIONS] });
  const { message } = withHoles(net, layers);
  return forWriting(net, options, (type) => encodedSize(type, message));
}

interface PlacedSource {
  source: BlobSource | BlobMessage;
  layer: LayerParameter;
  index: number;
}

type Planned = EncodedWithHoles & { sources: ReadonlyMap<Deferred, PlacedSource> };

/** Told of a layer's bytes. */
type Progress = (layer: LayerParameter, bytes: number) => void;

function progressOf({ onProgress }: CaffemodelWriterOptions): Progress {
  let done = 0;
  return ({ name = '' }, bytes) => onProgress?.((done += bytes), name);
}

async function writeInOrder(sink: ByteSink, { bytes, holes, sources }: Planned, progress: Progress): Promise<void> {
  let written = 0;
  for (const { at, deferred } of holes) {
    if (at > written) await sink.write(bytes.subarray(written, at));
    written = at;
    const blob = sources.get(deferred)!;
    for await (const piece of bytesOf(blob)) {
      await sink.write(piece);
      progress(blob.layer, piece.length);
    }
  }
  if (bytes.length > written) await sink.write(bytes.subarray(written));
}

type PlacingSink = ByteSink & Required<Pick<ByteSink, 'writeAt'>>;

/** All lengths are known, so every blob has its place from the start: one that occurs several times is read once. */
async function writeInPlaces(sink: PlacingSink, planned: Planned, progress: Progress): Promise<void> {
  const copyings: Copying[] = [];
  const others: Placed[] = [];
  for (const placed of placesOf(planned)) {
    const copying = sink.copyFloats && copyingOf(placed);
    if (copying) copyings.push(copying);
    else others.push(placed);
  }
  const writeOthers = async (): Promise<void> => {
    for (const { positions, content } of others) {
      if (content instanceof Uint8Array) {
        await sink.writeAt(positions[0]!, content);
        continue;
      }
      let done = 0;
      for await (const piece of bytesOf(content)) {
        // A piece is in the processor's cache now, and after a whole blob no more.
        for (const position of positions) await sink.writeAt(position + done, piece);
        done += piece.length;
        progress(content.layer, piece.length * positions.length);
      }
    }
  };
  if (copyings.length === 0) {
    await writeOthers();
    return;
  }
  const onProgress = (index: number, bytes: number): void => {
    progress(copyings[index]!.layer, bytes);
  };
  const nonFinite = await sink.copyFloats!(
    copyings.map(({ copy }) => copy),
    onProgress,
    writeOthers,
  );
  for (const index of nonFinite) copyings[index]!.source.onNonFinite?.();
}

/** A blob that a sink can copy by itself. */
interface Copying {
  copy: FloatCopy;
  source: BlobSource;
  layer: LayerParameter;
}

/** How a blob is copied whose values are in a file; undefined for whatever else there is to write. */
function copyingOf({ positions, content }: Placed): Copying | undefined {
  if (content instanceof Uint8Array || 'readMessage' in content.source) return undefined;
  const { source, layer, index } = content;
  const stretch = source.stored?.access.stretch;
  if (!source.stored || !stretch) return undefined;
  const { access, offset, count } = source.stored;
  if (count !== countOf(source.shape)) throw wrongCount(source.shape, index, layer, `${count}`);
  const from = { ...stretch, start: stretch.start + offset };
  return { copy: { from, name: access.name, bytes: 4 * count, positions }, source, layer };
}

/** A blob, or the bytes between blobs, and where in the file it belongs. */
interface Placed {
  positions: number[];
  content: PlacedSource | Uint8Array;
}

/** What the file is made of, in the order of first places. */
function placesOf({ bytes, holes, sources }: Planned): Placed[] {
  const places: Placed[] = [];
  const byKey = new Map<string, Placed>();
  let written = 0;
  /** How far blobs have moved what comes after them. */
  let shift = 0;
  const between = (end: number): void => {
    if (end > written) places.push({ positions: [written + shift], content: bytes.subarray(written, end) });
    written = end;
  };
  for (const { at, deferred } of holes) {
    between(at);
    const content = sources.get(deferred)!;
    const length = deferred instanceof DeferredFloats ? 4 * deferred.count : deferred.length;
    const placed: Placed = { positions: [at + shift], content };
    shift += length;
    const key = 'key' in content.source ? content.source.key : undefined;
    const same = key === undefined ? undefined : byKey.get(`${length} ${key}`);
    if (same) same.positions.push(...placed.positions);
    else places.push(placed);
    if (key !== undefined && !same) byKey.set(`${length} ${key}`, placed);
  }
  between(bytes.length);
  return places;
}

function plan(net: NetParameter, layers: Layers, options: CaffemodelWriterOptions): Planned {
  const { message, sources } = withHoles(net, layers);
  return { ...forWriting(net, options, (type) => encodeWithHoles(type, message, 'leave out with a remark')), sources };
}

function forWriting<T>(net: NetParameter, { schema }: CaffemodelWriterOptions, action: (type: MessageType) => T): T {
  if (schema) return action(schema.message('NetParameter'));
  return withSchemaOf(net, 'NetParameter', (schema) => action(schema.message('NetParameter')));
}

/** The net with what stands for the blobs. */
function withHoles(net: NetParameter, layers: Layers): { message: NetParameter; sources: Map<Deferred, PlacedSource> } {
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
        return message;
      }
      const values = new DeferredFloats(countOfSource(source, index, each));
      sources.set(values, { source, layer: each, index });
      const { shape } = source;
      // As Caffe does: a scalar has no shape message at all. The encoder alone knows of deferred values.
      return { data: values as unknown as Float32Array, ...(shape.length > 0 && { shape: { dim: [...shape] } }) };
    });
    return { ...each, blobs: placed };
  });
  return { message: { ...net, layer }, sources };
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

/**
 * A blob's bytes as the file has them, in pieces that are valid until the next is asked for.
 * @throws NetspecError when its source gives more or less than it should
 */
async function* bytesOf({ source, layer, index }: PlacedSource): AsyncGenerator<Uint8Array> {
  if ('readMessage' in source) {
    let copied = 0;
    for await (const piece of source.readMessage()) {
      copied += piece.length;
      yield piece;
    }
    if (copied !== source.byteLength)
      throw new NetspecError(`blob ${index}: ${source.byteLength} bytes announced, its source gave ${copied}`, {
        layer: whoIs(layer),
      });
    return;
  }
  const { shape } = source;
  const count = countOf(shape);
  const refuse = (found: string): NetspecError => wrongCount(shape, index, layer, found);
  const values = await source.read();
  let given = 0;
  for await (const piece of values instanceof Float32Array ? [values] : values) {
    given += piece.length;
    if (given > count) throw refuse(values instanceof Float32Array ? `${given}` : 'more');
    // Little-endian like the file: every machine that JavaScript runs on, and WebAssembly by definition.
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
  if (given !== count) throw refuse(`${given}`);
}

function wrongCount(shape: readonly number[], index: number, layer: LayerParameter, found: string): NetspecError {
  return new NetspecError(
    `blob ${index}: the shape ${formatShape(shape)} has ${countOf(shape)} values, its source gave ${found}`,
    { layer: whoIs(layer) },
  );
}
