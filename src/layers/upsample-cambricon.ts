/** Upsample of Cambricon: nearest neighbours with aligned corners, or unpooling by a mask. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { unpoolByMask, unpoolingSize, type UnpoolingSize } from './shared/upsample.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface UpsampleSettings extends UnpoolingSize {
  pad_out_W: number;
  nearestneighbor_mode: boolean;
}

/**
 * With `nearestneighbor_mode` the nearest pixel where the corners of both images coincide; otherwise unpooling by a mask.
 *
 * @formula y[n, c, h, w] = x[n, c, round(h · (H − 1) / (H' − 1)), round(w · (W − 1) / (W' − 1))]
 * @bottoms x, (N, C, H, W); mask, the shape of x, without `nearestneighbor_mode`
 * @tops y, (N, C, H', W'); not in place
 * @fields the size is `upsample_h` and `upsample_w`, else H and W times `scale`, else times `scale_h` and `scale_w`; with a mask minus
 *   `pad_out_h` and `pad_out_W`
 * @notes It is not the Upsample of YOLO's converters, which repeats each pixel
 * @source upsample_layer.cpp of Cambricon/caffe
 */
export class UpsampleCambriconLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Upsample',
    origin: 'Cambricon',
    family: 'pooling',
    doc: 'Nearest neighbours with aligned corners (nearestneighbor_mode), or unpooling by a mask.',
    bottoms: ['x', 'mask?'],
    tops: ['y'],
    params: ['upsample_param'],
    variant: {
      name: 'cambricon',
      schemas: ['cambricon'],
      when: 'it has nearestneighbor_mode',
      claims: ({ param }) => settingsOf<UpsampleSettings>(param, 'upsample_param').nearestneighbor_mode !== undefined,
    },
  };

  get #settings(): Partial<UpsampleSettings> {
    return settingsOf<UpsampleSettings>(this.param, 'upsample_param');
  }

  override reshape([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    const { upsample_h, upsample_w, scale, scale_h, scale_w, nearestneighbor_mode: nearest = false } = this.#settings;
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    this.check(
      nearest === (mask === undefined),
      nearest
        ? 'nearestneighbor_mode takes one bottom'
        : 'a mask is needed as second bottom, or nearestneighbor_mode: true',
    );
    this.check(
      mask === undefined || x!.shape.every((size, axis) => size === mask.shape[axis]),
      () => `the mask must have the shape of x: ${shapeString(x!.shape)} and ${shapeString(mask!.shape)}`,
    );
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    if (mask) {
      const { pad_out_W: pad_out_w = 0, ...others } = this.#settings;
      y!.reshape([num, channels, ...unpoolingSize({ ...others, pad_out_w }, 0)(height, width)]);
      return;
    }
    const size =
      upsample_h !== undefined && upsample_w !== undefined
        ? [upsample_h, upsample_w]
        : [height * (scale ?? scale_h ?? 0), width * (scale ?? scale_w ?? 0)];
    this.check(
      size[0]! > 0 && size[1]! > 0,
      'the size is upsample_h and upsample_w, or scale, or scale_h and scale_w: none is complete',
      undefined,
      'upsample_param.scale',
    );
    y!.reshape([num, channels, ...size]);
  }

  override forward([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    if (mask) {
      const outside = unpoolByMask(y!, x!, mask);
      this.check(outside === undefined, () => `mask index ${outside!} lies outside the top, ${shapeString(y!.shape)}`);
      return;
    }
    const [to, from] = valuesOf(y!, x!);
    const [, , height, width] = x!.shape as [number, number, number, number];
    const [, , outHeight, outWidth] = y!.shape as [number, number, number, number];
    const source = (i: number, size: number, out: number) =>
      // C's round(), in float32: halves away from zero.
      out > 1 ? Math.floor(Math.fround(Math.fround((size - 1) / (out - 1)) * i) + 0.5) : 0;
    const columns = Array.from({ length: outWidth }, (_, w) => source(w, width, outWidth));
    for (let plane = 0, at = 0; plane < x!.countOf(0, 2); plane++)
      for (let h = 0; h < outHeight; h++) {
        const row = (plane * height + source(h, height, outHeight)) * width;
        for (const column of columns) to[at++] = from[row + column]!;
      }
  }
}
