/**
 * The transforms of F(4x4, 3x3), four tiles or kernels at a time, and what describes a tile. Nothing here is exported from
 * the modules.
 */
import { madd } from './simd';
import { Epilogue, rectified } from './tile';

/** A tile of 4 x 4 results, of any image of any size; the channels of its image and of its top are at fixed distances. */
@unmanaged
export class Patch {
  /** Address of image row -1, column -1 of the patch's 6 x 6 numbers, in channel 0; it may lie outside the image. */
  x: usize;
  /** Bytes from one row to the next, and from one channel to the next. */
  xRow: usize;
  xChannel: usize;
  /** The rows and columns of the patch, of 0 … 6, that lie inside the image. */
  row0: i32;
  row1: i32;
  column0: i32;
  column1: i32;
  /** Address of the first result in channel 0, distances as above, and how many rows and columns there are, of 4. */
  y: usize;
  yRow: usize;
  yChannel: usize;
  rows: i32;
  columns: i32;
  /** Address of what is added to the first result, with the distances of y; or 0. */
  residual: usize;
}

/** A convolution, with bounds on what exists of it at a time. Addresses and distances in bytes. */
@unmanaged
export class WinogradTask {
  /** Patches, 64 bytes apart; those beyond `tiles`, up to a multiple of 8, repeat the last. */
  patches: usize;
  tiles: usize;
  channels: usize;
  outputs: usize;
  /** The transformed image: for each of 36 places, `vPlace` bytes apart, ceil(tiles / 8) panels of channels x 8 tiles. */
  v: usize;
  vPlace: usize;
  /** Kernels: outputs x channels x 9. */
  weights: usize;
  /** Channels in a unit of f32_winograd_input__simd, outputs (a multiple of 4) in one of f32_winograd_product__simd. */
  unitChannels: usize;
  unitOutputs: usize;
  /** For each thread `scratchBytes`: transformed kernels, 36 times `uPlace` bytes, then products, 36 times `mPlace`. */
  scratch: usize;
  scratchBytes: usize;
  uPlace: usize;
  mPlace: usize;
  /** Address of an Epilogue; its residual is given by the patches. */
  epilogue: usize;
}

export const PATCH_BYTES: usize = 64;

const THIRD: f32 = 1.0 / 3.0;
const FIFTEENTH: f32 = 1.0 / 15.0;
const SIXTEEN_FIFTEENTHS: f32 = 16.0 / 15.0;

/** The transform of six numbers of the image, B^T d, in place. */
// @ts-ignore: decorator
@inline
export function transformInput(d: usize, step: usize): void {
  const d0 = v128.load(d);
  const d1 = v128.load(d + step);
  const d2 = v128.load(d + 2 * step);
  const d3 = v128.load(d + 3 * step);
  const d4 = v128.load(d + 4 * step);
  const d5 = v128.load(d + 5 * step);
  const half = f32x4.splat(0.5);
  const oneHalf = f32x4.splat(1.5);
  const two = f32x4.splat(2);
  const twoHalf = f32x4.splat(2.5);
  // d0 - 1.5 d1 - 2 d2 + 1.5 d3 + d4
  v128.store(d, f32x4.add(f32x4.add(d0, d4), f32x4.sub(f32x4.mul(oneHalf, f32x4.sub(d3, d1)), f32x4.mul(two, d2))));
  // -d1 + 0.5 d2 + 2.5 d3 + d4
  v128.store(d + step, f32x4.add(f32x4.sub(d4, d1), madd(half, d2, f32x4.mul(twoHalf, d3))));
  // d1 - 2.5 d2 + 0.5 d3 + d4
  v128.store(d + 2 * step, f32x4.add(f32x4.add(d1, d4), f32x4.sub(f32x4.mul(half, d3), f32x4.mul(twoHalf, d2))));
  // -2 d1 - d2 + 2 d3 + d4
  v128.store(d + 3 * step, madd(two, f32x4.sub(d3, d1), f32x4.sub(d4, d2)));
  // 0.5 d1 - d2 - 0.5 d3 + d4
  v128.store(d + 4 * step, madd(half, f32x4.sub(d1, d3), f32x4.sub(d4, d2)));
  // d1 - 1.5 d2 - 2 d3 + 1.5 d4 + d5
  v128.store(
    d + 5 * step,
    f32x4.add(f32x4.add(d1, d5), f32x4.sub(f32x4.mul(oneHalf, f32x4.sub(d4, d2)), f32x4.mul(two, d3))),
  );
}

// @ts-ignore: decorator
@inline
export function isWhole(p: Patch): bool {
  return p.row0 == 0 && p.row1 == 6 && p.column0 == 0 && p.column1 == 6;
}

/** The same for the last two of six numbers, which are the last two of these four. */
// @ts-ignore: decorator
@inline
export function transposeEnd(to: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(c, d, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(c, d, 2, 3, 6, 7), 80);
}

