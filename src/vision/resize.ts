/**
 * resize: Pillow's bilinear resampling of 8-bit images, bit for bit. When shrinking, the triangle filter widens with the
 * factor, so that every source pixel counts (antialiasing): this is not OpenCV's nor the browser's bilinear.
 */
import { IMAGE, checkArguments } from '../arguments.js';
import { checkImage, checkSize, type RgbImage } from './image.js';

/** Weights are fixed-point numbers of this many fraction bits: 8 bits of pixel and 2 of headroom leave 22 of 32. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** For every output position: which source positions count, and how much. */
export interface ResizeWeights {
  /** First source position of each output position. */
  readonly first: Int32Array;
  /** How many source positions from there on. */
  readonly count: Int32Array;
  /** `stride` weights for each output position, in units of 2^-22; those beyond `count` are 0. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * The filter of one axis: a triangle of half-width max(1, from/to) around each output position's centre, cut off at the
 * edges, normalized to sum 1 in float64 and only then rounded to fixed point.
 */
export function resizeWeights(from: number, to: number): ResizeWeights {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const n = Math.min(Math.trunc(center + support + 0.5), from) - start;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      // Pillow multiplies with the reciprocal of the width; dividing would round otherwise.
      const distance = Math.abs((k + start - center + 0.5) * (1 / support));
      exact[k] = distance < 1 ? 1 - distance : 0;
      sum += exact[k]!;
    }
    for (let k = 0; k < n; k++) weights[i * stride + k] = Math.trunc(0.5 + (exact[k]! / sum) * 2 ** FRACTION_BITS);
    first[i] = start;
    count[i] = n;
  }
  return { first, count, weights, stride };
}

/**
 * Pillow's `Image.resize((width, height), Image.BILINEAR)` of an RGB image: first along the rows, then along the columns,
 * each rounded to 8 bits; an axis that keeps its size is not filtered. Source: Pillow's Resample.c, checked against 9.4.
 * @throws NetspecError for a size that is not whole or below 1, and an image whose data has another length than its size.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 200, 200, 200) };
 * resizeBilinear(image, 1, 1).data; // → Uint8Array.of(100, 100, 100)
 */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  checkArguments('resizeBilinear()', { image: [image, IMAGE] });
  checkImage(image);
  checkSize({ width, height }, 'target');
  let { data } = image;
  if (width !== image.width) data = resizeRows(data, image.width, image.height, width);
  if (height !== image.height) data = resizeColumns(data, width, image.height, height);
  return { width, height, data: data === image.data ? data.slice() : data };
}

function resizeRows(source: Uint8Array, from: number, height: number, to: number): Uint8Array {
  const { first, count, weights, stride } = resizeWeights(from, to);
  const result = new Uint8Array(to * height * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const row = y * from * 3;
    for (let x = 0; x < to; x++) {
      let at = row + first[x]! * 3;
      const end = x * stride + count[x]!;
      // Integer products and sums, said so: they stay below 2^31, and need no checks for more.
      let r = HALF;
      let g = HALF;
      let b = HALF;
      for (let k = x * stride; k < end; k++) {
        const weight = weights[k]!;
        r = (r + Math.imul(source[at]!, weight)) | 0;
        g = (g + Math.imul(source[at + 1]!, weight)) | 0;
        b = (b + Math.imul(source[at + 2]!, weight)) | 0;
        at += 3;
      }
      result[out] = toByte(r);
      result[out + 1] = toByte(g);
      result[out + 2] = toByte(b);
      out += 3;
    }
  }
  return result;
}

function resizeColumns(source: Uint8Array, width: number, from: number, to: number): Uint8Array {
  const { first, count, weights, stride } = resizeWeights(from, to);
  const length = width * 3;
  const result = new Uint8Array(length * to);
  const sums = new Int32Array(length);
  for (let y = 0; y < to; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * stride + k]!;
      const row = (first[y]! + k) * length;
      for (let i = 0; i < length; i++) sums[i]! += Math.imul(source[row + i]!, weight);
    }
    const out = y * length;
    for (let i = 0; i < length; i++) result[out + i] = toByte(sums[i]!);
  }
  return result;
}

/** The weights' rounding can carry a sum past 255, never below 0. */
function toByte(sum: number): number {
  const value = sum >> FRACTION_BITS;
  return value > 255 ? 255 : value;
}
