/**
 * LRN: local response normalization, across channels or within each.
 */
import { LRNParameter_NormRegion as Region } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/** A power costs about as much as so many multiply-adds. */
const POWER_COST = 10;

/**
 * Divides each element by a power of the sum of squares in a window. The window has `local_size` n channels at the same
 * pixel (ACROSS_CHANNELS), or n × n pixels of the same channel (WITHIN_CHANNEL). Outside the blob, elements count as 0.
 *
 * @formula across `y = x · (k + alpha/n · Σ x²)^−beta`, within `y = x · (1 + alpha/n² · Σ x²)^−beta`
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C, H, W); may be x
 * @axes across: 1; within: 2 and 3
 * @notes Within channels `k` has no effect
 * @notes Across channels and in place the result is `(k + alpha/n · Σ x²)^(−2·beta)`: Caffe overwrites x before it
 *   multiplies
 * @source Caffe's lrn_layer.cpp; Krizhevsky, Sutskever, Hinton, ImageNet Classification with Deep Convolutional Neural
 *   Networks, 2012, section 3.3
 */
export class LRNLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'LRN',
    origin: 'BVLC',
    family: 'scaling',
    doc: 'Local response normalization across channels or within one.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['lrn_param'],
    keepsOrder: true,
    inPlace: true,
    otherwiseInPlace: ({ lrn_param }) => resolve('LRNParameter', lrn_param).norm_region !== Region.WITHIN_CHANNEL,
  };

  readonly #options = resolve('LRNParameter', this.param.lrn_param);

  override setUp(): void {
    const size = this.#options.local_size;
    this.check(
      size % 2 === 1,
      () => `LRN only supports odd values for local_size (got ${size}; ${size % 2} vs. 1)`,
      `use ${size + 1}`,
      'lrn_param.local_size',
    );
  }

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    this.check(
      x.numAxes === 4,
      () =>
        `Input must have 4 axes, corresponding to (num, channels, height, width) (4 vs. ${x.numAxes}): ` +
        `bottom[0] is ${shapeString(x.shape)}`,
    );
    y.reshapeLike(x);
  }

  override forward([x]: readonly [Blob], [y]: readonly [Blob]): void {
    if (x.count === 0) return;
    const { arena } = this.context;
    const [num, channels, height, width] = x.shape as [number, number, number, number];
    const size = this.#options.local_size;
    const alpha = Math.fround(this.#options.alpha);
    const beta = Math.fround(this.#options.beta);
    const k = Math.fround(this.#options.k);
    const src = x.ptr;
    const dst = y.ptr;
    if (this.#options.norm_region === Region.WITHIN_CHANNEL) {
      const scratchBytes = (height + size - 1) * (width + size + 2) * 4;
      const scratch = this.context.scratch(scratchBytes * arena.threads);
      const cost = height * width * POWER_COST;
      const args = [dst, src, height, width, size, alpha, beta, scratch] as const;
      parallelFor(arena, 'f32_lrn_within__simd', [...args], num * channels, { cost, scratchBytes });
    } else {
      const pixels = height * width;
      const units = num * Math.ceil(pixels / 4);
      const scratchBytes = (channels + size - 1) * 16;
      const scratch = this.context.scratch(scratchBytes * arena.threads);
      const args = [dst, src, channels, pixels, size, alpha / size, beta, k, scratch] as const;
      parallelFor(arena, 'f32_lrn_across__simd', [...args], units, { cost: channels * POWER_COST, scratchBytes });
    }
  }
}
