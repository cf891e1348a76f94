/**
 * What the SIMD kernels share. Nothing here is exported from the modules.
 */

/**
 * a * b + c on four lanes. Fused (rounded once) in the relaxed variant, rounded twice in the plain one; callers must
 * be content with either.
 */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes, pairwise. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Stores the transpose of four rows of four numbers: four vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(to: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(c, d, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(c, d, 2, 3, 6, 7));
}
