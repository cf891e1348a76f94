/** Darknet's reorg: moves blocks of pixels into channels, by the formula of its reorg_cpu, which forks call in three ways. */

/**
 * Calls `move(plain, packed)` for each element of an image, with flat indices.
 *
 * The routine reads its image as (C, H, W) and its packed form as (C / s², H · s, W · s): channel k of the image lies at channel
 * k mod (C / s²) of the packed form, moved by ⌊k / (C / s²)⌋ mod s pixels to the right and by the rest down.
 * @param channels C, at least s²
 * @source reorg_cpu of Darknet's blas.c
 */
export function forEachReorg(
  [channels, height, width]: readonly [number, number, number],
  stride: number,
  move: (plain: number, packed: number) => void,
): void {
  const outChannels = Math.floor(channels / (stride * stride));
  let plain = 0;
  for (let k = 0; k < channels; k++) {
    const [channel, offset] = [k % outChannels, Math.floor(k / outChannels)];
    const [right, down] = [offset % stride, Math.floor(offset / stride)];
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, plain++)
        move(plain, i * stride + right + width * stride * (j * stride + down + height * stride * channel));
  }
}

/** The shape of the top: blocks of stride² pixels become channels, or the reverse. */
export function reorgShape(
  [num, channels, height, width]: readonly number[],
  stride: number,
  reverse: boolean,
): [number, number, number, number] {
  const area = stride * stride;
  return reverse
    ? [num!, Math.floor(channels! / area), height! * stride, width! * stride]
    : [num!, channels! * area, Math.floor(height! / stride), Math.floor(width! / stride)];
}
