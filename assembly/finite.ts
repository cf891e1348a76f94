/**
 * Looking for values that are not finite, as a module of its own with its own memory: whoever copies weights from file to
 * file has no net, and would wait longer for all the kernels than it copies.
 */

/**
 * Whether some of the floats in `bytes` bytes from `ptr` on are infinite or not a number: 1 or 0. `bytes` is a multiple of 4;
 * up to 60 bytes after them are read as well, and must be those of finite numbers.
 */
export function hasNonFinite(ptr: usize, bytes: usize): i32 {
  // Bits without the sign: what has all exponent bits set is greater than the largest finite number.
  const magnitude = i32x4.splat(0x7fffffff);
  const largest = i32x4.splat(0x7f7fffff);
  let found = i32x4.splat(0);
  for (const end = ptr + bytes; ptr < end; ptr += 64) {
    const a = i32x4.gt_s(v128.and(v128.load(ptr), magnitude), largest);
    const b = i32x4.gt_s(v128.and(v128.load(ptr, 16), magnitude), largest);
    const c = i32x4.gt_s(v128.and(v128.load(ptr, 32), magnitude), largest);
    const d = i32x4.gt_s(v128.and(v128.load(ptr, 48), magnitude), largest);
    found = v128.or(found, v128.or(v128.or(a, b), v128.or(c, d)));
  }
  return v128.any_true(found) ? 1 : 0;
}
