/**
 * Few vectors times a matrix, as an InnerProduct of a small batch has it: reading the matrix is what takes the time, so it
 * is read once and in place.
 */
import { madd, sumLanes } from './inline/simd';
import { SUM_BLOCK } from './inline/micro-kernel';

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
