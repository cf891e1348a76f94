/**
 * SPP: spatial pyramid pooling, which makes vectors of one length from images of any size.
 */
import { PoolingParameter_PoolMethod as Method } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { PoolingLayer } from './pooling.js';

/** One level of the pyramid: a Pooling layer and its result, unless that goes to the top directly. */
interface Level {
  pooling: PoolingLayer;
  pooled: Blob;
}

/**
 * Pools each channel over grids of 1, 4, 16, … windows, as many levels as `pyramid_height` says, and joins the
 * results. On level l the windows are ⌈H / 2ˡ⌉ × ⌈W / 2ˡ⌉ pixels and do not overlap. The image is padded on all sides
 * by half of what the windows are larger than it, rounded up.
 *
 * @formula `y[n]` = the levels' Pooling tops of image n, flattened, one after the other
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C · Σ windows of a level): 1 + 4 + 16 + … windows. With `pyramid_height: 1` it is not flattened:
 *   (N, C, 1, 1)
 * @fields `pool` is MAX (default) or AVE; padding counts in means as in Pooling
 * @notes An image too small for a level is refused, as Pooling refuses padding that is not smaller than its window
 * @source Caffe's spp_layer.cpp; He, Zhang, Ren, Sun, Spatial Pyramid Pooling in Deep Convolutional Networks, 2014
 */
export class SPPLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'SPP',
    origin: 'BVLC',
    family: 'pooling',
    doc: 'Spatial pyramid pooling: a vector of fixed length from any spatial size.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['spp_param'],
  };

  readonly #options = resolve('SPPParameter', this.param.spp_param);
  #levels: Level[] = [];
  /** Height and width for which the levels were set up. */
  #size = '';

  override setUp([x]: readonly Blob[]): void {
    const height = this.#options.pyramid_height;
    this.check(
      height > 0,
      () => `pyramid_height must be positive (${height} vs. 0): without levels there is nothing to concatenate`,
      undefined,
      'spp_param.pyramid_height',
    );
    this.check(
      this.#options.pool !== Method.STOCHASTIC,
      'STOCHASTIC pooling is not implemented, nor is it in Caffe on CPUs',
      'use pool: AVE or MAX',
      'spp_param.pool',
    );
    this.check(
      x!.legacyDim(2) > 0 && x!.legacyDim(3) > 0,
      () => `Input dimensions cannot be zero: bottom[0] is ${shapeString(x!.shape)}`,
    );
  }

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    this.check(
      x.numAxes === 4,
      () =>
        `Input must have 4 axes, corresponding to (num, channels, height, width) (4 vs. ${x.numAxes}): ` +
        `bottom[0] is ${shapeString(x.shape)}`,
    );
    const size = x.shape.slice(2).join();
    if (size !== this.#size) {
      const levels = this.#options.pyramid_height;
      this.#levels = Array.from({ length: levels }, (_, i) => {
        const pooling = this.#poolingOf(i, x.shape[2]!, x.shape[3]!);
        pooling.setUp([x]);
        const pooled = levels === 1 ? y : (this.#levels[i]?.pooled ?? this.context.createBlob());
        return { pooling, pooled };
      });
      this.#size = size;
    }
    for (const { pooling, pooled } of this.#levels) pooling.reshape([x], [pooled]);
    if (this.#levels.length === 1) return;
    y.reshape([x.shape[0]!, this.#levels.reduce((sum, { pooled }) => sum + pooled.countOf(1), 0)]);
  }

  /** The Pooling layer of a level for images of a size. */
  #poolingOf(level: number, height: number, width: number): PoolingLayer {
    const bins = 2 ** level;
    const [h, w] = [height, width].map((size) => {
      const kernel = Math.ceil(size / bins);
      return { kernel, pad: Math.trunc((kernel * bins - size + 1) / 2) };
    }) as [{ kernel: number; pad: number }, { kernel: number; pad: number }];
    this.check(
      h.pad < h.kernel && w.pad < w.kernel,
      () =>
        `an image of ${height} x ${width} pixels is too small for the ${bins} x ${bins} windows of pyramid level ${level}: ` +
        `pad_h_ < kernel_h_ (${h.pad} vs. ${h.kernel}), pad_w_ < kernel_w_ (${w.pad} vs. ${w.kernel})`,
      `use pyramid_height: ${level} or a larger image`,
      'spp_param.pyramid_height',
    );
    const pooling = {
      pool: this.#options.pool,
      ...{ kernel_h: h.kernel, kernel_w: w.kernel, stride_h: h.kernel, stride_w: w.kernel, pad_h: h.pad, pad_w: w.pad },
    };
    return new PoolingLayer({ name: this.name, type: this.type, pooling_param: pooling }, this.context);
  }

  override forward([x]: readonly [Blob], [y]: readonly [Blob]): void {
    for (const { pooling, pooled } of this.#levels) pooling.forward([x], [pooled]);
    if (this.#levels.length === 1) return;
    const rowBytes = y.countOf(1) * 4;
    let to = y.ptr;
    for (const { pooled } of this.#levels) {
      const bytes = pooled.countOf(1) * 4;
      this.context.arena.kernels.copy_rows__scalar(to, rowBytes, pooled.ptr, bytes, bytes, 0, y.shape[0]!);
      to += bytes;
    }
  }
}
