/** Upsampling by whole factors, and by indices of a pooling mask. */
import type { Blob } from '../../engine/blob.js';
import { valuesOf } from './views.js';

/**
 * Repeats each pixel of the last two axes.
 * @param y its last two axes are at most `factorH` and `factorW` times those of x
 */
export function repeatPixels(y: Blob, x: Blob, factorH: number, factorW: number): void {
  const [to, from] = valuesOf(y, x);
  const axes = x.numAxes;
  const [height, width] = [x.shape[axes - 2]!, x.shape[axes - 1]!];
  const [outHeight, outWidth] = [y.shape[axes - 2]!, y.shape[axes - 1]!];
  const planes = x.countOf(0, axes - 2);
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (let h = 0; h < outHeight; h++) {
      const row = (plane * height + Math.floor(h / factorH)) * width;
      for (let w = 0; w < outWidth; w++) to[at++] = from[row + Math.floor(w / factorW)]!;
    }
}

/**
 * Puts each value where a MAX pooling took it from: y[mask[i]] = x[i] within each plane, 0 elsewhere. A later i overwrites.
 * @returns the first index that lies outside the plane, or undefined
 */
export function unpoolByMask(y: Blob, x: Blob, mask: Blob): number | undefined {
  const [to, from, index] = valuesOf(y, x, mask);
  to.fill(0);
  const [plane, outPlane] = [x.countOf(2), y.countOf(2)];
  for (let i = 0; i < from.length; i++) {
    const at = Math.trunc(index[i]!);
    if (!(at >= 0 && at < outPlane)) return index[i]!;
    to[Math.floor(i / plane) * outPlane + at] = from[i]!;
  }
  return undefined;
}
