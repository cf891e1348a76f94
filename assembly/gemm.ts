/**
 * Matrix multiplication C = A * B + bias, row-major float32, as the convolutions and inner products use it.
 *
 * B comes packed in panels of 8 columns, `k` rows of 8 floats each, so that the inner loop reads it in order; A is read
 * in place, 4 rows at a time. (Packing B and keeping a register tile of C is Goto's scheme: "Anatomy of
 * High-Performance Matrix Multiplication", 2008.) A tile of 4x8 takes 8 of the 16 vector registers; a larger one spills.
 */
import { madd } from './inline/simd';

/**
 * Rows of A times packed panels of B, added to C or, when `first`, written over it.
 *   c      m x n, rows `ldc` bytes apart
 *   a      m x k, rows `lda` bytes apart
 *   b      ceil(n / 8) panels of k x 8 floats, each `ldb` bytes after the one before
 *   bias   0, or m floats to start from when `first`
 *   tile   128 bytes of scratch
 * The k products of one element are summed first and then added to C: callers bound k to bound the rounding error.
 * Columns of the last panel beyond n are computed but not stored.
 */
export function f32_gemm_4x8__simd(
  c: usize,
  ldc: usize,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  bias: usize,
  first: bool,
  m: i32,
  n: i32,
  k: i32,
  tile: usize,
): void {
  const kBytes = (<usize>k) << 2;
  const kBytes4 = kBytes & ~15;
  for (let j = 0; j < n; j += 8, b += ldb, c += 32) {
    const columns = n - j;
    let row = a;
    let out = c;
    for (let i = 0; i < m; i += 4) {
      const rows = m - i;
      // Rows beyond m repeat the last one, and store the same value to the same place.
      const a1 = rows > 1 ? row + lda : row;
      const a2 = rows > 2 ? a1 + lda : a1;
      const a3 = rows > 3 ? a2 + lda : a2;
      let c00 = f32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      let p = b;
      let p0 = row;
      let p1 = a1;
      let p2 = a2;
      let p3 = a3;
      const end4 = row + kBytes4;
      const end = row + kBytes;
      for (; p0 < end4; p0 += 16, p1 += 16, p2 += 16, p3 += 16, p += 128) {
        let b0 = v128.load(p);
        let b1 = v128.load(p, 16);
        let s = v128.load32_splat(p0);
        c00 = madd(s, b0, c00);
        c01 = madd(s, b1, c01);
        s = v128.load32_splat(p1);
        c10 = madd(s, b0, c10);
        c11 = madd(s, b1, c11);
        s = v128.load32_splat(p2);
        c20 = madd(s, b0, c20);
        c21 = madd(s, b1, c21);
        s = v128.load32_splat(p3);
        c30 = madd(s, b0, c30);
        c31 = madd(s, b1, c31);

        b0 = v128.load(p, 32);
        b1 = v128.load(p, 48);
        s = v128.load32_splat(p0, 4);
        c00 = madd(s, b0, c00);
        c01 = madd(s, b1, c01);
        s = v128.load32_splat(p1, 4);
        c10 = madd(s, b0, c10);
        c11 = madd(s, b1, c11);
        s = v128.load32_splat(p2, 4);
        c20 = madd(s, b0, c20);
        c21 = madd(s, b1, c21);
        s = v128.load32_splat(p3, 4);
        c30 = madd(s, b0, c30);
        c31 = madd(s, b1, c31);

        b0 = v128.load(p, 64);
        b1 = v128.load(p, 80);
        s = v128.load32_splat(p0, 8);
        c00 = madd(s, b0, c00);
        c01 = madd(s, b1, c01);
        s = v128.load32_splat(p1, 8);
        c10 = madd(s, b0, c10);
        c11 = madd(s, b1, c11);
        s = v128.load32_splat(p2, 8);
        c20 = madd(s, b0, c20);
        c21 = madd(s, b1, c21);
        s = v128.load32_splat(p3, 8);
        c30 = madd(s, b0, c30);
        c31 = madd(s, b1, c31);

        b0 = v128.load(p, 96);
        b1 = v128.load(p, 112);
        s = v128.load32_splat(p0, 12);
        c00 = madd(s, b0, c00);
        c01 = madd(s, b1, c01);
        s = v128.load32_splat(p1, 12);
        c10 = madd(s, b0, c10);
        c11 = madd(s, b1, c11);
        s = v128.load32_splat(p2, 12);
        c20 = madd(s, b0, c20);
        c21 = madd(s, b1, c21);
        s = v128.load32_splat(p3, 12);
        c30 = madd(s, b0, c30);
        c31 = madd(s, b1, c31);
      }
      for (; p0 < end; p0 += 4, p1 += 4, p2 += 4, p3 += 4, p += 32) {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        let s = v128.load32_splat(p0);
        c00 = madd(s, b0, c00);
        c01 = madd(s, b1, c01);
        s = v128.load32_splat(p1);
        c10 = madd(s, b0, c10);
        c11 = madd(s, b1, c11);
        s = v128.load32_splat(p2);
        c20 = madd(s, b0, c20);
        c21 = madd(s, b1, c21);
        s = v128.load32_splat(p3);
        c30 = madd(s, b0, c30);
        c31 = madd(s, b1, c31);
      }
      const o1 = rows > 1 ? out + ldc : out;
      const o2 = rows > 2 ? o1 + ldc : o1;
      const o3 = rows > 3 ? o2 + ldc : o2;
      if (columns >= 8) {
        if (!first) {
          c00 = f32x4.add(c00, v128.load(out));
          c01 = f32x4.add(c01, v128.load(out, 16));
          c10 = f32x4.add(c10, v128.load(o1));
          c11 = f32x4.add(c11, v128.load(o1, 16));
          c20 = f32x4.add(c20, v128.load(o2));
          c21 = f32x4.add(c21, v128.load(o2, 16));
          c30 = f32x4.add(c30, v128.load(o3));
          c31 = f32x4.add(c31, v128.load(o3, 16));
        } else if (bias) {
          const base = bias + ((<usize>i) << 2);
          let s = v128.load32_splat(base);
          c00 = f32x4.add(c00, s);
          c01 = f32x4.add(c01, s);
          if (rows > 1) s = v128.load32_splat(base, 4);
          c10 = f32x4.add(c10, s);
          c11 = f32x4.add(c11, s);
          if (rows > 2) s = v128.load32_splat(base, 8);
          c20 = f32x4.add(c20, s);
          c21 = f32x4.add(c21, s);
          if (rows > 3) s = v128.load32_splat(base, 12);
          c30 = f32x4.add(c30, s);
          c31 = f32x4.add(c31, s);
        }
        v128.store(out, c00);
        v128.store(out, c01, 16);
        v128.store(o1, c10);
        v128.store(o1, c11, 16);
        v128.store(o2, c20);
        v128.store(o2, c21, 16);
        v128.store(o3, c30);
        v128.store(o3, c31, 16);
      } else {
        v128.store(tile, c00);
        v128.store(tile, c01, 16);
        v128.store(tile, c10, 32);
        v128.store(tile, c11, 48);
        v128.store(tile, c20, 64);
        v128.store(tile, c21, 80);
        v128.store(tile, c30, 96);
        v128.store(tile, c31, 112);
        for (let r = 0; r < min(rows, 4); r++) {
          const start: f32 = bias ? load<f32>(bias + ((<usize>(i + r)) << 2)) : 0;
          const from = tile + ((<usize>r) << 5);
          const to = out + (<usize>r) * ldc;
          for (let q: usize = 0; q < (<usize>columns) << 2; q += 4)
            store<f32>(to + q, load<f32>(from + q) + (first ? start : load<f32>(to + q)));
        }
      }
      row += lda << 2;
      out += ldc << 2;
    }
  }
}
