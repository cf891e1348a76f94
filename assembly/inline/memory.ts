/**
 * Moving floats about: what the packing and storing kernels share. Nothing here is exported from the modules.
 */

/** Stores the first n < 8 of the eight numbers a, b. */
// @ts-ignore: decorator
@inline
export function storeFirst(to: usize, a: v128, b: v128, n: usize): void {
  if (n >= 4) {
    v128.store(to, a);
    to += 16;
    n -= 4;
    a = b;
  }
  if (n > 0) v128.store_lane<f32>(to, a, 0);
  if (n > 1) v128.store_lane<f32>(to, a, 1, 4);
  if (n > 2) v128.store_lane<f32>(to, a, 2, 8);
}

/** Sets n floats to 0, and up to three more when `overrun`. */
// @ts-ignore: decorator
@inline
export function zero(to: usize, n: usize, overrun: bool = false): void {
  const end = to + (n << 2);
  const end4 = overrun ? end : to + ((n & ~3) << 2);
  for (; to < end4; to += 16) v128.store(to, f32x4.splat(0));
  for (; to < end; to += 4) store<f32>(to, 0);
}

/**
 * Copies n floats, `step` bytes apart where they come from; when `overrun`, it may write up to three more behind them.
 * Up to seven floats behind the last are read: the arena keeps that much from being no memory at all.
 */
// @ts-ignore: decorator
@inline
export function copyStrided(to: usize, from: usize, step: usize, n: usize, overrun: bool = false): void {
  const end = to + (n << 2);
  const end4 = overrun ? end : to + ((n & ~3) << 2);
  if (step == 4) for (; to < end4; to += 16, from += 16) v128.store(to, v128.load(from));
  else if (step == 8)
    for (; to < end4; to += 16, from += 32)
      v128.store(to, v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6));
  for (; to < end; to += 4, from += step) store<f32>(to, load<f32>(from));
}

/** Writes n columns of one row into their places in the panels; `row` can be read up to a multiple of 8 columns. */
// @ts-ignore: decorator
@inline
export function scatter(to: usize, ldb: usize, row: usize, n: usize): void {
  const end = row + (n << 2);
  for (; row < end; row += 32, to += ldb) {
    v128.store(to, v128.load(row));
    v128.store(to, v128.load(row, 16), 16);
  }
}
