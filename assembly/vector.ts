/**
 * Vectors of float32: the few operations that several layers build upon.
 */
import { madd } from './inline/simd';

/** y[i] += a * x[i] for n elements. */
export function f32_axpy__simd(y: usize, x: usize, a: f32, n: usize): void {
  const va = f32x4.splat(a);
  const end4 = y + ((n & ~3) << 2);
  const end = y + (n << 2);
  for (; y < end4; y += 16, x += 16) v128.store(y, madd(va, v128.load(x), v128.load(y)));
  for (; y < end; y += 4, x += 4) store<f32>(y, load<f32>(y) + a * load<f32>(x));
}

/** Scalar twin of f32_axpy__simd. */
export function f32_axpy__scalar(y: usize, x: usize, a: f32, n: usize): void {
  for (let i: usize = 0; i < n << 2; i += 4) store<f32>(y + i, load<f32>(y + i) + a * load<f32>(x + i));
}

/** y[i] = value for n elements. */
export function f32_fill__simd(y: usize, value: f32, n: usize): void {
  const v = f32x4.splat(value);
  const end4 = y + ((n & ~3) << 2);
  const end = y + (n << 2);
  for (; y < end4; y += 16) v128.store(y, v);
  for (; y < end; y += 4) store<f32>(y, value);
}

/** Scalar twin of f32_fill__simd. */
export function f32_fill__scalar(y: usize, value: f32, n: usize): void {
  for (let i: usize = 0; i < n << 2; i += 4) store<f32>(y + i, value);
}

/** Writes copies begin ... end of the n elements at x, one after another; y is where copy 0 stands. */
export function f32_repeat__simd(y: usize, x: usize, n: usize, begin: usize, end: usize): void {
  for (let i = begin; i < end; i++) memory.copy(y + ((i * n) << 2), x, n << 2);
}

/** Scalar twin of f32_repeat__simd. */
export function f32_repeat__scalar(y: usize, x: usize, n: usize, begin: usize, end: usize): void {
  for (let i = begin; i < end; i++)
    for (let j: usize = 0; j < n; j++) store<f32>(y + ((i * n + j) << 2), load<f32>(x + (j << 2)));
}

/** Sets n elements of each of the rows begin ... end to the row's value, or to 0 when `values` is 0; y is row 0. */
export function f32_fill_rows__simd(y: usize, values: usize, n: usize, begin: usize, end: usize): void {
  for (let i = begin; i < end; i++) f32_fill__simd(y + ((i * n) << 2), values ? load<f32>(values + (i << 2)) : 0, n);
}

/** Scalar twin of f32_fill_rows__simd. */
export function f32_fill_rows__scalar(y: usize, values: usize, n: usize, begin: usize, end: usize): void {
  for (let i = begin; i < end; i++) f32_fill__scalar(y + ((i * n) << 2), values ? load<f32>(values + (i << 2)) : 0, n);
}
