/**
 * The transforms of F(4x4, 3x3), four tiles or kernels at a time, and what describes a tile. Nothing here is exported from
 * the modules.
 */
import { madd, storeTransposed } from './simd';
import { Epilogue, rectified } from './micro-kernel';

/** An image whose tiles are computed, with its result. Distances are in bytes. */
@unmanaged
export class WinogradImage {
  /** Channel 0, the distances of its rows and channels, and its size. */
  x: usize;
  xRow: usize;
  xChannel: usize;
  height: i32;
  width: i32;
  /** Rows and columns of padding before it. */
  top: i32;
  left: i32;
  /** Channel 0 of the result, likewise. */
  y: usize;
  yRow: usize;
  yChannel: usize;
  rows: i32;
  columns: i32;
  /** Tiles that cover it. */
  down: i32;
  across: i32;
  /** What is added to the result, with the distances of y; or 0. */
  residual: usize;
}

/** A tile of 4 x 4 results, of any image of any size; the channels of its image and of its top are at fixed distances. */
@unmanaged
export class Patch {
  /** Address of the first row and column of the patch's 6 x 6 numbers, in channel 0; it may lie outside the image. */
  x: usize;
  /** Bytes from one row to the next, and from one channel to the next. */
  xRow: usize;
  xChannel: usize;
  /** The rows of the patch, of 0 … 6, that lie inside the image. */
  row0: i32;
  row1: i32;
  /** 1 when all of the patch does. */
  whole: u32;
  /** Address of the first result in channel 0, distances as above, and how many rows and columns there are, of 4. */
  y: usize;
  yRow: usize;
  yChannel: usize;
  rows: i32;
  columns: i32;
  /** Address of what is added to the first result, with the distances of y; or 0. */
  residual: usize;
}

/** Bytes of a patch: the fields, and at the end two masks, of columns 0 … 3 and 2 … 5 that lie inside the image. */
export const PATCH_BYTES: usize = 96;

/** A convolution, with bounds on what exists of it at a time. Addresses and distances in bytes. */
@unmanaged
export class WinogradTask {
  /** Patches; those beyond `tiles`, up to a multiple of 8, repeat the last. */
  patches: usize;
  tiles: usize;
  channels: usize;
  outputs: usize;
  /** Kernels: outputs x channels x 9. */
  weights: usize;
  /**
   * The transformed image: for each of 36 places, `vPlace` bytes apart, panels of channels x 8 tiles. Where units are tiles,
   * each thread has its own, of a part of the channels.
   */
  v: usize;
  vPlace: usize;
  /**
   * Transformed kernels: for each place, `uPlace` bytes apart, for each part of the channels, panels for `uOutputs` outputs in
   * all. Where units are outputs, each thread has its own, of a part of the channels.
   */
  u: usize;
  uPlace: usize;
  uOutputs: usize;
  /** Outputs in a unit of f32_winograd_outputs__simd (a multiple of 4), tiles in one of f32_winograd_tiles__simd (of 8). */
  unitOutputs: usize;
  unitTiles: usize;
  /** For each thread `scratchBytes`: work space, a tile, what it has of V or U, then products, 36 times `mPlace` bytes. */
  scratch: usize;
  scratchBytes: usize;
  mPlace: usize;
  /** Address of an Epilogue; its residual is given by the patches. */
  epilogue: usize;
}

/** 36 vectors of work space for the transforms: each thread has its own at the start of its scratch memory. */
export const WORK_BYTES: usize = 36 * 16;

const THIRD: f32 = 1.0 / 3.0;
const FIFTEENTH: f32 = 1.0 / 15.0;
const SIXTEEN_FIFTEENTHS: f32 = 16.0 / 15.0;

