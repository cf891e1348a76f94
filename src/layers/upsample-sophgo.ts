/** Upsample of Sophgo: repeats pixels, or puts values back by a mask. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { repeatPixels, unpoolByMask } from './shared/upsample.js';
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
 * With one bottom, each pixel is repeated; with a mask as second bottom, values go back where a MAX pooling took them from.
 *
 * @formula y[n, c, h, w] = x[n, c, ⌊h / scale⌋, ⌊w / scale⌋], or y[n, c, mask[n, c, i]] = x[n, c, i]
 * @bottoms x, (N, C, H, W); mask, optional, the shape of x
 * @tops y, (N, C, H · scale_h − pad_out_h, W · scale_w − pad_out_w), or (N, C, upsample_h, upsample_w); not in place
 * @fields `scale` (2), or `scale_h` and `scale_w`, greater than 1; `pad_out_h`, `pad_out_w` (false); `upsample_h`, `upsample_w`
 * @source upsample_layer.cpp of sophgo/caffe
 */
export class UpsampleSophgoLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Upsample',
    origin: 'Sophgo',
    family: 'pooling',
    doc: 'Repeats each pixel, or puts values back by the mask of a MAX pooling.',
    bottoms: ['x', 'mask?'],
    tops: ['y'],
    params: ['upsample_param'],
    variant: {
      name: 'sophgo',
      schemas: ['sophgo'],
      when: "the net is read with Sophgo's schema",
      claims: () => false,
    },
  };

  #factors: [number, number] = [2, 2];

  override reshape([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    const settings = settingsOf<UpsampleSettings>(this.param, 'upsample_param');
    const { scale, scale_h, scale_w, pad_out_h = false, pad_out_w = false, upsample_h, upsample_w } = settings;
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    this.check(
      mask === undefined || x!.shape.every((size, axis) => size === mask.shape[axis]),
      () => `the mask must have the shape of x: ${shapeString(x!.shape)} and ${shapeString(mask!.shape)}`,
    );
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    this.#factors = [scale_h ?? scale ?? 2, scale_w ?? scale ?? 2];
    const [factorH, factorW] = this.#factors;
    if (upsample_h !== undefined && upsample_w !== undefined) {
      y!.reshape([num, channels, upsample_h, upsample_w]);
      this.#factors = [Math.ceil(upsample_h / height), Math.ceil(upsample_w / width)];
      return;
    }
    this.check(
      factorH > 1 && factorW > 1,
      `scale_h_ > 1 and scale_w_ > 1 (${factorH} x ${factorW})`,
      undefined,
      'upsample_param.scale',
    );
    y!.reshape([num, channels, height * factorH - Number(pad_out_h), width * factorW - Number(pad_out_w)]);
  }

  override forward([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    if (!mask) {
      repeatPixels(y!, x!, ...this.#factors);
      return;
    }
    const outside = unpoolByMask(y!, x!, mask);
    this.check(outside === undefined, () => `mask index ${outside!} lies outside the top, ${shapeString(y!.shape)}`);
  }
}
