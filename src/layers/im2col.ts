/** Im2col: the column matrix of a convolution, as a layer. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import {
  geometryBytes,
  geometryOf,
  outputSize,
  windowOf,
  writeGeometry,
  type Geometry,
  type WindowAxis,
} from './shared/window.js';

/**
 * The matrix that a convolution multiplies its weights with: for each output position, the image values under the
 * kernel.
 *
 * @formula y[n, (c, k), p] = x[n, c, p · stride − pad + k · dilation], 0 outside the image
 * @bottoms x: any axes, channels at `axis` (1), one or more spatial axes after it
 * @tops y, with channels · kernel positions in place of the channels, and
 *   `⌊(size + 2 pad − (dilation (kernel − 1) + 1)) / stride⌋ + 1` along each spatial axis
 * @fields `kernel_size`, `stride`, `pad`, `dilation` and `axis` of Convolution
 * @source Caffe's im2col_layer.cpp
 */
export class Im2colLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Im2col',
    origin: 'BVLC',
    family: 'other',
    doc: 'Unrolls the windows of a convolution into columns.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['convolution_param'],
  };

  #axis = 0;
  #window: WindowAxis[] = [];
  #geometry: Geometry = geometryOf([], [], []);

  override setUp([x]: readonly Blob[]): void {
    const { axis } = resolve('ConvolutionParameter', this.param.convolution_param);
    this.#axis = axisOf(x!, axis, 'convolution_param.axis');
    const spatial = x!.numAxes - this.#axis - 1;
    this.check(
      spatial >= 1,
      () =>
        `num_spatial_axes_ >= 1 (${spatial} vs. 1): no axis follows the channels' axis ${this.#axis} of bottom[0], ` +
        shapeString(x!.shape),
      undefined,
      'convolution_param.axis',
    );
    this.#window = windowOf(this.param.convolution_param ?? {}, spatial);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const first = this.#axis + 1;
    this.check(
      x!.numAxes === first + this.#window.length,
      () =>
        `bottom num_axes may not change: bottom[0] is ${shapeString(x!.shape)}, ` +
        `the layer was set up for ${first + this.#window.length} axes`,
    );
    const from = x!.shape.slice(first);
    const to = this.#window.map((axis, i) => outputSize(from[i]!, axis));
    this.check(
      to.every((size) => size >= 0),
      () => `the top would have the spatial size ${to.join(' x ')}: bottom[0] is ${shapeString(x!.shape)}`,
      'the window does not fit: a larger input or more padding is needed',
      'convolution_param.kernel_size',
    );
    this.#geometry = geometryOf(this.#window, from, to);
    y!.reshape([...x!.shape.slice(0, this.#axis), x!.shape[this.#axis]! * this.#geometry.kernelCount, ...to]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { imageCount, outputCount, kernelCount } = this.#geometry;
    const channels = x!.shape[this.#axis]!;
    let [to, from] = [y!.ptr, x!.ptr];
    if (y!.count === 0) return;
    const geometry = this.context.scratch(geometryBytes(this.#geometry));
    const { arena } = this.context;
    writeGeometry(arena, geometry, this.#geometry);
    const rows = channels * kernelCount;
    for (let image = x!.countOf(0, this.#axis); image > 0; image--) {
      arena.kernels.f32_im2col__simd(to, from, geometry, outputCount, 0, rows);
      to += rows * outputCount * 4;
      from += channels * imageCount * 4;
    }
  }
}
