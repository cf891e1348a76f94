/**
 * Matrix multiplication C = A * B + bias on float32 rows, as convolutions and inner products use it.
 *
 * B comes packed in panels of 8 columns, so that the inner loop reads it in order; A is read in place, 4 rows at a time;
 * 4x8 elements of C stay in registers. (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * 2008.) A larger tile needs more vector registers than there are.
 */
import { storeFirst } from './inline/memory';
import { madd, sumLanes } from './inline/simd';

/** Products that are summed in one register before the sum is added to the rest. */
const SUM_BLOCK: usize = 256;

/**
 * C = A * B + bias when `first`, C += A * B otherwise.
 *   c      m rows of n, `ldc` bytes apart
 *   a      m rows of k, `lda` bytes apart; up to 12 bytes behind a row are read and not used
 *   b      ceil(n / 8) panels, `ldb` bytes apart, each k rows of 8 columns; see f32_pack_panels_8__simd
 *   bias   address of one number for each row of C, or 0 for none; matters only when `first`
 * No more than 256 products are summed before they are added to C, whatever k: that bounds the rounding error, which
 * grows with √256 + √(k / 256) and not with √k.
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
  m: usize,
  n: usize,
  k: usize,
): void {
  for (; n > 0; n -= min(n, 8), b += ldb, c += 32) {
    let row = a;
    let out = c;
    for (let i: usize = 0; i < m; i += 4) {
      const rows = m - i;
      // Rows beyond m repeat the last one, and write the same values to the same place.
      let p0 = row;
      let p1 = rows > 1 ? p0 + lda : p0;
      let p2 = rows > 2 ? p1 + lda : p1;
      let p3 = rows > 3 ? p2 + lda : p2;
      let p = b;
      const o1 = rows > 1 ? out + ldc : out;
      const o2 = rows > 2 ? o1 + ldc : o1;
      const o3 = rows > 3 ? o2 + ldc : o2;
      let isFirst = first;
      let left = k;
      do {
        let c00 = f32x4.splat(0);
        let c01 = f32x4.splat(0);
        let c10 = f32x4.splat(0);
        let c11 = f32x4.splat(0);
        let c20 = f32x4.splat(0);
        let c21 = f32x4.splat(0);
        let c30 = f32x4.splat(0);
        let c31 = f32x4.splat(0);
        // Four steps along k, each but the last with a way out: the exits also keep V8 from moving all loads to the front,
        // which would spill most registers. Two rows of A are loaded four numbers at a time and spread by shuffles, two are
        // spread by the load itself: of the mixtures this one was the fastest, since it occupies both units.
        const block = min(left, SUM_BLOCK) << 2;
        p += block << 3;
        p0 += block;
        p1 += block;
        p2 += block;
        p3 += block;
        let back: i32 = -(<i32>block);
        while (back) {
          const q = p + (back << 3);
          const q0 = p0 + back;
          const q1 = p1 + back;
          const q2 = p2 + back;
          const q3 = p3 + back;
          const a0 = v128.load(q0);
          const a1 = v128.load(q1);
          let b0 = v128.load(q);
          let b1 = v128.load(q, 16);
          let s = v128.shuffle<f32>(a0, a0, 0, 0, 0, 0);
          c00 = madd(s, b0, c00);
          c01 = madd(s, b1, c01);
          s = v128.shuffle<f32>(a1, a1, 0, 0, 0, 0);
          c10 = madd(s, b0, c10);
          c11 = madd(s, b1, c11);
          s = v128.load32_splat(q2);
          c20 = madd(s, b0, c20);
          c21 = madd(s, b1, c21);
          s = v128.load32_splat(q3);
          c30 = madd(s, b0, c30);
          c31 = madd(s, b1, c31);
          if (back == -4) break;

          b0 = v128.load(q, 32);
          b1 = v128.load(q, 48);
          s = v128.shuffle<f32>(a0, a0, 1, 1, 1, 1);
          c00 = madd(s, b0, c00);
          c01 = madd(s, b1, c01);
          s = v128.shuffle<f32>(a1, a1, 1, 1, 1, 1);
          c10 = madd(s, b0, c10);
          c11 = madd(s, b1, c11);
          s = v128.load32_splat(q2, 4);
          c20 = madd(s, b0, c20);
          c21 = madd(s, b1, c21);
          s = v128.load32_splat(q3, 4);
          c30 = madd(s, b0, c30);
          c31 = madd(s, b1, c31);
          if (back == -8) break;

          b0 = v128.load(q, 64);
          b1 = v128.load(q, 80);
          s = v128.shuffle<f32>(a0, a0, 2, 2, 2, 2);
          c00 = madd(s, b0, c00);
          c01 = madd(s, b1, c01);
          s = v128.shuffle<f32>(a1, a1, 2, 2, 2, 2);
          c10 = madd(s, b0, c10);
          c11 = madd(s, b1, c11);
          s = v128.load32_splat(q2, 8);
          c20 = madd(s, b0, c20);
          c21 = madd(s, b1, c21);
          s = v128.load32_splat(q3, 8);
          c30 = madd(s, b0, c30);
          c31 = madd(s, b1, c31);
          if (back == -12) break;

          b0 = v128.load(q, 96);
          b1 = v128.load(q, 112);
          s = v128.shuffle<f32>(a0, a0, 3, 3, 3, 3);
          c00 = madd(s, b0, c00);
          c01 = madd(s, b1, c01);
          s = v128.shuffle<f32>(a1, a1, 3, 3, 3, 3);
          c10 = madd(s, b0, c10);
          c11 = madd(s, b1, c11);
          s = v128.load32_splat(q2, 12);
          c20 = madd(s, b0, c20);
          c21 = madd(s, b1, c21);
          s = v128.load32_splat(q3, 12);
          c30 = madd(s, b0, c30);
          c31 = madd(s, b1, c31);
          back += 16;
        }
        if (isFirst) {
          if (bias) {
            const at = bias + (i << 2);
            let s = v128.load32_splat(at);
            c00 = f32x4.add(c00, s);
            c01 = f32x4.add(c01, s);
            if (rows > 1) s = v128.load32_splat(at, 4);
            c10 = f32x4.add(c10, s);
            c11 = f32x4.add(c11, s);
            if (rows > 2) s = v128.load32_splat(at, 8);
            c20 = f32x4.add(c20, s);
            c21 = f32x4.add(c21, s);
            if (rows > 3) s = v128.load32_splat(at, 12);
            c30 = f32x4.add(c30, s);
            c31 = f32x4.add(c31, s);
          }
        } else {
          // Before any store, since rows may coincide. What lies behind the n-th column is added too but not stored.
          c00 = f32x4.add(c00, v128.load(out));
          c01 = f32x4.add(c01, v128.load(out, 16));
          c10 = f32x4.add(c10, v128.load(o1));
          c11 = f32x4.add(c11, v128.load(o1, 16));
          c20 = f32x4.add(c20, v128.load(o2));
          c21 = f32x4.add(c21, v128.load(o2, 16));
          c30 = f32x4.add(c30, v128.load(o3));
          c31 = f32x4.add(c31, v128.load(o3, 16));
        }
        if (n >= 8) {
          v128.store(out, c00);
          v128.store(out, c01, 16);
          v128.store(o1, c10);
          v128.store(o1, c11, 16);
          v128.store(o2, c20);
          v128.store(o2, c21, 16);
          v128.store(o3, c30);
          v128.store(o3, c31, 16);
        } else {
          storeFirst(out, c00, c01, n);
          storeFirst(o1, c10, c11, n);
          storeFirst(o2, c20, c21, n);
          storeFirst(o3, c30, c31, n);
        }
        isFirst = false;
        left -= min(left, SUM_BLOCK);
      } while (left > 0);
      row += lda << 2;
      out += ldc << 2;
    }
  }
}

/** Scalar twin of f32_gemm_4x8__simd. */
export function f32_gemm_4x8__scalar(
  c: usize,
  ldc: usize,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  bias: usize,
  first: bool,
  m: usize,
  n: usize,
  k: usize,
): void {
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < n; j++) {
      let sum: f32 = 0;
      for (let p: usize = 0; p < k; p++)
        sum += load<f32>(a + i * lda + (p << 2)) * load<f32>(b + (j >> 3) * ldb + (p << 5) + ((j & 7) << 2));
      const out = c + i * ldc + (j << 2);
      const start: f32 = bias ? load<f32>(bias + (i << 2)) : 0;
      store<f32>(out, sum + (first ? start : load<f32>(out)));
    }
  }
}

