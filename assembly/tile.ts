/**
 * The innermost loop of every matrix product: 4 x 8 sums, held in registers. (Goto and van de Geijn, "Anatomy of
 * High-Performance Matrix Multiplication", 2008.)
 */
import { madd } from './inline/simd';

/**
 * Sums k products of a panel of A (k rows of 4) and a panel of B (k rows of 8), and stores the 4 x 8 sums one after another,
 * row by row.
 *
 * This is where the time goes, and it is a function of its own, with few parameters, for what V8 makes of it: with more of
 * them in registers its instructions grow longer, and no longer come from the cache of decoded ones, which costs a quarter
 * of the speed. Four steps a round, each but the last with a way out: V8 moves loads to the front of a basic block, and
 * without the ways out most registers would be spilled.
 */
export function f32_tile_4x8__simd(c: usize, a: usize, b: usize, k: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  while (k) {
    let b0 = v128.load(b);
    let b1 = v128.load(b, 16);
    let four = v128.load(a);
    let s = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    if (k == 1) break;

    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    four = v128.load(a, 16);
    s = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    if (k == 2) break;

    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    four = v128.load(a, 32);
    s = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    if (k == 3) break;

    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    four = v128.load(a, 48);
    s = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    a += 64;
    b += 128;
    k -= 4;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}

/** Scalar twin of f32_tile_4x8__simd. */
export function f32_tile_4x8__scalar(c: usize, a: usize, b: usize, k: usize): void {
  for (let i: usize = 0; i < 4; i++)
    for (let j: usize = 0; j < 8; j++) {
      let sum: f32 = 0;
      for (let p: usize = 0; p < k; p++) sum += load<f32>(a + (p << 4) + (i << 2)) * load<f32>(b + (p << 5) + (j << 2));
      store<f32>(c + (i << 5) + (j << 2), sum);
    }
}
