/**
 * One row of a convolution's column matrix, and the geometry that describes it. Nothing here is exported.
 *
 * The column matrix has a row for each (channel, kernel position), kernel positions last axis fastest, and a column for
 * each output position; its elements are image values, 0 where the kernel reaches into the padding (Caffe's im2col).
 *
 * The geometry of an N-dimensional convolution stands in memory as 32-bit integers: the number N of spatial axes, 2 or
 * more, at +0, and for each axis, outermost first, 32 bytes from +32 on:
 *   +0 image size   +4 output size   +8 kernel size   +12 stride   +16 padding   +20 dilation
 */

import { copyStrided, zero } from './memory';

/** Bytes of one axis's record, and of what stands before the first. */
const AXIS: usize = 32;

// @ts-ignore: decorator
@inline
export function imageSize(axis: usize): i32 {
  return load<i32>(axis);
}
// @ts-ignore: decorator
@inline
export function outputSize(axis: usize): i32 {
  return load<i32>(axis, 4);
}
// @ts-ignore: decorator
@inline
export function kernelSize(axis: usize): i32 {
  return load<i32>(axis, 8);
}
// @ts-ignore: decorator
@inline
export function stride(axis: usize): i32 {
  return load<i32>(axis, 12);
}
// @ts-ignore: decorator
@inline
export function padding(axis: usize): i32 {
  return load<i32>(axis, 16);
}
// @ts-ignore: decorator
@inline
export function dilation(axis: usize): i32 {
  return load<i32>(axis, 20);
}

/** Address of the axis that varies fastest. */
// @ts-ignore: decorator
@inline
export function lastAxis(geometry: usize): usize {
  return geometry + load<u32>(geometry) * AXIS;
}

/** First output position along an axis whose image position `position * stride + offset` is not negative. */
// @ts-ignore: decorator
@inline
export function firstInside(axis: usize, offset: i32): i32 {
  if (offset >= 0) return 0;
  return stride(axis) == 1 ? -offset : (stride(axis) - 1 - offset) / stride(axis);
}

/** One past the last output position along an axis whose image position lies within the image. */
// @ts-ignore: decorator
@inline
export function endInside(axis: usize, offset: i32): i32 {
  const inside = imageSize(axis) - offset;
  if (inside <= 0) return 0;
  return min(stride(axis) == 1 ? inside : (inside + stride(axis) - 1) / stride(axis), outputSize(axis));
}

/**
 * Address of the image row that output row `row` (counted over all axes but the last) meets at kernel position k
 * (counted likewise, channels outermost), or 0 when it lies in the padding.
 */
export function imageRowAddress(image: usize, geometry: usize, k: u32, row: u32): usize {
  const last = lastAxis(geometry);
  let index: u32 = 0;
  let rows: u32 = 1;
  for (let axis = last - AXIS; axis > geometry; axis -= AXIS) {
    const at = (row % outputSize(axis)) * stride(axis) + (k % kernelSize(axis)) * dilation(axis) - padding(axis);
    if (<u32>at >= <u32>imageSize(axis)) return 0;
    row /= outputSize(axis);
    k /= kernelSize(axis);
    index += at * rows;
    rows *= imageSize(axis);
  }
  return image + (((k * rows + index) * imageSize(last)) << 2);
}

/**
 * Writes n columns of row k of the column matrix: those from position (row, column) on, rows counted over all axes but
 * the last. When `overrun`, up to three floats behind them are written too.
 */
export function imageRow(
  to: usize,
  image: usize,
  geometry: usize,
  k: u32,
  row: u32,
  column: u32,
  n: u32,
  overrun: bool,
): void {
  const x = lastAxis(geometry);
  const y = x - AXIS;
  const width: u32 = outputSize(x);
  const step: usize = stride(x) << 2;
  const outer = k / kernelSize(x);
  const offset: i32 = (k - outer * kernelSize(x)) * dilation(x) - padding(x);
  const high: u32 = endInside(x, offset);
  const low: u32 = min<u32>(firstInside(x, offset), high);
  // Two axes are by far the most frequent, and need no division for each row.
  const isPlane = load<u32>(geometry) == 2;
  const rowBytes = imageSize(x) << 2;
  const channel = outer / kernelSize(y);
  const plane = image + channel * imageSize(y) * rowBytes;
  let at: i32 = row * stride(y) + (outer - channel * kernelSize(y)) * dilation(y) - padding(y);
  for (; n > 0; row++, at += stride(y), column = 0) {
    const stop = min(width, column + n);
    n -= stop - column;
    let from: usize;
    if (isPlane) from = <u32>at < <u32>imageSize(y) ? plane + at * rowBytes : 0;
    else from = imageRowAddress(image, geometry, outer, row);
    const begin = from ? min(max(column, low), stop) : stop;
    const end = from ? max(min(stop, high), begin) : stop;
    zero(to, begin - column, overrun);
    to += (begin - column) << 2;
    copyStrided(to, from + begin * step + (offset << 2), step, end - begin, overrun);
    to += (end - begin) << 2;
    zero(to, stop - end, overrun);
    to += (stop - end) << 2;
  }
}

/** Adds n columns, all of row k of the column matrix, to the image they come from: what imageRow does, backwards. */
export function addImageRow(image: usize, from: usize, geometry: usize, k: u32, n: u32): void {
  const last = lastAxis(geometry);
  const width: u32 = outputSize(last);
  const step: usize = stride(last) << 2;
  const offset: i32 = (k % kernelSize(last)) * dilation(last) - padding(last);
  const outer = k / kernelSize(last);
  const high: u32 = endInside(last, offset);
  const low: u32 = firstInside(last, offset);
  if (low >= high) return;
  const rows = n / width;
  const isPlane = load<u32>(geometry) == 2;
  const y = last - AXIS;
  const plane = image + (((outer / kernelSize(y)) * imageSize(y) * imageSize(last)) << 2);
  const top: i32 = (outer % kernelSize(y)) * dilation(y) - padding(y);
  for (let row: u32 = 0; row < rows; row++, from += width << 2) {
    let to: usize;
    if (isPlane) {
      const at: i32 = row * stride(y) + top;
      to = <u32>at < <u32>imageSize(y) ? plane + ((at * imageSize(last)) << 2) : 0;
    } else to = imageRowAddress(image, geometry, outer, row);
    if (!to) continue;
    to += low * step + (offset << 2);
    let p = from + (low << 2);
    const end = from + (high << 2);
    if (step == 4)
      for (; p + 16 <= end; p += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(p)));
    for (; p < end; p += 4, to += step) store<f32>(to, load<f32>(to) + load<f32>(p));
  }
}

/** Element (k, j) of the column matrix of an image with two axes: the plain definition. */
export function imageElement(image: usize, geometry: usize, k: u32, j: u32): f32 {
  const x = lastAxis(geometry);
  const y = x - AXIS;
  const ix: i32 = (j % outputSize(x)) * stride(x) + (k % kernelSize(x)) * dilation(x) - padding(x);
  k /= kernelSize(x);
  const iy: i32 = (j / outputSize(x)) * stride(y) + (k % kernelSize(y)) * dilation(y) - padding(y);
  if (<u32>iy >= <u32>imageSize(y) || <u32>ix >= <u32>imageSize(x)) return 0;
  const channel: i32 = k / kernelSize(y);
  return load<f32>(image + (((channel * imageSize(y) + iy) * imageSize(x) + ix) << 2));
}
