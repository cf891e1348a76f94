/**
 * Pooling, as Caffe's CPU code does it: the maximum starts at -FLT_MAX and never takes a NaN; the average divides by the
 * window's area within the padded plane, summing row by row. `geometry` points at ten i32: height and width of the
 * input, of the output, of the window, its strides, its paddings. All take a range of planes, [begin, end), last; y must
 * not be x.
 */
import { inputBytes, maxPlaneWithMask, outputBytes, poolPlane } from './inline/pooling';

/** Maximum over each window. */
export function f32_maxpool__simd(y: usize, x: usize, geometry: usize, begin: usize, end: usize): void {
  for (let n = begin; n < end; n++)
    poolPlane(y + n * outputBytes(geometry), x + n * inputBytes(geometry), geometry, true, true);
}

/** Scalar twin of f32_maxpool__simd. */
export function f32_maxpool__scalar(y: usize, x: usize, geometry: usize, begin: usize, end: usize): void {
  for (let n = begin; n < end; n++)
    poolPlane(y + n * outputBytes(geometry), x + n * inputBytes(geometry), geometry, true, false);
}

/** Mean over each window. */
export function f32_avepool__simd(y: usize, x: usize, geometry: usize, begin: usize, end: usize): void {
  for (let n = begin; n < end; n++)
    poolPlane(y + n * outputBytes(geometry), x + n * inputBytes(geometry), geometry, false, true);
}

/** Scalar twin of f32_avepool__simd. */
export function f32_avepool__scalar(y: usize, x: usize, geometry: usize, begin: usize, end: usize): void {
  for (let n = begin; n < end; n++)
    poolPlane(y + n * outputBytes(geometry), x + n * inputBytes(geometry), geometry, false, false);
}

/** Maximum over each window, and in `mask` its index within the plane, as a float; -1 where nothing exceeds -FLT_MAX. */
export function f32_maxpool_mask__scalar(
  y: usize,
  mask: usize,
  x: usize,
  geometry: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = outputBytes(geometry);
  for (let n = begin; n < end; n++)
    maxPlaneWithMask(y + n * bytes, mask + n * bytes, x + n * inputBytes(geometry), geometry);
}
