/**
 * Transcendental functions on four lanes, accurate to about 2 ulp. Range reductions and polynomials are those of the
 * Cephes library's single-precision functions (Moshier, 1992).
 */
import { madd } from './simd';

/** 2^n for a whole n from -126 to 127. */
// @ts-ignore: decorator
@inline
function exp2Whole(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * 1.5 * 2^23: a float added to it is rounded to a whole number, which then stands in the low bits of the sum.
 */
const ROUNDER: f32 = 12582912;

/** e^x: infinity above 88.72, denormals below -87.3, 0 below -103.97, NaN for NaN. */
// @ts-ignore: decorator
@inline
export function expLanes(x: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const c = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const shifted = madd(c, f32x4.splat(1.44269504), rounder);
  const n = f32x4.sub(shifted, rounder);
  // ln 2 in two parts, the first short enough for n times it to be exact.
  let r = madd(n, f32x4.splat(-0.693359375), c);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  const y = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const whole = i32x4.sub(shifted, rounder);
  // Two steps: 2^n itself may be out of range where y * 2^n is not.
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, exp2Whole(half)), exp2Whole(i32x4.sub(whole, half)));
}

/**
 * 1 / (1 + e^-x). Caffe computes 0.5 tanh(0.5 x) + 0.5 in double precision, which knows no results between 0 and 2^-54;
 * small results are rounded to multiples of that here too, so that a logarithm of them gives -infinity where it does
 * in Caffe.
 */
// @ts-ignore: decorator
@inline
export function sigmoidLanes(x: v128): v128 {
  const one = f32x4.splat(1);
  const s = f32x4.div(one, f32x4.add(one, expLanes(f32x4.neg(x))));
  const step = f32x4.splat(6.9849193096160889e-10); // 1.5 * 2^-31: its last bit is worth 2^-54
  const rounded = f32x4.sub(f32x4.add(s, step), step);
  return v128.bitselect(rounded, s, f32x4.lt(s, f32x4.splat(2.3283064365386963e-10))); // below 2^-32
}

/** tanh x. */
// @ts-ignore: decorator
@inline
export function tanhLanes(x: v128): v128 {
  const a = f32x4.abs(x);
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const far = f32x4.sub(one, f32x4.div(two, f32x4.add(expLanes(f32x4.add(a, a)), one)));
  const farSigned = v128.bitselect(x, far, i32x4.splat(0x80000000));
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  return v128.bitselect(near, farSigned, f32x4.lt(a, f32x4.splat(0.625)));
}

/** max(x, 0) + alpha * (e^min(x, 0) - 1). */
// @ts-ignore: decorator
@inline
export function eluLanes(x: v128, alpha: v128): v128 {
  const zero = f32x4.splat(0);
  const below = f32x4.sub(expLanes(f32x4.pmin(x, zero)), f32x4.splat(1));
  return f32x4.add(f32x4.pmax(x, zero), f32x4.mul(alpha, below));
}
