/**
 * What describes a tile of C and what becomes of its sums. Nothing here is exported from the modules.
 */
import { storeFirst } from './memory';
import { madd } from './simd';
import { f32_tile_4x8__simd, f32_tile_6x8__simd } from '../micro-kernel';

/** Products that are summed in one register before the sum is added to the rest: bounds the rounding error. */
export const SUM_BLOCK: usize = 256;

/** What becomes of a finished row of C: act(scale * x + shift + residual). */
@unmanaged
export class Epilogue {
  /** Addresses of one number for each row of C, or 0 for 1 and 0. */
  scale: usize;
  shift: usize;
  /** Distance in bytes from an element of C to what is added to it, when `hasResidual`. */
  residual: usize;
  hasResidual: u32;
  /** 1 when negative results are to be multiplied by `slope`. */
  rectify: u32;
  slope: f32;
}

/** What a tile does with its sums, in this order: {@link Tile.steps}. */
export const ADD: u32 = 1;
export const SCALE: u32 = 2;
export const SHIFT: u32 = 4;
export const RESIDUAL: u32 = 8;
export const RECTIFY: u32 = 16;

/** How to finish a tile. Each thread has one, with room for what the tile works with. */
@unmanaged
export class Tile {
  /** Bytes from one row of C to the next. */
  ldc: usize;
  steps: u32;
  /** Addresses of the numbers for the first row of the tile, one for each row. */
  scale: usize;
  shift: usize;
  /** Distance in bytes from an element of C to what is added to it. */
  residual: usize;
  slope: f32;
}

/** Where the sums are, behind the fields; where the edge of C is finished; and the bytes of all that. */
export const SUMS: usize = 64;
const EDGE: usize = 256;
const EDGE_ROW: usize = 32;
const EDGE_BYTES: usize = 6 * EDGE_ROW;
export const TILE_BYTES: usize = EDGE + 2 * EDGE_BYTES;

/** Most rows of a panel of A, those of two tiles. */
export const PANEL_ROWS: usize = 12;

/** Whether the next panel of A is one of 12 rows, for two tiles, when so many are left; otherwise it is one of 4. */
// @ts-ignore: decorator
@inline
export function isPair(left: usize): bool {
  return left > 8;
}

/** The steps of an epilogue (0 for none). */
export function stepsOf(epilogue: usize): u32 {
  if (!epilogue) return 0;
  const e = changetype<Epilogue>(epilogue);
  return (
    (e.scale ? SCALE : 0) | (e.shift ? SHIFT : 0) | (e.hasResidual ? RESIDUAL : 0) | (e.rectify ? RECTIFY : 0)
  );
}

/** One number for row `row` of C, four times; `otherwise` where there are none. */
// @ts-ignore: decorator
@inline
export function rowValue(numbers: usize, row: usize, otherwise: f32): v128 {
  return numbers ? v128.load32_splat(numbers + (row << 2)) : f32x4.splat(otherwise);
}

/** max(x, 0) + slope * min(x, 0), as f32_relu__simd has it. */
// @ts-ignore: decorator
@inline
export function rectified(x: v128, slope: v128): v128 {
  const zero = f32x4.splat(0);
  return madd(slope, f32x4.pmin(x, zero), f32x4.pmax(x, zero));
}

/** Finishes the sums of one row of a tile and stores them. */
// @ts-ignore: decorator
@inline
export function finishRow(tile: usize, c: usize, row: usize, steps: u32): void {
  const t = changetype<Tile>(tile);
  const sums = tile + SUMS + row * 32;
  let x = v128.load(sums);
  let y = v128.load(sums, 16);
  if (steps & ADD) {
    x = f32x4.add(x, v128.load(c));
    y = f32x4.add(y, v128.load(c, 16));
  }
  if (steps & SCALE) {
    const s = v128.load32_splat(t.scale + (row << 2));
    x = f32x4.mul(x, s);
    y = f32x4.mul(y, s);
  }
  if (steps & SHIFT) {
    const s = v128.load32_splat(t.shift + (row << 2));
    x = f32x4.add(x, s);
    y = f32x4.add(y, s);
  }
  if (steps & RESIDUAL) {
    const from = c + t.residual;
    x = f32x4.add(x, v128.load(from));
    y = f32x4.add(y, v128.load(from, 16));
  }
  if (steps & RECTIFY) {
    const slope = f32x4.splat(t.slope);
    x = rectified(x, slope);
    y = rectified(y, slope);
  }
  v128.store(c, x);
  v128.store(c, y, 16);
}

/**
 * A tile of `rows` (6 or 4) at the edge of C, of which `m` rows and `n` columns exist: finished beside it. Of C, up to 28 bytes
 * behind the columns are read.
 */
export function edgeTile(
  rows: usize,
  tile: usize,
  c: usize,
  a: usize,
  lda: usize,
  b: usize,
  k: usize,
  m: usize,
  n: usize,
): void {
  const t = changetype<Tile>(tile);
  const edge = tile + EDGE;
  const ldc = t.ldc;
  const residual = t.residual;
  for (let row: usize = 0; row < m; row++) {
    const to = edge + row * EDGE_ROW;
    const from = c + row * ldc;
    if (t.steps & ADD) copyRow(to, from);
    if (t.steps & RESIDUAL) copyRow(to + EDGE_BYTES, from + residual);
  }
  t.ldc = EDGE_ROW;
  t.residual = EDGE_BYTES;
  if (rows == 6) f32_tile_6x8__simd(tile, edge, a, lda, b, k);
  else f32_tile_4x8__simd(tile, edge, a, lda, b, k);
  t.ldc = ldc;
  t.residual = residual;
  for (let row: usize = 0; row < m; row++) {
    const from = edge + row * EDGE_ROW;
    const to = c + row * ldc;
    if (n >= 8) copyRow(to, from);
    else storeFirst(to, v128.load(from), v128.load(from, 16), n);
  }
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}