/** Transforms one channel of four patches: 36 vectors, `vPlace` bytes apart. */
export function transformPatches(patches: usize, work: usize, channel: usize, to: usize, vPlace: usize): void {
  const p0 = changetype<Patch>(patches);
  const p1 = changetype<Patch>(patches + PATCH_BYTES);
  const p2 = changetype<Patch>(patches + 2 * PATCH_BYTES);
  const p3 = changetype<Patch>(patches + 3 * PATCH_BYTES);
  let a = p0.x + channel * p0.xChannel;
  let b = p1.x + channel * p1.xChannel;
  let c = p2.x + channel * p2.xChannel;
  let d = p3.x + channel * p3.xChannel;
  if (p0.whole & p1.whole & p2.whole & p3.whole)
    for (let row = work; row < work + WORK_BYTES; row += 96) {
      transformRow(
        row,
        v128.load(a),
        v128.load(b),
        v128.load(c),
        v128.load(d),
        v128.load(a, 8),
        v128.load(b, 8),
        v128.load(c, 8),
        v128.load(d, 8),
      );
      a += p0.xRow;
      b += p1.xRow;
      c += p2.xRow;
      d += p3.xRow;
    }
  else
    for (let i = 0; i < 6; i++) {
      transformRow(
        work + i * 96,
        inside(p0, i, a, 0),
        inside(p1, i, b, 0),
        inside(p2, i, c, 0),
        inside(p3, i, d, 0),
        inside(p0, i, a, 1),
        inside(p1, i, b, 1),
        inside(p2, i, c, 1),
        inside(p3, i, d, 1),
      );
      a += p0.xRow;
      b += p1.xRow;
      c += p2.xRow;
      d += p3.xRow;
    }
  for (let column = work; column < work + 96; column += 16, to += vPlace)
    transformInput(
      to,
      6 * vPlace,
      v128.load(column),
      v128.load(column, 96),
      v128.load(column, 192),
      v128.load(column, 288),
      v128.load(column, 384),
      v128.load(column, 480),
    );
}

/** Columns 0 … 3 (half 0) or 2 … 5 (half 1) of row i of a patch, which is at `from`; 0 outside the image. */
// @ts-ignore: decorator
@inline
function inside(p: Patch, i: i32, from: usize, half: usize): v128 {
  if (i < p.row0 || i >= p.row1) return i32x4.splat(0);
  return v128.and(v128.load(from + half * 8), v128.load(changetype<usize>(p) + (PATCH_BYTES - 32 + half * 16)));
}

/** Transforms a row of four patches, given columns 0 … 3 and 2 … 5 of each. */
// @ts-ignore: decorator
@inline
function transformRow(
  to: usize,
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  aEnd: v128,
  bEnd: v128,
  cEnd: v128,
  dEnd: v128,
): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(aEnd, bEnd, 0, 4, 1, 5);
  const cd2 = v128.shuffle<f32>(cEnd, dEnd, 0, 4, 1, 5);
  const ab4 = v128.shuffle<f32>(aEnd, bEnd, 2, 6, 3, 7);
  const cd4 = v128.shuffle<f32>(cEnd, dEnd, 2, 6, 3, 7);
  transformInput(
    to,
    16,
    v128.shuffle<f32>(ab, cd, 0, 1, 4, 5),
    v128.shuffle<f32>(ab, cd, 2, 3, 6, 7),
    v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5),
    v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7),
    v128.shuffle<f32>(ab4, cd4, 0, 1, 4, 5),
    v128.shuffle<f32>(ab4, cd4, 2, 3, 6, 7),
  );
}

/** The transform of six numbers of the image, B^T d: six vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function transformInput(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const half = f32x4.splat(0.5);
  const oneHalf = f32x4.splat(1.5);
  const two = f32x4.splat(2);
  const twoHalf = f32x4.splat(2.5);
  const d42 = f32x4.sub(d4, d2);
  const d31 = f32x4.sub(d3, d1);
  // d0 - 1.5 d1 - 2 d2 + 1.5 d3 + d4
  v128.store(to, f32x4.add(f32x4.add(d0, d4), f32x4.sub(f32x4.mul(oneHalf, d31), f32x4.mul(two, d2))));
  // -d1 + 0.5 d2 + 2.5 d3 + d4
  v128.store((to += step), f32x4.add(f32x4.sub(d4, d1), madd(half, d2, f32x4.mul(twoHalf, d3))));
  // d1 - 2.5 d2 + 0.5 d3 + d4
  v128.store((to += step), f32x4.add(f32x4.add(d1, d4), f32x4.sub(f32x4.mul(half, d3), f32x4.mul(twoHalf, d2))));
  // -2 d1 - d2 + 2 d3 + d4
  v128.store((to += step), madd(two, d31, d42));
  // 0.5 d1 - d2 - 0.5 d3 + d4
  v128.store((to += step), f32x4.sub(d42, f32x4.mul(half, d31)));
  // d1 - 1.5 d2 - 2 d3 + 1.5 d4 + d5
  v128.store((to += step), f32x4.add(f32x4.add(d1, d5), f32x4.sub(f32x4.mul(oneHalf, d42), f32x4.mul(two, d3))));
}

/**
 * Transforms channels c0 … c1 of the kernels of `rows` outputs from o on, a multiple of 4: 36 panels, `uPlace` bytes apart, each
 * (c1 - c0) rows of so many. Outputs from `end` on repeat the last.
 */
