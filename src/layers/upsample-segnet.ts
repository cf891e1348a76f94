/** Upsample of SegNet: puts values back where a MAX pooling took them from. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { unpoolByMask, unpoolingSize, type UnpoolingSize } from './shared/upsample.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

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
      schemas: ['segnet', 'segnet-cudnn5', 'synopsys'],
      when: 'it has two bottoms, x and a mask',
      claims: ({ param }) => param.bottom?.length === 2,
    },
  };

  #sizeOf: (height: number, width: number) => [number, number] = (height, width) => [height, width];

  override setUp(): void {
    this.#sizeOf = unpoolingSize(settingsOf<UnpoolingSize>(this.param, 'upsample_param'), 2);
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
