/** diffNets: what two net files differ in, layer by layer: fields, shapes, values. One blob of each is in memory at a time. */
import { OPTIONS, READER, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import type { CaffemodelReader } from '../proto/caffemodel-reader.js';
import { factsOf } from '../layers/registry.js';
import { defaultSchema, type Schema } from '../proto/schema.js';
import { upgradeNet } from '../proto/upgrade.js';
import { sameShape } from '../shapes.js';
import { compare } from '../compare/compare.js';
import { diffMessages, type FieldDifference } from './fields.js';

/** A blob that is not the same in both. */
export interface BlobDifference {
  index: number;
  /** Shapes; undefined where the layer has no such blob. */
  before?: readonly number[];
  after?: readonly number[];
  /** Given when both have the same shape: the largest difference, NaN when something is no number on one side only. */
  maxAbs?: number;
  /** How many values differ by more than the tolerance. */
  outside?: number;
  /** Why the values cannot be compared. */
  problem?: string;
}

/** A layer that is not the same in both; layers are matched by name. */
export interface LayerDifference {
  name: string;
  type: string;
  change: 'removed' | 'added' | 'changed';
  fields: FieldDifference[];
  blobs: BlobDifference[];
}

/** What {@link diffNets} found. */
export interface NetDifference {
  /** Whether nothing differs. */
  same: boolean;
  /** Fields of the net itself: its name, its inputs. */
  net: FieldDifference[];
  layers: LayerDifference[];
  /** The layers that both have come in another order. */
  reordered: boolean;
  /** Whether weights were compared: not when one of the files has none, or only the structure was asked for. */
  weights: boolean;
  /** The largest difference of two weights anywhere, also within the tolerance. */
  maxAbs: number;
}

/** What {@link diffNets} compares. */
export interface DiffOptions {
  /** Differences of weights up to this count as none. Default 0. */
  tolerance?: number;
  /** What to compare. Default: both, the weights where both files have some. */
  only?: 'structure' | 'weights';
  schema?: Schema;
  /** Called after each layer. */
  onProgress?: (done: number, total: number, layer: string) => void;
}

interface Side {
  net: NetParameter;
  reader: CaffemodelReader;
  /** Layers by name, the n-th of a name as `name#n`. */
  layers: Map<string, LayerParameter>;
  /** Indices in the file of those that have blobs. */
  blobs: Map<string, number>;
}

/**
 * Compares two nets, each brought to today's format first. What Caffe adds by itself when it saves a net is no difference:
 * the layers' phase, a BatchNorm's learning rates of 0, an empty name, and Split layers of Caffe's naming.
 * @throws NetspecError when a file cannot be read or upgraded
 * @example
 * const before = await CaffemodelReader.open(await openFile('net.caffemodel'));
 * const after = await CaffemodelReader.open(await openFile('net.caffemodel'));
 * (await diffNets(before, after)).same; // → true
 */
export async function diffNets(
  before: CaffemodelReader,
  after: CaffemodelReader,
  options: DiffOptions = {},
): Promise<NetDifference> {
  checkArguments('diffNets()', { before: [before, READER], after: [after, READER], options: [options, OPTIONS] });
  const { tolerance = 0, only, schema = defaultSchema(), onProgress } = options;
  const [a, b] = [sideOf(before), sideOf(after)];
  const type = schema.message('LayerParameter');
  const structure = only !== 'weights';
  const weights = only !== 'structure' && (only === 'weights' || (a.blobs.size > 0 && b.blobs.size > 0));
  let maxAbs = 0;
  const layers: LayerDifference[] = [];
  const keys = merged([...a.layers.keys()], [...b.layers.keys()]);
  for (const [done, key] of keys.entries()) {
    const [x, y] = [a.layers.get(key), b.layers.get(key)];
    const { name = '', type: typeName = '' } = (x ?? y)!;
    const entry: LayerDifference = {
      name,
      type: typeName,
      change: x && y ? 'changed' : x ? 'removed' : 'added',
      fields: structure && x && y ? diffMessages(type, ...withoutSaved(x, y)) : [],
      blobs: [],
    };
    if (weights && ((x && y) || only === 'weights'))
      for await (const blob of diffBlobs(a, b, key, tolerance)) {
        if (!(blob.maxAbs! <= maxAbs) && blob.maxAbs !== undefined) maxAbs = blob.maxAbs;
        if (blob.outside !== 0) entry.blobs.push(blob);
      }
    const missing = structure && !(x && y);
    if (missing || entry.fields.length > 0 || entry.blobs.length > 0) layers.push(entry);
    onProgress?.(done + 1, keys.length, name);
  }
  const net = structure ? diffMessages(schema.message('NetParameter'), bare(a.net), bare(b.net)) : [];
  const common = (side: Side, other: Side): string =>
    [...side.layers.keys()].filter((k) => other.layers.has(k)).join('\0');
  const reordered = structure && common(a, b) !== common(b, a);
  return { same: net.length + layers.length === 0 && !reordered, net, layers, reordered, weights, maxAbs };
}

function sideOf(reader: CaffemodelReader): Side {
  const net = upgradeNet(reader.net);
  const layers = new Map<string, LayerParameter>();
  for (const layer of withoutSplits(net.layer ?? []))
    layers.set(keyOf(layer.name ?? '', layers), { ...layer, blobs: undefined });
  const seen = new Map<string, true>();
  const blobs = new Map<string, number>();
  for (const [index, layer] of reader.layers.entries()) {
    const key = keyOf(layer.name, seen);
    seen.set(key, true);
    if (layer.blobs.length > 0) blobs.set(key, index);
  }
  return { net, reader, layers, blobs };
}

function keyOf(name: string, taken: ReadonlyMap<string, unknown>): string {
  let key = name;
  for (let n = 2; taken.has(key); n++) key = `${name}#${n}`;
  return key;
}

/** The net's own fields. */
function bare(net: NetParameter): NetParameter {
  return { ...net, name: net.name === '' ? undefined : net.name, layer: undefined, layers: undefined };
}

/** The layers without what Caffe wrote into one of them when it saved it: the net's phase, and rates of 0 for frozen blobs. */
function withoutSaved(a: LayerParameter, b: LayerParameter): [LayerParameter, LayerParameter] {
  const ignored: Partial<LayerParameter> = {};
  if (a.phase === undefined || b.phase === undefined) ignored.phase = undefined;
  const isFrozen = ({ param = [], ...layer }: LayerParameter): boolean =>
    (factsOf(layer)?.frozenBlobs ?? false) && param.every(({ name, lr_mult }) => name === undefined && lr_mult === 0);
  if (isFrozen(a) && isFrozen(b)) ignored.param = undefined;
  return [
    { ...a, ...ignored },
    { ...b, ...ignored },
  ];
}

/** The layers without the splits that Caffe inserted, whose readers read the blob itself again. */
function withoutSplits(layers: readonly LayerParameter[]): LayerParameter[] {
  const origin = new Map<string, string>();
  const kept = layers.filter(({ type, name = '', bottom = [], top = [] }) => {
    const inserted = type === 'Split' && name.endsWith('_split') && top.every((blob, k) => blob === `${name}_${k}`);
    if (inserted) for (const blob of top) origin.set(blob, bottom[0] ?? '');
    return !inserted;
  });
  return kept.map((layer) =>
    layer.bottom?.some((blob) => origin.has(blob))
      ? { ...layer, bottom: layer.bottom.map((blob) => origin.get(blob) ?? blob) }
      : layer,
  );
}

/** All keys in the first's order, each of those that only the second has after the one that it follows there. */
function merged(first: readonly string[], second: readonly string[]): string[] {
  const known = new Set(first);
  const after = new Map<string | undefined, string[]>();
  let last: string | undefined;
  for (const key of second) {
    if (known.has(key)) last = key;
    else after.set(last, [...(after.get(last) ?? []), key]);
  }
  return [...(after.get(undefined) ?? []), ...first.flatMap((key) => [key, ...(after.get(key) ?? [])])];
}

/** Every blob of a layer that one of the files has; `outside` is 0 for those that are the same. */
async function* diffBlobs(a: Side, b: Side, key: string, tolerance: number): AsyncGenerator<BlobDifference> {
  const [i, j] = [a.blobs.get(key), b.blobs.get(key)];
  const before = i === undefined ? [] : a.reader.layers[i]!.blobs;
  const after = j === undefined ? [] : b.reader.layers[j]!.blobs;
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    const shapes = { index, before: before[index]?.shape, after: after[index]?.shape };
    if (!shapes.before || !shapes.after || !sameShape(shapes.before, shapes.after)) {
      yield shapes;
      continue;
    }
    try {
      const [x, y] = [await a.reader.readBlob(i!, index), await b.reader.readBlob(j!, index)];
      if (sameBits(x, y)) yield { ...shapes, maxAbs: 0, outside: 0 };
      else {
        const { maxAbs, outside } = compare(y, x, { rtol: 0, atol: tolerance });
        yield { ...shapes, maxAbs, outside };
      }
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      yield { ...shapes, problem: error.reason };
    }
  }
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length));
  for (let i = 0; i < x!.length; i++) if (x![i] !== y![i]) return false;
  return true;
}