export function transformKernelPanel(
  t: WinogradTask,
  work: usize,
  o: usize,
  rows: usize,
  end: usize,
  c0: usize,
  c1: usize,
  to: usize,
): void {
  const outputBytes = t.channels * 36;
  const last = end - 1;
  // Channels outermost, so that what is written of the 36 panels is whole lines.
  for (let from = t.weights + c0 * 36; from < t.weights + c1 * 36; from += 36)
    for (let i = o; i < o + rows; i += 4, to += 16)
      transformFourKernels(
        from + min(i, last) * outputBytes,
        from + min(i + 1, last) * outputBytes,
        from + min(i + 2, last) * outputBytes,
        from + min(i + 3, last) * outputBytes,
        work,
        to,
        t.uPlace,
      );
}

/** Transforms four kernels: 36 vectors, `uPlace` bytes apart. */
// @ts-ignore: decorator
@inline
function transformFourKernels(
  w0: usize,
  w1: usize,
  w2: usize,
  w3: usize,
  work: usize,
  to: usize,
  uPlace: usize,
): void {
  // The nine numbers of each kernel, four kernels a vector.
  const a0 = v128.load(w0);
  const a1 = v128.load(w1);
  const a2 = v128.load(w2);
  const a3 = v128.load(w3);
  const a01 = v128.shuffle<f32>(a0, a1, 0, 4, 1, 5);
  const a23 = v128.shuffle<f32>(a2, a3, 0, 4, 1, 5);
  const a45 = v128.shuffle<f32>(a0, a1, 2, 6, 3, 7);
  const a67 = v128.shuffle<f32>(a2, a3, 2, 6, 3, 7);
  const b0 = v128.load(w0, 16);
  const b1 = v128.load(w1, 16);
  const b2 = v128.load(w2, 16);
  const b3 = v128.load(w3, 16);
  const b01 = v128.shuffle<f32>(b0, b1, 0, 4, 1, 5);
  const b23 = v128.shuffle<f32>(b2, b3, 0, 4, 1, 5);
  const b45 = v128.shuffle<f32>(b0, b1, 2, 6, 3, 7);
  const b67 = v128.shuffle<f32>(b2, b3, 2, 6, 3, 7);
  let g8 = v128.load32_zero(w0, 32);
  g8 = v128.load_lane<f32>(w1, g8, 1, 32);
  g8 = v128.load_lane<f32>(w2, g8, 2, 32);
  g8 = v128.load_lane<f32>(w3, g8, 3, 32);
  // Columns first: rows 0 … 5 of each of three columns, then along each row.
  transformKernel(
    work,
    48,
    v128.shuffle<f32>(a01, a23, 0, 1, 4, 5),
    v128.shuffle<f32>(a45, a67, 2, 3, 6, 7),
    v128.shuffle<f32>(b45, b67, 0, 1, 4, 5),
  );
  transformKernel(
    work + 16,
    48,
    v128.shuffle<f32>(a01, a23, 2, 3, 6, 7),
    v128.shuffle<f32>(b01, b23, 0, 1, 4, 5),
    v128.shuffle<f32>(b45, b67, 2, 3, 6, 7),
  );
  transformKernel(
    work + 32,
    48,
    v128.shuffle<f32>(a45, a67, 0, 1, 4, 5),
    v128.shuffle<f32>(b01, b23, 2, 3, 6, 7),
    g8,
  );
  for (let row = work; row < work + 288; row += 48, to += 6 * uPlace)
    transformKernel(to, uPlace, v128.load(row), v128.load(row, 16), v128.load(row, 32));
}

