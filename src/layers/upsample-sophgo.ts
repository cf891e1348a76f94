/** Upsample of Sophgo: repeats pixels, or puts values back by a mask. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { unpoolByMask, unpoolingSize, type UnpoolingSize } from './shared/upsample.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * With one bottom, each pixel is repeated; with a mask as second bottom, values go back where a MAX pooling took them from.
 *
 * @formula y[n, c, h, w] = x[n, c, ⌊h / scale⌋, ⌊w / scale⌋], or y[n, c, mask[n, c, i]] = x[n, c, i]
 * @bottoms x, (N, C, H, W); mask, optional, the shape of x
 * @tops y, (N, C, H · scale_h − pad_out_h, W · scale_w − pad_out_w), or (N, C, upsample_h, upsample_w); not in place
 * @fields `scale`, or with a mask `scale_h` and `scale_w`, greater than 1; `pad_out_h`, `pad_out_w` (false), only with a scale of 2;
 *   or `upsample_h` and `upsample_w`, the size itself
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

  #sizeOf: (height: number, width: number) => [number, number] = (height, width) => [height, width];
  #scale = 1;

  override setUp(bottom: readonly Blob[]): void {
    const settings = settingsOf<UnpoolingSize>(this.param, 'upsample_param');
    this.#sizeOf = unpoolingSize(settings, 1);
    this.#scale = settings.scale ?? 1;
    this.check(
      bottom.length === 2 || settings.scale !== undefined,
      'without a mask, pixels are repeated by scale only',
      'write upsample_param { scale: 2 }',
      'upsample_param.scale',
    );
  }

  override reshape([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    this.check(
      mask === undefined || x!.shape.every((size, axis) => size === mask.shape[axis]),
      () => `the mask must have the shape of x: ${shapeString(x!.shape)} and ${shapeString(mask!.shape)}`,
    );
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    y!.reshape([num, channels, ...this.#sizeOf(height, width)]);
  }

  override forward([x, mask]: readonly Blob[], [y]: readonly Blob[]): void {
    if (!mask) {
      this.#repeat(y!, x!);
      return;
    }
    const outside = unpoolByMask(y!, x!, mask);
    this.check(outside === undefined, () => `mask index ${outside!} lies outside the top, ${shapeString(y!.shape)}`);
  }
  /** The fork takes the size of x to be that of y divided by the scale: with pad_out that is one less than it is. */
  #repeat(y: Blob, x: Blob): void {
    const [to, from] = valuesOf(y, x);
    const [planes, outHeight, outWidth] = [y.countOf(0, 2), y.shape[2]!, y.shape[3]!];
    const [height, width] = [outHeight, outWidth].map((size) => Math.floor(size / this.#scale)) as [number, number];
    for (let plane = 0, at = 0; plane < planes; plane++)
      for (let h = 0; h < outHeight; h++) {
        const row = (plane * height + Math.floor(h / this.#scale)) * width;
        for (let w = 0; w < outWidth; w++) to[at++] = from[row + Math.floor(w / this.#scale)]!;
      }
  }
}
