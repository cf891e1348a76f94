/**
 * The tile at the heart of every matrix product: 4 x 8 elements of C, held in registers while products are summed.
 * Nothing here is exported from the modules.
 *
 * A comes in panels of 4 rows and B in panels of 8 columns, both with the summed index outermost, so that each is read in
 * order through one pointer. (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.)
 */
import { f32_tile_4x8__simd } from '../tile';
import { storeFirst } from './memory';

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
  return f32x4.add(f32x4.pmax(x, zero), f32x4.mul(slope, f32x4.pmin(x, zero)));
}

/**
 * Multiplies a panel of A by a panel of B: C = A * B when `first`, C += A * B otherwise; then the epilogue, if any.
 *   sums       128 bytes of work space
 *   o0 … o3    rows of C: those beyond the last repeat the one before, and so must those of the panel of A
 *   a, b       k rows of 4, k rows of 8
 *   n          columns of C to write, 8 at most; up to 28 bytes behind them are read
 *   epilogue   address, or 0 for none
 *   row        of C that o0 is, as the epilogue counts
 */
export function tile(
  sums: usize,
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
  a: usize,
  b: usize,
  k: usize,
  n: usize,
  first: bool,
  epilogue: usize,
  row: usize,
): void {
  f32_tile_4x8__simd(sums, a, b, k);
  let c00 = v128.load(sums);
  let c01 = v128.load(sums, 16);
  let c10 = v128.load(sums, 32);
  let c11 = v128.load(sums, 48);
  let c20 = v128.load(sums, 64);
  let c21 = v128.load(sums, 80);
  let c30 = v128.load(sums, 96);
  let c31 = v128.load(sums, 112);
  if (!first) {
    // Before any store, since rows may coincide. What lies behind the n-th column is added too but not stored.
    c00 = f32x4.add(c00, v128.load(o0));
    c01 = f32x4.add(c01, v128.load(o0, 16));
    c10 = f32x4.add(c10, v128.load(o1));
    c11 = f32x4.add(c11, v128.load(o1, 16));
    c20 = f32x4.add(c20, v128.load(o2));
    c21 = f32x4.add(c21, v128.load(o2, 16));
    c30 = f32x4.add(c30, v128.load(o3));
    c31 = f32x4.add(c31, v128.load(o3, 16));
  }
  if (epilogue) {
    const e = changetype<Epilogue>(epilogue);
    const row1 = row + <usize>(o1 != o0);
    const row2 = row1 + <usize>(o2 != o1);
    const row3 = row2 + <usize>(o3 != o2);
    if (e.scale) {
      let s = rowValue(e.scale, row, 1);
      c00 = f32x4.mul(c00, s);
      c01 = f32x4.mul(c01, s);
      s = rowValue(e.scale, row1, 1);
      c10 = f32x4.mul(c10, s);
      c11 = f32x4.mul(c11, s);
      s = rowValue(e.scale, row2, 1);
      c20 = f32x4.mul(c20, s);
      c21 = f32x4.mul(c21, s);
      s = rowValue(e.scale, row3, 1);
      c30 = f32x4.mul(c30, s);
      c31 = f32x4.mul(c31, s);
    }
    if (e.shift) {
      let s = rowValue(e.shift, row, 0);
      c00 = f32x4.add(c00, s);
      c01 = f32x4.add(c01, s);
      s = rowValue(e.shift, row1, 0);
      c10 = f32x4.add(c10, s);
      c11 = f32x4.add(c11, s);
      s = rowValue(e.shift, row2, 0);
      c20 = f32x4.add(c20, s);
      c21 = f32x4.add(c21, s);
      s = rowValue(e.shift, row3, 0);
      c30 = f32x4.add(c30, s);
      c31 = f32x4.add(c31, s);
    }
    if (e.hasResidual) {
      const r = e.residual;
      c00 = f32x4.add(c00, v128.load(o0 + r));
      c01 = f32x4.add(c01, v128.load(o0 + r, 16));
      c10 = f32x4.add(c10, v128.load(o1 + r));
      c11 = f32x4.add(c11, v128.load(o1 + r, 16));
      c20 = f32x4.add(c20, v128.load(o2 + r));
      c21 = f32x4.add(c21, v128.load(o2 + r, 16));
      c30 = f32x4.add(c30, v128.load(o3 + r));
      c31 = f32x4.add(c31, v128.load(o3 + r, 16));
    }
    if (e.rectify) {
      const slope = f32x4.splat(e.slope);
      c00 = rectified(c00, slope);
      c01 = rectified(c01, slope);
      c10 = rectified(c10, slope);
      c11 = rectified(c11, slope);
      c20 = rectified(c20, slope);
      c21 = rectified(c21, slope);
      c30 = rectified(c30, slope);
      c31 = rectified(c31, slope);
    }
  }
  if (n >= 8) {
    v128.store(o0, c00);
    v128.store(o0, c01, 16);
    v128.store(o1, c10);
    v128.store(o1, c11, 16);
    v128.store(o2, c20);
    v128.store(o2, c21, 16);
    v128.store(o3, c30);
    v128.store(o3, c31, 16);
  } else {
    storeFirst(o0, c00, c01, n);
    storeFirst(o1, c10, c11, n);
    storeFirst(o2, c20, c21, n);
    storeFirst(o3, c30, c31, n);
  }
}
