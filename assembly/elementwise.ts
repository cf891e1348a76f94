/**
 * Layers that compute each element from the elements at the same place: activations and Eltwise. All take a range of
 * elements, [begin, end), last, and y may be x. f32x4.pmax(a, b) is std::max(a, b) of C++, f32x4.pmin its std::min: what
 * becomes of a NaN is as in Caffe.
 */
import { eluLanes, expLanes, sigmoidLanes, tanhLanes } from './inline/math';
import { madd } from './inline/simd';

/** y = max(x, 0) + slope * min(x, 0): ReLU, and PReLU with a shared slope. */
export function f32_relu__simd(y: usize, x: usize, slope: f32, begin: usize, end: usize): void {
  const zero = f32x4.splat(0);
  const slopes = f32x4.splat(slope);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) {
    const v = v128.load(x + i);
    v128.store(y + i, f32x4.add(f32x4.pmax(v, zero), f32x4.mul(slopes, f32x4.pmin(v, zero))));
  }
  f32_relu__scalar(y, x, slope, i >> 2, end);
}

/** Scalar twin of f32_relu__simd. */
export function f32_relu__scalar(y: usize, x: usize, slope: f32, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) {
    const v = load<f32>(x + i);
    const positive: f32 = v < 0 ? 0 : v;
    const negative: f32 = v > 0 ? 0 : v;
    store<f32>(y + i, positive + slope * negative);
  }
}

/** y = max(low, min(x, high)). */
export function f32_clip__simd(y: usize, x: usize, low: f32, high: f32, begin: usize, end: usize): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, f32x4.pmax(lows, f32x4.pmin(v128.load(x + i), highs)));
  f32_clip__scalar(y, x, low, high, i >> 2, end);
}

/** Scalar twin of f32_clip__simd. */
export function f32_clip__scalar(y: usize, x: usize, low: f32, high: f32, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) {
    let v = load<f32>(x + i);
    if (high < v) v = high;
    store<f32>(y + i, low < v ? v : low);
  }
}

/** y = x > threshold ? 1 : 0. */
export function f32_threshold__simd(y: usize, x: usize, threshold: f32, begin: usize, end: usize): void {
  const one = f32x4.splat(1);
  const thresholds = f32x4.splat(threshold);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, v128.and(one, f32x4.gt(v128.load(x + i), thresholds)));
  f32_threshold__scalar(y, x, threshold, i >> 2, end);
}

/** Scalar twin of f32_threshold__simd. */
export function f32_threshold__scalar(y: usize, x: usize, threshold: f32, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) store<f32>(y + i, load<f32>(x + i) > threshold ? 1 : 0);
}

/** y = |x|. */
export function f32_abs__simd(y: usize, x: usize, begin: usize, end: usize): void {
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) v128.store(y + i, f32x4.abs(v128.load(x + i)));
  f32_abs__scalar(y, x, i >> 2, end);
}

/** Scalar twin of f32_abs__simd. */
export function f32_abs__scalar(y: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) store<f32>(y + i, abs<f32>(load<f32>(x + i)));
}

/** y = scale * x + shift, rounded twice: Power of exponent 1. */
export function f32_affine__simd(y: usize, x: usize, scale: f32, shift: f32, begin: usize, end: usize): void {
  const scales = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, f32x4.add(f32x4.mul(scales, v128.load(x + i)), shifts));
  f32_affine__scalar(y, x, scale, shift, i >> 2, end);
}

/** Scalar twin of f32_affine__simd. */
export function f32_affine__scalar(y: usize, x: usize, scale: f32, shift: f32, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) store<f32>(y + i, scale * load<f32>(x + i) + shift);
}

/** y = 1 / (1 + e^-x), as Caffe's Sigmoid gives it. */
export function f32_sigmoid__simd(y: usize, x: usize, begin: usize, end: usize): void {
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) v128.store(y + i, sigmoidLanes(v128.load(x + i)));
  f32_sigmoid__scalar(y, x, i >> 2, end);
}

/** Twin of f32_sigmoid__simd: the same arithmetic on one lane. */
export function f32_sigmoid__scalar(y: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) v128.store_lane<f32>(y + i, sigmoidLanes(v128.load32_zero(x + i)), 0);
}

/** y = x * sigmoid(beta * x). */
export function f32_swish__simd(y: usize, x: usize, beta: f32, begin: usize, end: usize): void {
  const betas = f32x4.splat(beta);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) {
    const v = v128.load(x + i);
    v128.store(y + i, f32x4.mul(v, sigmoidLanes(f32x4.mul(betas, v))));
  }
  f32_swish__scalar(y, x, beta, i >> 2, end);
}