/**
 * Y = X * W^T + bias, for few rows of X: reads W once, 4 rows at a time, and computes in place.
 *   y      `batch` rows, `ldy` bytes apart; columns begin ... end of each are written
 *   x      `batch` rows of k, `ldx` bytes apart
 *   w      rows of k, `ldw` bytes apart
 *   bias   address of one number for each row of W, or 0 for none
 */
export function f32_dot_4__simd(
  y: usize,
  ldy: usize,
  x: usize,
  ldx: usize,
  w: usize,
  ldw: usize,
  bias: usize,
  batch: usize,
  k: usize,
  begin: usize,
  end: usize,
): void {
  const whole = (k & ~3) << 2;
  for (let i = begin; i < end; i += 4) {
    const rows = end - i;
    const w0 = w + i * ldw;
    const w1 = rows > 1 ? w0 + ldw : w0;
    const w2 = rows > 2 ? w1 + ldw : w1;
    const w3 = rows > 3 ? w2 + ldw : w2;
    for (let j: usize = 0; j < batch; j++) {
      const xj = x + j * ldx;
      let t0 = f32x4.splat(0);
      let t1 = f32x4.splat(0);
      let t2 = f32x4.splat(0);
      let t3 = f32x4.splat(0);
      let p: usize = 0;
      while (p < whole) {
        let s0 = f32x4.splat(0);
        let s1 = f32x4.splat(0);
        let s2 = f32x4.splat(0);
        let s3 = f32x4.splat(0);
        const stop = min(p + (SUM_BLOCK << 4), whole);
        for (; p < stop; p += 16) {
          const v = v128.load(xj + p);
          s0 = madd(v, v128.load(w0 + p), s0);
          s1 = madd(v, v128.load(w1 + p), s1);
          s2 = madd(v, v128.load(w2 + p), s2);
          s3 = madd(v, v128.load(w3 + p), s3);
        }
        t0 = f32x4.add(t0, s0);
        t1 = f32x4.add(t1, s1);
        t2 = f32x4.add(t2, s2);
        t3 = f32x4.add(t3, s3);
      }
      let r0 = sumLanes(t0);
      let r1 = sumLanes(t1);
      let r2 = sumLanes(t2);
      let r3 = sumLanes(t3);
      for (; p < k << 2; p += 4) {
        const v = load<f32>(xj + p);
        r0 += v * load<f32>(w0 + p);
        r1 += v * load<f32>(w1 + p);
        r2 += v * load<f32>(w2 + p);
        r3 += v * load<f32>(w3 + p);
      }
      if (bias) {
        const at = bias + (i << 2);
        r0 += load<f32>(at);
        if (rows > 1) r1 += load<f32>(at, 4);
        if (rows > 2) r2 += load<f32>(at, 8);
        if (rows > 3) r3 += load<f32>(at, 12);
      }
      const out = y + j * ldy + (i << 2);
      store<f32>(out, r0);
      if (rows > 1) store<f32>(out, r1, 4);
      if (rows > 2) store<f32>(out, r2, 8);
      if (rows > 3) store<f32>(out, r3, 12);
    }
  }
}

/** Scalar twin of f32_dot_4__simd. */
export function f32_dot_4__scalar(
  y: usize,
  ldy: usize,
  x: usize,
  ldx: usize,
  w: usize,
  ldw: usize,
  bias: usize,
  batch: usize,
  k: usize,
  begin: usize,
  end: usize,
): void {
  for (let j: usize = 0; j < batch; j++) {
    for (let i = begin; i < end; i++) {
      let sum: f32 = 0;
      for (let p: usize = 0; p < k << 2; p += 4) sum += load<f32>(x + j * ldx + p) * load<f32>(w + i * ldw + p);
      store<f32>(y + j * ldy + (i << 2), sum + (bias ? load<f32>(bias + (i << 2)) : 0));
    }
  }
}
