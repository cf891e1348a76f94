/**
 * The innermost loops of every matrix product: 6 x 8 or 4 x 8 sums, held in registers, and what becomes of them. (Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.)
 *
 * A comes in panels of 12 rows, for two tiles, or of 4, and B in panels of 8 columns, both with the summed index outermost, so
 * that each is read in order through one pointer.
 */
import { madd } from './inline/simd';
import { ADD, finishRow, RESIDUAL, RECTIFY, SCALE, SHIFT, SUMS, Tile } from './inline/micro-kernel';

/**
 * Sums k products of a panel of A (k rows of 6, `lda` bytes apart) and a panel of B (k rows of 8), and finishes the 6 x 8 sums
 * as `tile` says, into rows of C from `c` on.
 *
 * This is where the time goes, and it is written for what V8 makes of it. Twelve sums, two vectors of B and one number of A
 * fill the registers that there are; a number of A is spread by the load itself, which leaves both multipliers to the
 * multiply-adds, 98 % of their limit. One step a round: with more of them V8 moves loads to the front and spills. The sums go
 * through memory into what follows, which in registers would have the loop spill, too.
 */
export function f32_tile_6x8__simd(tile: usize, c: usize, a: usize, lda: usize, b: usize, k: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  const end = a + k * lda;
  while (a != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load32_splat(a, 16);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load32_splat(a, 20);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += lda;
    b += 32;
  }
  const sums = tile + SUMS;
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  v128.store(sums, c40, 128);
  v128.store(sums, c41, 144);
  v128.store(sums, c50, 160);
  v128.store(sums, c51, 176);
  const ldc = changetype<Tile>(tile).ldc;
  const steps = changetype<Tile>(tile).steps;
  finishRow(tile, c, 0, steps);
  finishRow(tile, (c += ldc), 1, steps);
  finishRow(tile, (c += ldc), 2, steps);
  finishRow(tile, (c += ldc), 3, steps);
  finishRow(tile, (c += ldc), 4, steps);
  finishRow(tile, (c += ldc), 5, steps);
}

/** Scalar twin of f32_tile_6x8__simd. */
export function f32_tile_6x8__scalar(tile: usize, c: usize, a: usize, lda: usize, b: usize, k: usize): void {
  plainTile(6, tile, c, a, lda, b, k);
}

/** The same for rows of 4, where fewer rows of C are left. */
export function f32_tile_4x8__simd(tile: usize, c: usize, a: usize, lda: usize, b: usize, k: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  const end = a + k * lda;
  while (a != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    a += lda;
    b += 32;
  }
  const sums = tile + SUMS;
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  const ldc = changetype<Tile>(tile).ldc;
  const steps = changetype<Tile>(tile).steps;
  finishRow(tile, c, 0, steps);
  finishRow(tile, (c += ldc), 1, steps);
  finishRow(tile, (c += ldc), 2, steps);
  finishRow(tile, (c += ldc), 3, steps);
}

/** Scalar twin of f32_tile_4x8__simd. */
export function f32_tile_4x8__scalar(tile: usize, c: usize, a: usize, lda: usize, b: usize, k: usize): void {
  plainTile(4, tile, c, a, lda, b, k);
}

function plainTile(rows: usize, tile: usize, c: usize, a: usize, lda: usize, b: usize, k: usize): void {
  const t = changetype<Tile>(tile);
  for (let i: usize = 0; i < rows; i++)
    for (let j: usize = 0; j < 8; j++) {
      const out = c + i * t.ldc + (j << 2);
      let x: f32 = 0;
      for (let p: usize = 0; p < k; p++) x += load<f32>(a + p * lda + (i << 2)) * load<f32>(b + (p << 5) + (j << 2));
      if (t.steps & ADD) x += load<f32>(out);
      if (t.steps & SCALE) x *= load<f32>(t.scale + (i << 2));
      if (t.steps & SHIFT) x += load<f32>(t.shift + (i << 2));
      if (t.steps & RESIDUAL) x += load<f32>(out + t.residual);
      store<f32>(out, t.steps & RECTIFY && x < 0 ? x * t.slope : x);
    }
}
