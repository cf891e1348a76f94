/**
 * image: pictures in memory, as every function of this room takes and gives them: 8 bits a channel, RGB, rows from the
 * top, without padding. Decoding files is the host's business.
 */
import { IMAGE, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A picture: `width·height` pixels of three bytes, red first, row after row. */
export interface RgbImage extends Readonly<Size> {
  readonly data: Uint8Array;
}

/** A black picture, or a white one with `fill` 255. */
export function blankImage({ width, height }: Size, fill = 0): RgbImage {
  const data = new Uint8Array(width * height * 3);
  return { width, height, data: fill === 0 ? data : data.fill(fill) };
}

/**
 * A picture of RGBA pixels, as a canvas's ImageData holds them; the alpha channel is dropped.
 * @throws NetspecError when the data is not `width·height·4` bytes.
 * @example
 * // In a browser: context.getImageData(0, 0, width, height).
 * const imageData = { width: 1, height: 1, data: Uint8ClampedArray.of(255, 128, 0, 255) };
 * fromRgba(imageData).data; // → Uint8Array.of(255, 128, 0)
 */
export function fromRgba(image: Size & { data: Uint8Array | Uint8ClampedArray }): RgbImage {
  checkArguments('fromRgba()', { image: [image, IMAGE] });
  const { width, height, data } = image;
  const pixels = width * height;
  if (data.length !== pixels * 4)
    throw new NetspecError(`an RGBA image of ${width}x${height} has ${pixels * 4} bytes, got ${data.length}`);
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    rgb[i * 3] = data[i * 4]!;
    rgb[i * 3 + 1] = data[i * 4 + 1]!;
    rgb[i * 3 + 2] = data[i * 4 + 2]!;
  }
  return { width, height, data: rgb };
}

/** @throws NetspecError when an image's size and its data do not agree, or it has no pixels. */
export function checkImage({ width, height, data }: RgbImage): void {
  checkSize({ width, height }, 'image');
  if (data.length !== width * height * 3)
    throw new NetspecError(`an RGB image of ${width}x${height} has ${width * height * 3} bytes, got ${data.length}`);
}

/** @throws NetspecError unless both sides are whole and at least 1. */
export function checkSize({ width, height }: Size, what: string): void {
  for (const side of [width, height])
    if (!Number.isInteger(side) || side < 1)
      throw new NetspecError(`${what} size ${width}x${height}: width and height must be whole and at least 1`);
}
