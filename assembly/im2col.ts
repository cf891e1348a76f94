/**
 * A convolution's column matrix, made and unmade: Caffe's im2col and col2im for any number of axes.
 * The matrix and the geometry are described in inline/im2col.ts.
 */
import { addImageRow, imageElement, imageRow, kernelSize, lastAxis } from './inline/im2col';

/** Writes rows begin … end of the column matrix of `image`, each of n columns, one after another from `to` on. */
export function f32_im2col__simd(to: usize, image: usize, geometry: usize, n: usize, begin: usize, end: usize): void {
  for (let k = begin; k < end; k++, to += n << 2) imageRow(to, image, geometry, k, 0, 0, n, false);
}

/** Scalar twin of f32_im2col__simd, for two axes. */
export function f32_im2col__scalar(to: usize, image: usize, geometry: usize, n: usize, begin: usize, end: usize): void {
  for (let k = begin; k < end; k++)
    for (let j: usize = 0; j < n; j++, to += 4) store<f32>(to, imageElement(image, geometry, k, j));
}

/**
 * Adds column-matrix rows, each of n columns, one after another from `from` on, to the image they describe. The rows
 * are those of channels begin … end; `image` and `from` are those of channel 0.
 */
export function f32_col2im__simd(image: usize, from: usize, geometry: usize, n: usize, begin: usize, end: usize): void {
  let taps: usize = 1;
  for (let axis = lastAxis(geometry); axis > geometry; axis -= 32) taps *= kernelSize(axis);
  for (let k = begin * taps; k < end * taps; k++) addImageRow(image, from + ((k * n) << 2), geometry, k, n);
}

/** Scalar twin of f32_col2im__simd, for two axes. */
export function f32_col2im__scalar(
  image: usize,
  from: usize,
  geometry: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  const y = lastAxis(geometry) - 32;
  const x = lastAxis(geometry);
  const taps: usize = kernelSize(y) * kernelSize(x);
  for (let k = begin * taps; k < end * taps; k++) {
    const kx: i32 = k % kernelSize(x);
    const ky: i32 = (k / kernelSize(x)) % kernelSize(y);
    const channel: i32 = k / taps;
    for (let j: usize = 0; j < n; j++) {
      const iy = (j / load<i32>(x, 4)) * load<i32>(y, 12) + ky * load<i32>(y, 20) - load<i32>(y, 16);
      const ix = (j % load<i32>(x, 4)) * load<i32>(x, 12) + kx * load<i32>(x, 20) - load<i32>(x, 16);
      if (<u32>iy >= load<u32>(y) || <u32>ix >= load<u32>(x)) continue;
      const to = image + (((channel * load<i32>(y) + iy) * load<i32>(x) + ix) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(from + ((k * n + j) << 2)));
    }
  }
}