/** Twin of f32_swish__simd: the same arithmetic on one lane. */
export function f32_swish__scalar(y: usize, x: usize, beta: f32, begin: usize, end: usize): void {
  const betas = f32x4.splat(beta);
  for (let i = begin << 2; i < end << 2; i += 4) {
    const v = v128.load32_zero(x + i);
    v128.store_lane<f32>(y + i, f32x4.mul(v, sigmoidLanes(f32x4.mul(betas, v))), 0);
  }
}

/** y = tanh x. */
export function f32_tanh__simd(y: usize, x: usize, begin: usize, end: usize): void {
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) v128.store(y + i, tanhLanes(v128.load(x + i)));
  f32_tanh__scalar(y, x, i >> 2, end);
}

/** Twin of f32_tanh__simd: the same arithmetic on one lane. */
export function f32_tanh__scalar(y: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) v128.store_lane<f32>(y + i, tanhLanes(v128.load32_zero(x + i)), 0);
}

/** y = max(x, 0) + alpha * (e^min(x, 0) - 1). */
export function f32_elu__simd(y: usize, x: usize, alpha: f32, begin: usize, end: usize): void {
  const alphas = f32x4.splat(alpha);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16) v128.store(y + i, eluLanes(v128.load(x + i), alphas));
  f32_elu__scalar(y, x, alpha, i >> 2, end);
}

/** Twin of f32_elu__simd: the same arithmetic on one lane. */
export function f32_elu__scalar(y: usize, x: usize, alpha: f32, begin: usize, end: usize): void {
  const alphas = f32x4.splat(alpha);
  for (let i = begin << 2; i < end << 2; i += 4)
    v128.store_lane<f32>(y + i, eluLanes(v128.load32_zero(x + i), alphas), 0);
}

/** y = outer * e^(inner * x). */
export function f32_exp__simd(y: usize, x: usize, inner: f32, outer: f32, begin: usize, end: usize): void {
  const inners = f32x4.splat(inner);
  const outers = f32x4.splat(outer);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, f32x4.mul(outers, expLanes(f32x4.mul(inners, v128.load(x + i)))));
  f32_exp__scalar(y, x, inner, outer, i >> 2, end);
}

/** Twin of f32_exp__simd: the same arithmetic on one lane. */
export function f32_exp__scalar(y: usize, x: usize, inner: f32, outer: f32, begin: usize, end: usize): void {
  const inners = f32x4.splat(inner);
  const outers = f32x4.splat(outer);
  for (let i = begin << 2; i < end << 2; i += 4) {
    const v = f32x4.mul(inners, v128.load32_zero(x + i));
    v128.store_lane<f32>(y + i, f32x4.mul(outers, expLanes(v)), 0);
  }
}

/** y = a * b. */
export function f32_mul__simd(y: usize, a: usize, b: usize, begin: usize, end: usize): void {
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  f32_mul__scalar(y, a, b, i >> 2, end);
}

/** Scalar twin of f32_mul__simd. */
export function f32_mul__scalar(y: usize, a: usize, b: usize, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) store<f32>(y + i, load<f32>(a + i) * load<f32>(b + i));
}

/** y = a < b ? b : a. Where one is NaN, that is a. */
export function f32_max__simd(y: usize, a: usize, b: usize, begin: usize, end: usize): void {
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, f32x4.pmax(v128.load(a + i), v128.load(b + i)));
  f32_max__scalar(y, a, b, i >> 2, end);
}

/** Scalar twin of f32_max__simd. */
export function f32_max__scalar(y: usize, a: usize, b: usize, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) {
    const u = load<f32>(a + i);
    const v = load<f32>(b + i);
    store<f32>(y + i, u < v ? v : u);
  }
}

/** y = ca * a + cb * b: the first two terms of a sum with coefficients; f32_axpy__simd adds the others. */
export function f32_sum__simd(y: usize, a: usize, ca: f32, b: usize, cb: f32, begin: usize, end: usize): void {
  const cas = f32x4.splat(ca);
  const cbs = f32x4.splat(cb);
  let i = begin << 2;
  const last = end << 2;
  for (const full = i + ((last - i) & ~15); i < full; i += 16)
    v128.store(y + i, madd(cbs, v128.load(b + i), f32x4.mul(cas, v128.load(a + i))));
  f32_sum__scalar(y, a, ca, b, cb, i >> 2, end);
}

/** Scalar twin of f32_sum__simd. */
export function f32_sum__scalar(y: usize, a: usize, ca: f32, b: usize, cb: f32, begin: usize, end: usize): void {
  for (let i = begin << 2; i < end << 2; i += 4) store<f32>(y + i, ca * load<f32>(a + i) + cb * load<f32>(b + i));
}
