/**
 * Packing the right-hand matrix of a product into panels of 8 columns, as the tiles of tile.ts read them:
 * panel j holds, for each row of the matrix, its columns 8j … 8j + 7; columns beyond the last are 0.
 */
import { storeTransposed } from './inline/simd';
import { copyStrided, scatter, zero } from './inline/memory';
import { imageElement, imageRow, lastAxis, outputSize } from './inline/im2col';

/**
 * Packs k rows of n columns, rows `lds` bytes apart, into panels `ldb` bytes apart.
 */
export function f32_pack_panels_8__simd(to: usize, ldb: usize, from: usize, lds: usize, k: usize, n: usize): void {
  const whole = n & ~7;
  const rest = n - whole;
  for (; k > 0; k--, to += 32, from += lds) {
    scatter(to, ldb, from, whole);
    if (rest) {
      const last = to + (n >> 3) * ldb;
      zero(last, 8);
      copyStrided(last, from + (whole << 2), 4, rest);
    }
  }
}

/** Scalar twin of f32_pack_panels_8__simd. */
export function f32_pack_panels_8__scalar(to: usize, ldb: usize, from: usize, lds: usize, k: usize, n: usize): void {
  for (let i: usize = 0; i < k; i++)
    for (let j: usize = 0; j < ((n + 7) & ~7); j++)
      store<f32>(to + (j >> 3) * ldb + (i << 5) + ((j & 7) << 2), j < n ? load<f32>(from + i * lds + (j << 2)) : 0);
}

/**
 * Packs the transpose of n rows of k columns, rows `lds` bytes apart: row j becomes column j of the panels.
 */
export function f32_pack_panels_transposed_8__simd(
  to: usize,
  ldb: usize,
  from: usize,
  lds: usize,
  k: usize,
  n: usize,
): void {
  for (let j: usize = 0; j < n; j += 8, to += ldb, from += lds << 3) {
    const columns = min(n - j, 8);
    f32_transpose_4x4__simd(to, 32, from, lds, columns, k);
    if (columns < 8) for (let i: usize = 0; i < k; i++) zero(to + (i << 5) + (columns << 2), 8 - columns);
  }
}

/** Scalar twin of f32_pack_panels_transposed_8__simd. */
export function f32_pack_panels_transposed_8__scalar(
  to: usize,
  ldb: usize,
  from: usize,
  lds: usize,
  k: usize,
  n: usize,
): void {
  for (let i: usize = 0; i < k; i++)
    for (let j: usize = 0; j < ((n + 7) & ~7); j++)
      store<f32>(to + (j >> 3) * ldb + (i << 5) + ((j & 7) << 2), j < n ? load<f32>(from + j * lds + (i << 2)) : 0);
}

/**
 * Transposes a matrix of `rows` x `columns`: rows are `lds` bytes apart in the source, `ldt` bytes in the result.
 */
export function f32_transpose_4x4__simd(
  to: usize,
  ldt: usize,
  from: usize,
  lds: usize,
  rows: usize,
  columns: usize,
): void {
  const rows4 = rows & ~3;
  const columns4 = columns & ~3;
  for (let i: usize = 0; i < rows4; i += 4, from += lds << 2, to += 16) {
    let p = from;
    let q = to;
    for (let j: usize = 0; j < columns4; j += 4, p += 16, q += ldt << 2) {
      storeTransposed(q, ldt, v128.load(p), v128.load(p + lds), v128.load(p + (lds << 1)), v128.load(p + lds * 3));
    }
    for (let j = columns4; j < columns; j++, p += 4, q += ldt)
      for (let r: usize = 0; r < 4; r++) store<f32>(q + (r << 2), load<f32>(p + r * lds));
  }
  for (let i = rows4; i < rows; i++, from += lds, to += 4)
    for (let j: usize = 0; j < columns; j++) store<f32>(to + j * ldt, load<f32>(from + (j << 2)));
}

/** Scalar twin of f32_transpose_4x4__simd. */
export function f32_transpose_4x4__scalar(
  to: usize,
  ldt: usize,
  from: usize,
  lds: usize,
  rows: usize,
  columns: usize,
): void {
  for (let i: usize = 0; i < rows; i++)
    for (let j: usize = 0; j < columns; j++) store<f32>(to + j * ldt + (i << 2), load<f32>(from + i * lds + (j << 2)));
}

/**
 * Packs rows begin … end of a convolution's column matrix (see f32_im2col__simd), columns n0 … n1 of it, without ever
 * making that matrix.
 *   to        panels, `ldb` bytes apart
 *   image     the channels of one image (of one group)
 *   geometry  see inline/im2col.ts
 *   scratch   n1 - n0 floats, rounded up to a multiple of 8, and 4 more
 */
export function f32_pack_im2col_8__simd(
  to: usize,
  ldb: usize,
  image: usize,
  geometry: usize,
  scratch: usize,
  n0: usize,
  n1: usize,
  begin: usize,
  end: usize,
): void {
  const n = n1 - n0;
  const width: usize = outputSize(lastAxis(geometry));
  const row = n0 / width;
  const rest = n & 7;
  for (let k = begin; k < end; k++, to += 32) {
    imageRow(scratch, image, geometry, k, row, n0 - row * width, n, true);
    if (rest) zero(scratch + (n << 2), 8 - rest);
    scatter(to, ldb, scratch, n);
  }
}

/** Scalar twin of f32_pack_im2col_8__simd. */
export function f32_pack_im2col_8__scalar(
  to: usize,
  ldb: usize,
  image: usize,
  geometry: usize,
  scratch: usize,
  n0: usize,
  n1: usize,
  begin: usize,
  end: usize,
): void {
  for (let k = begin; k < end; k++)
    for (let j: usize = 0; j < ((n1 - n0 + 7) & ~7); j++)
      store<f32>(
        to + (j >> 3) * ldb + ((k - begin) << 5) + ((j & 7) << 2),
        n0 + j < n1 ? imageElement(image, geometry, k, n0 + j) : 0,
      );
}