/** The transform of three numbers of a kernel, G g: six vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformKernel(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const sum = f32x4.add(g0, g2);
  v128.store(to, g0);
  v128.store(to + step, kernelAtOne(sum, g1));
  v128.store(to + 2 * step, kernelAtMinusOne(sum, g1));
  v128.store(to + 3 * step, kernelAtHalf(g0, g1, g2));
  v128.store(to + 4 * step, kernelAtMinusTwo(g0, g1, g2));
  v128.store(to + 5 * step, g2);
}

/** The same; the upper half of each vector goes `apart` bytes from the lower one. */
// @ts-ignore: decorator
@inline
export function transformKernelApart(to: usize, apart: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const sum = f32x4.add(g0, g2);
  storeApart(to, apart, g0);
  storeApart(to + step, apart, kernelAtOne(sum, g1));
  storeApart(to + 2 * step, apart, kernelAtMinusOne(sum, g1));
  storeApart(to + 3 * step, apart, kernelAtHalf(g0, g1, g2));
  storeApart(to + 4 * step, apart, kernelAtMinusTwo(g0, g1, g2));
  storeApart(to + 5 * step, apart, g2);
}

// @ts-ignore: decorator
@inline
function storeApart(to: usize, apart: usize, x: v128): void {
  v128.store_lane<u64>(to, x, 0);
  v128.store_lane<u64>(to + apart, x, 1);
}

/** (g0 + g1 + g2) / 3, given g0 + g2. */
// @ts-ignore: decorator
@inline
function kernelAtOne(sum: v128, g1: v128): v128 {
  return f32x4.mul(f32x4.add(sum, g1), f32x4.splat(THIRD));
}

/** -(g0 - g1 + g2) / 3 */
// @ts-ignore: decorator
@inline
function kernelAtMinusOne(sum: v128, g1: v128): v128 {
  return f32x4.mul(f32x4.sub(g1, sum), f32x4.splat(THIRD));
}

/** -16/15 (g0 + g1 / 2 + g2 / 4) */
// @ts-ignore: decorator
@inline
function kernelAtHalf(g0: v128, g1: v128, g2: v128): v128 {
  return f32x4.mul(madd(f32x4.splat(0.25), g2, madd(f32x4.splat(0.5), g1, g0)), f32x4.splat(-SIXTEEN_FIFTEENTHS));
}

/** (g0 - 2 g1 + 4 g2) / 15 */
// @ts-ignore: decorator
@inline
function kernelAtMinusTwo(g0: v128, g1: v128, g2: v128): v128 {
  return f32x4.mul(madd(f32x4.splat(4), g2, madd(f32x4.splat(-2), g1, g0)), f32x4.splat(FIFTEENTH));
}

/** A^T m: four results of six products. */
// @ts-ignore: decorator
@inline
export function transformProducts(to: usize, toStep: usize, m: usize, step: usize): void {
  const m0 = v128.load(m);
  const m1 = v128.load(m + step);
  const m2 = v128.load(m + 2 * step);
  const m3 = v128.load(m + 3 * step);
  const m4 = v128.load(m + 4 * step);
  const m5 = v128.load(m + 5 * step);
  const sum = f32x4.add(m1, m2);
  const difference = f32x4.sub(m1, m2);
  v128.store(to, f32x4.add(f32x4.add(m0, sum), f32x4.add(m3, m4)));
  v128.store(to + toStep, madd(f32x4.splat(0.5), m3, madd(f32x4.splat(-2), m4, difference)));
  v128.store(to + 2 * toStep, madd(f32x4.splat(0.25), m3, madd(f32x4.splat(4), m4, sum)));
  v128.store(
    to + 3 * toStep,
    f32x4.add(madd(f32x4.splat(0.125), m3, madd(f32x4.splat(-8), m4, difference)), m5),
  );
}

// @ts-ignore: decorator
@inline
export function writeRow(
  t: WinogradTask,
  index: usize,
  row: i32,
  o: usize,
  x: v128,
  scale: v128,
  shift: v128,
  e: Epilogue,
  slope: v128,
): void {
  const p = changetype<Patch>(t.patches + index * PATCH_BYTES);
  if (index >= t.tiles || row >= p.rows) return;
  const at = o * p.yChannel + row * p.yRow;
  x = madd(x, scale, shift);
  if (p.residual) x = f32x4.add(x, v128.load(p.residual + at));
  if (e.rectify) x = rectified(x, slope);
  const to = p.y + at;
  if (p.columns == 4) v128.store(to, x);
  else {
    v128.store_lane<f32>(to, x, 0);
    if (p.columns > 1) v128.store_lane<f32>(to, x, 1, 4);
    if (p.columns > 2) v128.store_lane<f32>(to, x, 2, 8);
  }
}
