/**
 * planes: the channels of a layer that differ most, as small grey pictures: what the net gives, the reference, and the
 * difference.
 */
import type { NumericArray } from '../../weights/source.js';

/** One channel; pictures are rows of bytes, 0 where a value is not finite, else 1 to 255 over the range. */
export interface Plane {
  /** Which part of the blob it is: `channel 17`, `sample 1, channel 3`. */
  label: string;
  width: number;
  height: number;
  /** Size before it was made small. */
  fullWidth: number;
  fullHeight: number;
  /** Values that 1 and 255 stand for, in both pictures of values. */
  low: number;
  high: number;
  /** The difference that 255 stands for; 128 is none and 1 the opposite. */
  limit: number;
  actual: Uint8Array;
  reference: Uint8Array;
  difference: Uint8Array;
}

const MOST_PLANES = 6;
/** Most pixels along a side. */
const MOST_PIXELS = 96;
/** Blobs without height and width are shown in rows of this many values. */
const ROW = 64;

/** The planes whose largest difference is largest, that one first; planes without any difference are left out. */
export function worstPlanes(shape: readonly number[], actual: Float32Array, reference: NumericArray): Plane[] {
  const image = shape.length >= 3;
  const width = image ? shape.at(-1)! : Math.min(ROW, actual.length);
  const height = image ? shape.at(-2)! : Math.ceil(actual.length / ROW);
  const size = image ? width * height : actual.length;
  if (size === 0) return [];
  const errors = Array.from({ length: actual.length / size }, (_, plane) => ({
    plane,
    error: largestDifference(actual, reference, plane * size, size),
  }));
  return errors
    .filter(({ error }) => error > 0)
    .sort((a, b) => b.error - a.error || a.plane - b.plane)
    .slice(0, MOST_PLANES)
    .map(({ plane }) => {
      const at = plane * size;
      const label = image ? planeLabel(shape.slice(0, -2), plane) : `all ${size} values, in rows of ${width}`;
      return { label, ...picture(actual.subarray(at, at + size), reference.subarray(at, at + size), width, height) };
    });
}

/** Infinity where one side is not comparable. */
function largestDifference(a: Float32Array, b: NumericArray, from: number, count: number): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) largest = Math.max(largest, difference(a[i]!, b[i]!));
  return largest;
}

function difference(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}

function planeLabel(outer: readonly number[], plane: number): string {
  const channels = outer.at(-1) ?? 1;
  const channel = `channel ${plane % channels}`;
  return outer.slice(0, -1).some((dim) => dim !== 1) ? `sample ${Math.floor(plane / channels)}, ${channel}` : channel;
}

/** Each pixel is the place of its block where the two sides differ most: averages would hide what is looked for. */
function picture(a: Float32Array, b: NumericArray, fullWidth: number, fullHeight: number): Omit<Plane, 'label'> {
  const width = Math.min(fullWidth, MOST_PIXELS);
  const height = Math.min(fullHeight, MOST_PIXELS);
  const chosen = new Int32Array(width * height).fill(-1);
  for (let y = 0; y < fullHeight; y++)
    for (let x = 0; x < fullWidth; x++) {
      const i = y * fullWidth + x;
      if (i >= a.length) continue;
      const pixel = Math.floor((y * height) / fullHeight) * width + Math.floor((x * width) / fullWidth);
      const before = chosen[pixel]!;
      if (before < 0 || difference(a[i]!, b[i]!) > difference(a[before]!, b[before]!)) chosen[pixel] = i;
    }
  let [low, high, limit] = [Infinity, -Infinity, 0];
  for (const i of chosen) {
    if (i < 0) continue;
    for (const value of [a[i]!, b[i]!])
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const distance = difference(a[i]!, b[i]!);
    if (Number.isFinite(distance)) limit = Math.max(limit, distance);
  }
  if (low > high) [low, high] = [0, 0];
  const bytes = (of: (i: number) => number, from: number, to: number): Uint8Array =>
    Uint8Array.from(chosen, (i) => (i < 0 ? 0 : toByte(of(i), from, to)));
  return {
    width,
    height,
    fullWidth,
    fullHeight,
    low,
    high,
    limit,
    actual: bytes((i) => a[i]!, low, high),
    reference: bytes((i) => b[i]!, low, high),
    difference: bytes((i) => (Object.is(a[i], b[i]) ? 0 : a[i]! - b[i]!), -limit, limit),
  };
}

function toByte(value: number, from: number, to: number): number {
  if (!Number.isFinite(value)) return 0;
  return to > from ? 1 + Math.round(((value - from) / (to - from)) * 254) : 128;
}
