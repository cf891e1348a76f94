/** Upsampling by whole factors, and by indices of a pooling mask. */
import type { Blob } from '../../engine/blob.js';
import { NetspecError } from '../../errors.js';
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

/** The fields by which SegNet, and the forks that took its layer over, give the size of the top. */
export interface UnpoolingSize {
  scale: number;
  scale_h: number;
  scale_w: number;
  pad_out_h: boolean | number;
  pad_out_w: boolean | number;
  upsample_h: number;
  upsample_w: number;
}

/**
 * The height and width of the top, for those of the bottom.
 * @param byDefault the schema's default of `scale`
 * @throws NetspecError with the field, as the forks refuse it
 * @source LayerSetUp of upsample_layer.cpp of alexgkendall/caffe-segnet
 */
export function unpoolingSize(
  settings: Partial<UnpoolingSize>,
  byDefault: number,
): (height: number, width: number) => [number, number] {
  const { upsample_h, upsample_w, scale, scale_h, scale_w, pad_out_h = false, pad_out_w = false } = settings;
  const check = (isRight: boolean, reason: string, field: string) => {
    if (!isRight) throw new NetspecError(reason, { field: `upsample_param.${field}` });
  };
  // A size decides, whatever else is given; one of its two sides alone does not count.
  if (upsample_h !== undefined && upsample_w !== undefined) {
    check(
      upsample_h > 1 && upsample_w > 1,
      `upsample_h_ > 1 and upsample_w_ > 1 (${upsample_h} x ${upsample_w})`,
      'upsample_h',
    );
    return () => [upsample_h, upsample_w];
  }
  check(
    (scale_h === undefined) === (scale_w === undefined) && (scale === undefined || scale_h === undefined),
    'Upsample scale is scale, or scale_h and scale_w; not both',
    'scale',
  );
  const [factorH, factorW] = [scale_h ?? scale ?? byDefault, scale_w ?? scale ?? byDefault];
  check(factorH > 1 && factorW > 1, `scale_h_ > 1 and scale_w_ > 1 (${factorH} x ${factorW})`, 'scale');
  check(
    (!pad_out_h || factorH === 2) && (!pad_out_w || factorW === 2),
    `Output padding compensation requires a scale of 2, got ${factorH} x ${factorW}`,
    'pad_out_h',
  );
  return (height, width) => [height * factorH - Number(pad_out_h), width * factorW - Number(pad_out_w)];
}