/** The transform of three numbers of a kernel, G g: six vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function transformKernel(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  v128.store(to, g0);
  // (g0 + g1 + g2) / 3, -(g0 - g1 + g2) / 3
  const sum = f32x4.add(g0, g2);
  v128.store((to += step), f32x4.mul(f32x4.add(sum, g1), f32x4.splat(THIRD)));
  v128.store((to += step), f32x4.mul(f32x4.sub(g1, sum), f32x4.splat(THIRD)));
  // -16/15 (g0 + g1 / 2 + g2 / 4), (g0 - 2 g1 + 4 g2) / 15
  const near = madd(f32x4.splat(0.25), g2, madd(f32x4.splat(0.5), g1, g0));
  v128.store((to += step), f32x4.mul(near, f32x4.splat(-SIXTEEN_FIFTEENTHS)));
  const far = madd(f32x4.splat(4), g2, madd(f32x4.splat(-2), g1, g0));
  v128.store((to += step), f32x4.mul(far, f32x4.splat(FIFTEENTH)));
  v128.store((to += step), g2);
}

/** A^T m of a column of products, `step` bytes apart: four rows of it, 96 bytes apart. */
// @ts-ignore: decorator
@inline
export function transformProducts(to: usize, m: usize, step: usize): void {
  const m0 = v128.load(m);
  const m1 = v128.load((m += step));
  const m2 = v128.load((m += step));
  const m3 = v128.load((m += step));
  const m4 = v128.load((m += step));
  const m5 = v128.load((m += step));
  const sum = f32x4.add(m1, m2);
  const difference = f32x4.sub(m1, m2);
  v128.store(to, result0(m0, sum, m3, m4));
  v128.store(to, result1(difference, m3, m4), 96);
  v128.store(to, result2(sum, m3, m4), 192);
  v128.store(to, result3(difference, m3, m4, m5), 288);
}

// @ts-ignore: decorator
@inline
function result0(m0: v128, sum: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, sum), f32x4.add(m3, m4));
}

// @ts-ignore: decorator
@inline
function result1(difference: v128, m3: v128, m4: v128): v128 {
  return madd(f32x4.splat(0.5), m3, madd(f32x4.splat(-2), m4, difference));
}

// @ts-ignore: decorator
@inline
function result2(sum: v128, m3: v128, m4: v128): v128 {
  return madd(f32x4.splat(0.25), m3, madd(f32x4.splat(4), m4, sum));
}

// @ts-ignore: decorator
@inline
function result3(difference: v128, m3: v128, m4: v128, m5: v128): v128 {
  return f32x4.add(madd(f32x4.splat(0.125), m3, madd(f32x4.splat(-8), m4, difference)), m5);
}

/** Transforms four rows of products of four tiles, of which `tiles` exist, and writes the results of output o. */
export function writeRows(
  t: WinogradTask,
  work: usize,
  first: usize,
  tiles: usize,
  o: usize,
  scale: v128,
  shift: v128,
  e: Epilogue,
  slope: v128,
): void {
  const patches = t.patches + first * PATCH_BYTES;
  for (let row = 0; row < 4; row++, work += 96) {
    const m1 = v128.load(work, 16);
    const m2 = v128.load(work, 32);
    const m3 = v128.load(work, 48);
    const m4 = v128.load(work, 64);
    const sum = f32x4.add(m1, m2);
    const difference = f32x4.sub(m1, m2);
    const r0 = result0(v128.load(work), sum, m3, m4);
    const r1 = result1(difference, m3, m4);
    const r2 = result2(sum, m3, m4);
    const r3 = result3(difference, m3, m4, v128.load(work, 80));
    const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    writeRow(patches, row, o, v128.shuffle<f32>(a, b, 0, 1, 4, 5), scale, shift, e, slope);
    if (tiles < 2) continue;
    writeRow(patches + PATCH_BYTES, row, o, v128.shuffle<f32>(a, b, 2, 3, 6, 7), scale, shift, e, slope);
    if (tiles < 3) continue;
    const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    writeRow(patches + 2 * PATCH_BYTES, row, o, v128.shuffle<f32>(c, d, 0, 1, 4, 5), scale, shift, e, slope);
    if (tiles < 4) continue;
    writeRow(patches + 3 * PATCH_BYTES, row, o, v128.shuffle<f32>(c, d, 2, 3, 6, 7), scale, shift, e, slope);
  }
}

/** Finishes and writes a row of a tile. */
// @ts-ignore: decorator
@inline
function writeRow(
  patch: usize,
  row: i32,
  o: usize,
  x: v128,
  scale: v128,
  shift: v128,
  e: Epilogue,
  slope: v128,
): void {
  const p = changetype<Patch>(patch);
  if (row < p.rows) {
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
}
