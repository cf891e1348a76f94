/** Upsample of SegNet: puts values back where a MAX pooling took them from. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { unpoolByMask } from './shared/upsample.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface UpsampleSettings {
  scale: number;
  scale_h: number;
  scale_w: number;
  pad_out_h: boolean;
  pad_out_w: boolean;
  upsample_h: number;
  upsample_w: number;
}

/**
 * Unpooling by the mask of a MAX pooling, its second top.
 *
 * @formula y[n, c, mask[n, c, i]] = x[n, c, i] over flat positions in a plane, 0 elsewhere; a later i overwrites
 * @bottoms x, (N, C, H, W); mask, the shape of x
 * @tops y, (N, C, upsample_h, upsample_w), or (N, C, H · scale_h − pad_out_h, W · scale_w − pad_out_w); not in place
 * @fields `scale` (2), or `scale_h` and `scale_w`; `pad_out_h`, `pad_out_w` (false), only with a scale of 2; or `upsample_h`
 *   and `upsample_w`, the size itself
 * @source upsample_layer.cpp of alexgkendall/caffe-segnet
 */
export class UpsampleSegNetLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Upsample',
    origin: 'SegNet',
    family: 'pooling',
    doc: 'Puts values back where a MAX pooling took them from, by its mask.',
    bottoms: ['x', 'mask'],
    tops: ['y'],
    params: ['upsample_param'],
    variant: {
      name: 'segnet',
      schemas: ['segnet'],
      when: 'it has two bottoms, x and a mask',
      claims: ({ param }) => param.bottom?.length === 2,
    },
  };

  #sizeOf: (height: number, width: number) => [number, number] = (height, width) => [height, width];

  override setUp(): void {
    const given = settingsOf<UpsampleSettings>(this.param, 'upsample_param');
    const { upsample_h, upsample_w, scale, scale_h, scale_w, pad_out_h = false, pad_out_w = false } = given;
    this.check(
      (upsample_h === undefined) === (upsample_w === undefined),
      'Upsample size is upsample_h and upsample_w, or neither',
      undefined,
      'upsample_param.upsample_h',
    );
    if (upsample_h !== undefined && upsample_w !== undefined) {
      this.check(
        scale === undefined && scale_h === undefined && scale_w === undefined,
        'Upsample size is upsample_h and upsample_w, or a scale; not both',
        undefined,
        'upsample_param.upsample_h',
      );
      this.check(
        upsample_h > 1 && upsample_w > 1,
        `upsample_h_ > 1 and upsample_w_ > 1 (${upsample_h} x ${upsample_w})`,
        undefined,
        'upsample_param.upsample_h',
      );
      this.#sizeOf = () => [upsample_h, upsample_w];
      return;
    }
    this.check(
      (scale_h === undefined) === (scale_w === undefined) && (scale === undefined || scale_h === undefined),
      'Upsample scale is scale, or scale_h and scale_w; not both',
      undefined,
      'upsample_param.scale',
    );
    const [factorH, factorW] = [scale_h ?? scale ?? 2, scale_w ?? scale ?? 2];
    this.check(
      factorH > 1 && factorW > 1,
      `scale_h_ > 1 and scale_w_ > 1 (${factorH} x ${factorW})`,
      undefined,
      'upsample_param.scale',
    );
    this.check(
      (!pad_out_h || factorH === 2) && (!pad_out_w || factorW === 2),
      `Output padding compensation requires a scale of 2, got ${factorH} x ${factorW}`,
      undefined,
      'upsample_param.pad_out_h',
    );
    this.#sizeOf = (height, width) => [height * factorH - Number(pad_out_h), width * factorW - Number(pad_out_w)];
  }

  override reshape([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(
      x!.numAxes === 4 && mask!.numAxes === 4 && x!.shape.every((size, axis) => size === mask!.shape[axis]),
      () =>
        `the mask must have the shape of x: bottom[0] is ${shapeString(x!.shape)}, bottom[1] ${shapeString(mask!.shape)}`,
      "the mask is the second top of a MAX Pooling layer, whose first top has x's shape",
    );
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    y!.reshape([num, channels, ...this.#sizeOf(height, width)]);
  }

  override forward([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    const outside = unpoolByMask(y!, x!, mask!);
    this.check(
      outside === undefined,
      () =>
        `upsample top index ${outside!} out of range: the top is ${shapeString(y!.shape)}; ` +
        "check that the scale is the pooling's stride",
      undefined,
      'upsample_param.scale',
    );
  }
}
