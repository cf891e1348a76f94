/** non-finite: where NaN or infinity first appears in a net, and what it comes from. */
import { resolve } from '../proto/message.js';
import type { Net } from '../runtime/net.js';
import type { NumericArray } from '../weights/source.js';
import { wiringOf } from './wiring.js';

/** The first value that is no finite number. */
export interface NonFiniteValue {
  /** The layer that gives it; undefined where only a reference holds it. */
  layer?: string;
  type?: string;
  /** Blob name of the top, or name of the reference. */
  name: string;
  value: 'NaN' | 'Infinity' | '-Infinity';
  /** Where it is: an index for each axis. */
  at: readonly number[];
  /** How many values of the top are such, and how many there are. */
  found: number;
  count: number;
  /** What it comes from, in words. */
  reason: string;
}

/**
 * Runs a net, whose inputs are set, until a layer gives a value that is no finite number.
 * @param last index of the last layer to run
 * @param restart makes the net ready to run from its beginning
 * @param options.onLayer called after each layer that ran
 * @param options.onChecked called when what the layer gave was looked at
 */
export async function firstNonFinite(
  net: Net,
  last: number,
  restart: () => void,
  { onLayer, onChecked }: { onLayer: (index: number) => Promise<void>; onChecked: (index: number) => void },
): Promise<NonFiniteValue | undefined> {
  restart();
  for (let index = 0; index <= last; index++) {
    await net.forward({ start: index, end: index, onLayer });
    for (const top of net.topNamesOf(index)) {
      const { shape, data } = net.blobs.get(top)!;
      const first = whereNonFinite(shape, data);
      if (!first) continue;
      const { name, type } = net.layers[index]!;
      restart();
      // What the layer read, before it or a layer in place overwrote that.
      if (index > 0) await net.forward({ end: index - 1, onLayer });
      return { layer: name, type, name: top, ...first, reason: reasonOf(net, index, first) };
    }
    onChecked(index);
  }
  return undefined;
}

/** The first value of a reference that is no finite number. */
export function nonFiniteReference(
  name: string,
  shape: readonly number[],
  data: NumericArray,
): NonFiniteValue | undefined {
  const first = whereNonFinite(shape, data);
  return first && { name, ...first, reason: 'the model gave it, or it arose as the reference was saved' };
}

/** The value in a sentence: `bn1 (BatchNorm) is the first layer to give NaN …`. */
export function nonFiniteLine({ layer, type, name, value, at, found, count, reason }: NonFiniteValue): string {
  const where = `${found} of ${count} values, the first at [${at.join(', ')}]`;
  return layer === undefined
    ? `the reference '${name}' holds ${value}: ${where}: ${reason}`
    : `${layer} (${type ?? ''}) is the first layer to give ${value}: ${where} of '${name}': ${reason}`;
}

function whereNonFinite(
  shape: readonly number[],
  data: NumericArray,
): Pick<NonFiniteValue, 'value' | 'at' | 'found' | 'count'> | undefined {
  let [first, found] = [-1, 0];
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i])) {
      if (first < 0) first = i;
      found++;
    }
  if (first < 0) return undefined;
  return {
    value: String(data[first]) as NonFiniteValue['value'],
    at: placeOf(shape, first),
    found,
    count: data.length,
  };
}

/** An index for each axis of the value at a flat index. */
function placeOf(shape: readonly number[], index: number): number[] {
  const place: number[] = [];
  for (const size of [...shape].reverse()) {
    place.unshift(index % size);
    index = Math.floor(index / size);
  }
  return place;
}

/** What a value comes from; the layer's bottoms hold what it reads. */
function reasonOf(net: Net, index: number, { at, count }: Pick<NonFiniteValue, 'at' | 'count'>): string {
  const layer = net.layers[index]!;
  const bottoms = net.bottomNamesOf(index);
  if (bottoms.length === 0) return 'it is what the net is fed';
  for (const [i, blob] of layer.blobs.entries()) {
    const bad = whereNonFinite(blob.shape, blob.peek());
    if (bad) return `its parameter blob ${i} holds ${bad.value} at [${bad.at.join(', ')}]`;
  }
  if (layer.type === 'BatchNorm') {
    const variance = layer.blobs[1]!.peek();
    const factor = layer.blobs[2]!.peek()[0]!;
    const { eps } = resolve('BatchNormParameter', wiringOf(net).params[index]!.batch_norm_param);
    const [, channel = 0] = at;
    const { length } = variance.filter((v) => v / factor + eps < 0);
    if (length > 0)
      return (
        `variance ${channel} of its blob 1 is ${Number(variance[channel]!.toPrecision(4))}, and the root of a negative number is none ` +
        `(${length} of ${variance.length} are negative)`
      );
  }
  const read = bottoms.map((name) => {
    const { shape, data } = net.blobs.get(name)!;
    if (data.length !== count)
      return `'${name}', whose largest magnitude is ${Number(data.reduce((most, v) => Math.max(most, Math.abs(v)), 0).toPrecision(4))}`;
    const flat = at.reduce((sum, i, axis) => sum * (shape[axis] ?? 1) + i, 0);
    return `'${name}', which is ${Number(data[flat]!.toPrecision(4))} there`;
  });
  return `what it reads is finite: ${read.join(', ')}`;
}
