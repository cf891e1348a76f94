/**
 * Reads a .caffemodel of any size: an index of layers and blobs first, each blob's values when asked for.
 */
import { float16ToFloat32 } from 'npyjs';
import { NetspecError } from '../errors.js';
import type { BlobProto, NetParameter } from '../generated/messages.js';
import { checkCount, countOf, formatShape, shapeOfBlob } from './blob-proto.js';
import { readMessage } from './decode.js';
import { explainMalformed } from './codec.js';
import { readHead, wrongKind, type FileHead } from './file-kinds/index.js';
import { UNKNOWN_FIELDS, type WithUnknownFields } from './message.js';
import type { BlobMessage } from './caffemodel-writer.js';
import { fromBytes, type RandomAccess } from './random-access.js';
import { defaultSchema, type Schema } from './schema.js';
import { noteForks } from './forks/net-forks.js';
import { recognizeBytes } from './forks/recognize-bytes.js';
import { remark } from '../remarks.js';
import { readSkeleton, type BlobLocation, type FloatRun, type ForkField, type Skeleton } from './skeleton.js';
import { nameOfV1Type, v1TypeOfV0Word } from './upgrade/layer-types.js';
import { refuseMixedLayers } from './upgrade/v1.js';
import { MAX_MESSAGE_BYTES, MalformedBytes, WireReader } from './wire.js';

/** One blob of a layer, without its values. */
export interface BlobEntry {
  /** num × channels × height × width for a legacy blob; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The shape was given in the four old fields: Caffe compares it from the end, leading ones stripped. */
  readonly legacy: boolean;
  /** Number of values that the shape says. */
  readonly count: number;
  /** How the values are stored; they are always handed out as float32. */
  readonly dtype: 'float16' | 'float32' | 'float64';
  /** Number of values stored. When it is not `count`, reading the blob is refused. */
  readonly stored: number;
  /** Where the blob's message starts in the file. */
  readonly offset: number;
  /** Gradients are stored too (`snapshot_diff: true`). */
  readonly hasDiff: boolean;
  /** Fields that BVLC's BlobProto does not have, by number. */
  readonly forkFields: readonly ForkField[];
}

/** One layer of the file. */
export interface LayerEntry {
  readonly name: string;
  /** Today's type name, also for V0 and V1 files: 'Convolution'. Empty when the file gives none or a fork's own number. */
  readonly type: string;
  readonly blobs: readonly BlobEntry[];
}

/** How a {@link CaffemodelReader} reads a file. */
export interface CaffemodelReaderOptions {
  /** A vendor's schema. Default: BVLC Caffe 1.0's. */
  schema?: Schema;
}

/** Values read at a time where they have to be converted. */
const CHUNK_VALUES = 64 * 1024;
/** Values of a piece of a blob that is read in pieces: 4 MiB. */
const PIECE_VALUES = 2 ** 20;

/**
 * An open caffemodel. Memory is that of the index, a few hundred bytes per layer, and of the blob being read.
 *
 *     const model = await CaffemodelReader.open(await openFile('net.caffemodel'));
 *     for (const [i, layer] of model.layers.entries())
 *       for (const j of layer.blobs.keys()) use(layer.name, await model.readBlob(i, j));
 *     await model.close();
 * @example
 * const reader = await CaffemodelReader.open(await openFile('net.caffemodel'));
 * reader.layers.filter(({ blobs }) => blobs.length > 0).map(({ name }) => name); // → ['conv1', 'fc']
 * const conv1 = reader.layers.findIndex(({ name }) => name === 'conv1');
 * (await reader.readBlob(conv1, 0)).length; // → 108
 * await reader.close();
 */
export class CaffemodelReader {
  readonly #source: RandomAccess;
  readonly #runs: FloatRun[][][];
  readonly #places: ReadonlyMap<BlobProto, BlobLocation>;

  private constructor(
    source: RandomAccess,
    /** Everything but the blobs' values and gradients, in the file's own format; upgradeNet brings it to today's. */
    readonly net: NetParameter,
    /** In file order, one for each entry of `net.layer`, or of `net.layers` in a V0 or V1 file. */
    readonly layers: readonly LayerEntry[],
    runs: FloatRun[][][],
    places: ReadonlyMap<BlobProto, BlobLocation>,
  ) {
    this.#source = source;
    this.#runs = runs;
    this.#places = places;
  }

