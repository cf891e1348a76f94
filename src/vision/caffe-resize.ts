/**
 * caffe-resize: how pycaffe's Classifier resizes: caffe.io.resize_image, which is scikit-image's bilinear interpolation of
 * floats. Unlike Pillow's it looks at four source pixels whatever the factor is (no antialiasing), and what lies beyond the
 * edges counts as the image's darkest value.
 */
import type { Size } from './image.js';

/** A picture of any number of channels, interleaved, as floats. */
export interface FloatImage extends Readonly<Size> {
  readonly channels: number;
  readonly data: Float32Array;
}

/** The same, or with bytes that stand for floats: a large photo then needs no copy of four times its size. */
export type SourceImage = Omit<FloatImage, 'data'> & { readonly data: Float32Array | Uint8Array };

/**
 * caffe.io.resize_image with linear interpolation. Source: Caffe's io.py with scikit-image as it was then (0.13); since
 * 0.15 scikit-image smoothes before shrinking unless told not to.
 * @param table the float that each byte of the data stands for, where the data are bytes
 */
export function resizeLikeCaffe(image: SourceImage, { width, height }: Size, table?: Float32Array): FloatImage {
  const { channels, data } = image;
  const value = (i: number): number => (table ? table[data[i]!]! : data[i]!);
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const v = value(i);
    if (v < least) least = v;
    if (v > most) most = v;
  }
  const result = new Float32Array(width * height * channels);
  if (least === most) return { width, height, channels, data: result.fill(least) };
  // Caffe brings the values to 0..1 in float32 and interpolates in float64.
  const range = Math.fround(most - least);
  const at = (x: number, y: number, c: number): number =>
    x < 0 || y < 0 || x >= image.width || y >= image.height
      ? 0
      : Math.fround(Math.fround(value((y * image.width + x) * channels + c) - least) / range);
  const [columns, rows] = [neighbours(image.width, width), neighbours(image.height, height)];
  let out = 0;
  for (const { first: y, share: dy } of rows)
    for (const { first: x, share: dx } of columns)
      for (let c = 0; c < channels; c++) {
        const top = (1 - dx) * at(x, y, c) + dx * at(x + 1, y, c);
        const bottom = (1 - dx) * at(x, y + 1, c) + dx * at(x + 1, y + 1, c);
        result[out++] = ((1 - dy) * top + dy * bottom) * range + least;
      }
  return { width, height, channels, data: result };
}

/** For each output position, the source position before its centre, and the share of the one after that. */
function neighbours(from: number, to: number): { first: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const position = (i + 0.5) * (from / to) - 0.5;
    const first = Math.floor(position);
    return { first, share: position - first };
  });
}
