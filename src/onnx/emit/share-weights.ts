/**
 * Layers that a model runs with the same weights, as a detector's head over its levels, share them through `param { name }`: the
 * caffemodel then holds them once, for Caffe gives a layer that is not in the file what the first of the name has.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { factsOf } from '../../layers/registry.js';
import { product } from '../../shapes.js';
import type { MadeLayer, Weights } from './builder.js';

/** Layers of fewer values stay as they are: names for them would be longer than what they save. */
const SMALLEST = 1024;
/** Words of a blob that its digest is made of. */
const MOST_LOOKED_AT = 4096;

export interface SharedWeights {
  /** For each layer, whether the file leaves it out. */
  readonly isLeftOut: readonly boolean[];
  /** How many layers have weights that others use too. */
  readonly owners: number;
  /** How many others use those. */
  readonly users: number;
}

/**
 * Names the weights of layers that have bit for bit the same, in place.
 * @param made the weights of each layer
 */
export function shareWeights(
  layers: readonly LayerParameter[],
  made: readonly (MadeLayer | undefined)[],
): SharedWeights {
  const isLeftOut = layers.map(() => false);
  const owners = new Set<number>();
  for (const twins of twinsOf(layers, made)) {
    const [owner, ...others] = twins as [number, ...number[]];
    owners.add(owner);
    const blobs = made[owner]!.blobs;
    const names = blobs.map((_, i) => ({ name: `${layers[owner]!.name!}_${i}` }));
    for (const index of twins) layers[index]!.param = names.map((each) => ({ ...each }));
    for (const index of others) isLeftOut[index] = true;
  }
  const users = isLeftOut.filter(Boolean).length;
  leaveOutNamed(layers, isLeftOut);
  return { isLeftOut, owners: owners.size, users };
}

/** Operators name what they share by themselves, as the steps of a recurrence do. */
function leaveOutNamed(layers: readonly LayerParameter[], isLeftOut: boolean[]): void {
  const known = new Set<string>();
  layers.forEach(({ param = [] }, i) => {
    const names = param.flatMap(({ name = '' }) => (name === '' ? [] : [name]));
    if (names.length > 0 && names.length === param.length && names.every((name) => known.has(name)))
      isLeftOut[i] = true;
    for (const name of names) known.add(name);
  });
}

/** Whether several such layers can learn the same blobs, as Caffe allows of all but statistics. */
const hasMatrix = (layer: LayerParameter): boolean => factsOf(layer)?.weights !== undefined;

/** Groups of layers with the same weights, in order. */
function twinsOf(layers: readonly LayerParameter[], made: readonly (MadeLayer | undefined)[]): number[][] {
  const candidates = layers.flatMap(({ param }, i) =>
    hasMatrix(layers[i]!) && param === undefined && countOf(made[i]?.blobs ?? []) >= SMALLEST ? [i] : [],
  );
  const blobsOf = (i: number): readonly Weights[] => made[i]!.blobs;
  const byShape = groupsBy(
    candidates,
    (i) =>
      `${layers[i]!.type!} ${blobsOf(i)
        .map(({ shape }) => shape.join('x'))
        .join()}`,
  );
  // Biases first: they are short, and seldom equal where the weights are not.
  const bySmallest = byShape.flatMap((group) => groupsBy(group, (i) => digest(smallest(blobsOf(i)))));
  const byAll = bySmallest.flatMap((group) => groupsBy(group, (i) => blobsOf(i).map(digest).join()));
  return byAll.flatMap((group) => equalOnes(group, blobsOf));
}

/** Groups of two and more. */
function groupsBy(indexes: readonly number[], key: (index: number) => string | number): number[][] {
  const groups = new Map<string | number, number[]>();
  for (const index of indexes) {
    const name = key(index);
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Those of a group that equal its first: digests only sort. */
function equalOnes(group: readonly number[], blobsOf: (index: number) => readonly Weights[]): number[][] {
  const [first, ...others] = group as [number, ...number[]];
  const isEqual = (index: number): boolean =>
    blobsOf(first).every((blob, k) => {
      const [a, b] = [bitsOf(blob), bitsOf(blobsOf(index)[k]!)];
      return isSame(a, b) || areEqual(a, b);
    });
  const equal = others.filter(isEqual);
  return equal.length > 0 ? [[first, ...equal]] : [];
}

function smallest(blobs: readonly Weights[]): Weights {
  return blobs.reduce((least, blob) => (product(blob.shape) < product(least.shape) ? blob : least));
}

function countOf(blobs: readonly Weights[]): number {
  return blobs.reduce((sum, { shape }) => sum + product(shape), 0);
}

/** As bits, a NaN equals itself and 0 and -0 differ. */
function bitsOf(blob: Weights): Uint32Array {
  const { buffer, byteOffset, length } = blob.values();
  return new Uint32Array(buffer, byteOffset, length);
}

/** The model's own values are not copied: of one initializer they are in one place. */
function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

function areEqual(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** FNV-1a over some words, evenly spread: what falls together is compared as a whole. */
function digest(blob: Weights): number {
  const bits = bitsOf(blob);
  const step = Math.ceil(bits.length / MOST_LOOKED_AT) | 1;
  let sum = 0x811c9dc5;
  for (let i = 0; i < bits.length; i += step) sum = Math.imul(sum ^ bits[i]!, 0x01000193);
  return sum;
}