  /**
   * Indexes a file (see openFile), or bytes in memory. The source stays open until {@link close}.
   * @throws NetspecError for a file that is no caffemodel (a prototxt, an HDF5 file and the like are named), truncated,
   * larger than protobuf's 2 GiB, or with both V1 and V2 layers; the source is then left open.
   */
  static async open(
    source: RandomAccess | Uint8Array,
    { schema }: CaffemodelReaderOptions = {},
  ): Promise<CaffemodelReader> {
    const from = source instanceof Uint8Array ? fromBytes(source) : source;
    try {
      return await index(from, schema, (...parts) => new CaffemodelReader(from, ...parts));
    } catch (error) {
      throw error instanceof NetspecError ? error.within({ file: from.name }) : error;
    }
  }

  /** Bytes of the file. */
  get size(): number {
    return this.#source.size;
  }

  /**
   * Reads one blob's values as float32, straight into `into` where one is given: a view of WASM memory, for instance.
   * @throws NetspecError, with the layer, when there is no such blob, its values are missing (saying in which of a fork's
   * fields they may be), are not as many as its shape says, or not as many as `into` has room for.
   */
  async readBlob(layerIndex: number, blobIndex: number, into?: Float32Array): Promise<Float32Array> {
    const layer = this.layers[layerIndex];
    const blob = layer?.blobs[blobIndex];
    const runs = this.#runs[layerIndex]?.[blobIndex];
    if (!layer || !blob || !runs)
      throw new NetspecError(
        layer
          ? `there is no blob ${blobIndex}: the layer has ${layer.blobs.length} in the file`
          : `there is no layer ${layerIndex}: the file has ${this.layers.length}`,
        { file: this.#source.name, layer: layer && { name: layer.name, type: layer.type } },
      );
    try {
      checkStored(blob);
      const values = into ?? new Float32Array(blob.count);
      if (values.length !== blob.count)
        throw new NetspecError(
          `the shape ${formatShape(blob.shape)} has ${blob.count} values, there is room for ${values.length}`,
        );
      let at = 0;
      for (const run of runs) {
        await readRun(this.#source, run, values.subarray(at, at + run.count));
        at += run.count;
      }
      return values;
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      const { reason, details, cause } = error;
      throw new NetspecError(`blob ${blobIndex} at byte ${blob.offset}: ${reason}`, {
        file: this.#source.name,
        ...details,
        layer: { name: layer.name, type: layer.type },
        cause,
      });
    }
  }

  /**
   * One blob's values as {@link readBlob} gives them, in pieces of some MiB where the file has them as float32 in one stretch. A piece
   * is valid until the next is asked for.
   * @throws NetspecError as readBlob
   */
  async *readPieces(layerIndex: number, blobIndex: number): AsyncGenerator<Float32Array, void, undefined> {
    const stretch = this.floatsAt(layerIndex, blobIndex);
    if (!stretch || stretch.count <= PIECE_VALUES) {
      yield await this.readBlob(layerIndex, blobIndex);
      return;
    }
    const room = new Float32Array(PIECE_VALUES);
    for (let done = 0; done < stretch.count; done += PIECE_VALUES) {
      const piece = room.subarray(0, Math.min(PIECE_VALUES, stretch.count - done));
      await this.#source.read(stretch.offset + 4 * done, new Uint8Array(piece.buffer, 0, piece.byteLength));
      yield piece;
    }
  }

  /**
   * A blob's whole message as it stands in the file, for {@link writeCaffemodel} to write it again byte for byte.
   * @param blob one of those in {@link net}, which upgradeNet hands on as they are
   * @throws NetspecError for any other.
   */
  messageOf(blob: BlobProto): BlobMessage {
    const place = this.#places.get(blob);
    if (!place) throw new NetspecError('the blob is none of this file', { file: this.#source.name });
    const { offset, length } = place;
    return { byteLength: length, readMessage: () => readRange(this.#source, offset, length) };
  }

  /** Where a blob's values lie when they are float32, in one piece and complete, so that they can be streamed. */
  floatsAt(layerIndex: number, blobIndex: number): { offset: number; count: number } | undefined {
    const blob = this.layers[layerIndex]?.blobs[blobIndex];
    const [run, ...more] = this.#runs[layerIndex]?.[blobIndex] ?? [];
    if (!run || more.length > 0 || run.width !== 4 || run.stride !== 4 || run.count !== blob?.count) return undefined;
    return { offset: run.offset, count: run.count };
  }

  /** Closes the source. */
  close(): Promise<void> {
    return this.#source.close();
  }
}

type Parts = [
  net: NetParameter,
  layers: LayerEntry[],
  runs: FloatRun[][][],
  places: ReadonlyMap<BlobProto, BlobLocation>,
];

async function index(
  source: RandomAccess,
  schema: Schema | undefined,
  construct: (...parts: Parts) => CaffemodelReader,
): Promise<CaffemodelReader> {
  if (source.size === 0) throw new NetspecError('not a caffemodel: the file is empty');
  if (source.size > MAX_MESSAGE_BYTES)
    throw new NetspecError(
      `the file has ${source.size} bytes; protobuf, and so Caffe, reads at most ${MAX_MESSAGE_BYTES}`,
      { hint: 'save it again with layers that share weights (param { name }) stored once' },
    );

  const head = await readHead(source);
  const wrong = wrongKind(head, 'caffemodel', false);
  if (wrong) throw wrong;
  let skeleton: Skeleton | undefined;
  try {
    skeleton = await readSkeleton(source, schema ?? defaultSchema());
    const net = schema ? decodeWith(schema, skeleton.bytes) : decodeOfAnyFork(skeleton.bytes, source.name);
    refuseMixedLayers(net);
    refuseOtherMessages(net, head);
    return construct(...entriesOf(net, skeleton));
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    // Errors of the scan count from the start of the file, those of the kept bytes from the start of these.
    const offset = skeleton ? skeleton.offsetInFile(error.offset) : error.offset;
    throw explainMalformed(error, 'NetParameter', head.bytes, offset);
  }
}

function decodeWith(schema: Schema, bytes: Uint8Array): NetParameter {
  return readMessage(schema.message('NetParameter'), new WireReader(bytes)) as NetParameter;
}

/** Reads a net with the schema of the Caffe that wrote it, as far as its layers show. */
function decodeOfAnyFork(bytes: Uint8Array, file: string | undefined): NetParameter {
  const fork = recognizeBytes(bytes);
  if (fork)
    try {
      const net = decodeWith(fork.schema, bytes);
      noteForks(net, { schema: fork.schema, forksOfType: new Map([['', [fork.name]]]), doubts: [] });
      remark(
        `${file ?? 'the net'} is read as a file of ${fork.title} (${fork.name}), by the types and fields of its layers`,
      );
      return net;
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
  return decodeWith(defaultSchema(), bytes);
}

function entriesOf(net: NetParameter, { blobs }: Skeleton): Parts {
  const layers: LayerEntry[] = [];
  const runs: FloatRun[][][] = [];
  const places = new Map<BlobProto, BlobLocation>();
  const add = (name = '', type = '', messages: readonly BlobProto[], locations: readonly BlobLocation[]): void => {
    const ofLayer = messages.map((message, i) => {
      places.set(message, locations[i]!);
      try {
        return entryOf(message, locations[i]!);
      } catch (error) {
        if (!(error instanceof NetspecError)) throw error;
        throw new NetspecError(`blob ${i}: ${error.reason}`, { ...error.details, layer: { name, type } });
      }
    });
    layers.push({ name, type, blobs: ofLayer.map(({ entry }) => entry) });
    runs.push(ofLayer.map(({ stored }) => stored));
  };
  for (const [i, { name, type, blobs: messages = [] }] of (net.layer ?? []).entries())
    add(name, type, messages, blobs.layer[i]!);
  for (const [i, v1] of (net.layers ?? []).entries()) {
    const { name, blobs: messages = [], layer: v0 } = v1;
    const today = nameOfV1Type(v0 ? { type: v1TypeOfV0Word(v0.type ?? '') } : v1);
    // In a V0 net the inner layer's blobs are the layer's; any beside them are not looked at.
    if (v0)
      add(
        v0.name,
        today ?? v0.type,
        v0.blobs ?? [],
        blobs.layers[i]!.filter(({ parent }) => parent === 'V0LayerParameter'),
      );
    else add(name, today, messages, blobs.layers[i]!);
  }
  return [net, layers, runs, places];
}

/** Some other protobuf message may read as a net of which nothing is known. */
function refuseOtherMessages(net: NetParameter & WithUnknownFields, head: FileHead): void {
  const unknown = net[UNKNOWN_FIELDS];
  if (net.layer || net.layers || !unknown) return;
  const wrong = wrongKind(head, 'caffemodel', true);
  if (wrong) throw wrong;
  const numbers = [...new Set(unknown.map((field) => new WireReader(field).tag() >>> 3))];
  throw new NetspecError(`not a caffemodel: it has no layers, and fields that no NetParameter has: ${listed(numbers)}`);
}

function entryOf(message: BlobProto, location: BlobLocation): { entry: BlobEntry; stored: FloatRun[] } {
  const { shape, legacy } = shapeOfBlob(message);
  const count = countOf(shape);
  const { offset, hasDiff, forkFields } = location;
  const [dtype, stored] = storedValues(location, count);
  const entry: BlobEntry = {
    shape,
    legacy,
    count,
    dtype,
    stored: stored.reduce((sum, run) => sum + run.count, 0),
    offset,
    hasDiff,
    forkFields,
  };
  return { entry, stored };
}

/** The values that count. Caffe takes double_data where there is any, whatever `data` holds. */
function storedValues(
  { data, doubleData, forkFields }: BlobLocation,
  count: number,
): [dtype: BlobEntry['dtype'], stored: FloatRun[]] {
  if (doubleData.length > 0) return ['float64', doubleData];
  // NVIDIA's fork writes half precision into raw_data, beside which BVLC's fields are empty.
  const halves = forkFields.find(({ number, length }) => number === NVIDIA_RAW_DATA && length === 2 * count);
  if (data.length > 0 || !halves || count === 0) return ['float32', data];
  return ['float16', [{ offset: halves.offset, count, width: 2, stride: 2 }]];
}

/** raw_data in NVIDIA's fork. */
const NVIDIA_RAW_DATA = 12;

/** @throws NetspecError when the values are missing or not as many as the shape says. */
function checkStored({ shape, count, stored, forkFields }: BlobEntry): void {
  if (stored > 0 || count === 0 || forkFields.length === 0) {
    checkCount(shape, stored);
    return;
  }
  const numbers = listed(forkFields.map(({ number }) => number));
  throw new NetspecError(
    `the shape ${formatShape(shape)} has ${count} values, the data is missing; ` +
      `the blob has field${forkFields.length > 1 ? 's' : ''} ${numbers}, which BVLC's BlobProto does not`,
    { hint: 'save the model as float32 with the Caffe fork that wrote it' },
  );
}

function listed(numbers: readonly number[]): string {
  return new Intl.ListFormat('en').format(numbers.map(String));
}

/** Bytes copied at a time. */
const COPY_BYTES = 4 * 2 ** 20;

async function* readRange(source: RandomAccess, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(length, COPY_BYTES));
  for (let done = 0; done < length; done += COPY_BYTES) {
    const piece = buffer.subarray(0, length - done);
    await source.read(offset + done, piece);
    yield piece;
  }
}

/** Reads the run into `values`, which has room for just that. */
async function readRun(source: RandomAccess, run: FloatRun, values: Float32Array): Promise<void> {
  const { offset, count, width, stride } = run;
  if (width === 4 && stride === 4) {
    // Little-endian like the file: every machine that JavaScript runs on, and WebAssembly by definition.
    await source.read(offset, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return;
  }
  const chunk = new Uint8Array(Math.min(count, CHUNK_VALUES) * stride);
  const view = new DataView(chunk.buffer);
  for (let done = 0; done < count; done += CHUNK_VALUES) {
    const length = Math.min(CHUNK_VALUES, count - done);
    // The last value has no tag after it.
    await source.read(offset + done * stride, chunk.subarray(0, (length - 1) * stride + width));
    for (let i = 0; i < length; i++) values[done + i] = valueAt(view, i * stride, width);
  }
}

function valueAt(view: DataView, at: number, width: FloatRun['width']): number {
  if (width === 2) return float16ToFloat32(view.getUint16(at, true));
  return width === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
}
