/**
 * Golden cases: folders that hold a net, its inputs and what the real Caffe computed from them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Blob } from '../../src/engine/blob.js';
import { Net, type NetOptions } from '../../src/runtime/net.js';
import { parseNpy } from '../../src/weights/npy.js';

/** Names of the cases below a folder of test/fixtures, sorted. */
export function caseNames(folder: string): string[] {
  return readdirSync(fixture(folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** URL of a file or folder below test/fixtures. */
export function fixture(path: string): URL {
  return new URL(`../fixtures/${path}`, import.meta.url);
}

/** Builds the net of a case, with its weights if it has some. */
export async function loadCase(folder: string, options: NetOptions = {}): Promise<Net> {
  const weights = fixture(`${folder}/weights.caffemodel`);
  return Net.load(readFileSync(fixture(`${folder}/net.prototxt`), 'utf8'), {
    phase: 'TEST',
    ...(existsSync(weights) ? { weights: new Uint8Array(readFileSync(weights)) } : {}),
    ...options,
  });
}

/** The arrays of a case whose file names begin with `prefix`, by the rest of the name. */
export function arrays(folder: string, prefix: 'in_' | 'out_' | 'blob_'): Map<string, ReturnType<typeof parseNpy>> {
  const files = readdirSync(fixture(folder)).filter((file) => file.startsWith(prefix) && file.endsWith('.npy'));
  return new Map(
    files.map((file) => [
      file.slice(prefix.length, -'.npy'.length),
      parseNpy(new Uint8Array(readFileSync(fixture(`${folder}/${file}`))), file),
    ]),
  );
}

/**
 * How far two float32 computations of the same formula may differ, relative to the largest value of the blob. Each value
 * is a sum of at most a few thousand products, added up in another order: the error of such a sum is about √n · 2^-24 of
 * its largest partial sum, 4e-6 for n = 4096; exponentials and logarithms add some units of 2^-24. Five times that leaves
 * room for sums that partly cancel.
 */
export const RELATIVE_TOLERANCE = 2e-5;

/** For blobs that are all but 0, such as differences of equal numbers of the order of 1: a few roundings, 2^-20. */
export const ABSOLUTE_TOLERANCE = 1e-6;

/** Fails unless the blob has the reference's shape and values; NaN and infinities must be at the same places. */
export function expectSameBlob(
  name: string,
  actual: Pick<Blob, 'shape' | 'data'> | undefined,
  expected: { shape: readonly number[]; data: ArrayLike<number> },
): void {
  expect({ name, shape: actual?.shape }).toEqual({ name, shape: [...expected.shape] });
  const data = actual!.data;
  const finite = Array.from(expected.data).filter(Number.isFinite);
  const tolerance = RELATIVE_TOLERANCE * finite.reduce((max, v) => Math.max(max, Math.abs(v)), 0) + ABSOLUTE_TOLERANCE;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [data[i]!, expected.data[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= tolerance)) throw new Error(`${name}[${i}] is ${a}, expected ${b} within ${tolerance}`);
  }
}
