/**
 * Comparing memory: whether two parameters of a net are the same and can be held once.
 */

/** Whether n 32-bit words at a and at b are the same bits: 1 or 0. */
export function u32_equal__simd(a: usize, b: usize, n: usize): i32 {
  const end4 = a + ((n & ~3) << 2);
  const end = a + (n << 2);
  for (; a < end4; a += 16, b += 16) if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return 0;
  for (; a < end; a += 4, b += 4) if (load<u32>(a) != load<u32>(b)) return 0;
  return 1;
}

/** Scalar twin of u32_equal__simd. */
export function u32_equal__scalar(a: usize, b: usize, n: usize): i32 {
  for (let i: usize = 0; i < n << 2; i += 4) if (load<u32>(a + i) != load<u32>(b + i)) return 0;
  return 1;
}
