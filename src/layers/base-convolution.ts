/**
 * What Convolution and Deconvolution share: the window, the weights, the shapes and their checks (Caffe's
 * BaseConvolutionLayer).
 */
import { resolve } from '../proto/message.js';
import type { Blob } from '../runtime/blob.js';
import { sameShape, shapeString } from '../shapes.js';
import { axisOf } from './axis.js';
import { OWN_TOP, notInPlace } from './common.js';
import { Layer, type BlobCount } from './layer.js';
import { geometryBytes, geometryOf, windowOf, writeGeometry, type Geometry, type WindowAxis } from './window.js';

/** One image of one group, as {@link BaseConvolutionLayer.compute} gets it; addresses in bytes. */
export interface Task {
  /** Channels of the bottom and of the top. */
  x: number;
  y: number;
  weights: number;
  /** Address of the biases, 0 when there are none. */
  bias: number;
}

export abstract class BaseConvolutionLayer extends Layer {
  override readonly bottomCount: BlobCount = { min: 1 };
  override readonly topCount: BlobCount = { min: 1 };
  override readonly equalBottomTop = true;
  protected readonly options = resolve('ConvolutionParameter', this.param.convolution_param);
  /** Index of the channel axis. */
  #axis = 0;
  #window: WindowAxis[] = [];
  protected channels = 0;
  protected geometry: Geometry = geometryOf([], [], []);

  protected get outputs(): number {
    return this.options.num_output;
  }

  protected get group(): number {
    return this.options.group;
  }

  /** Shape of the weights without the kernel: Convolution has (outputs, channels / group). */
  protected abstract weightShape(): [number, number];
  /** Size of the top along one spatial axis. */
  protected abstract topSize(size: number, axis: WindowAxis): number;
  /** The geometry, with the image the larger side: the bottom of Convolution, the top of Deconvolution. */
  protected abstract geometryFor(window: readonly WindowAxis[], bottom: number[], top: number[]): Geometry;
  /** Bytes of scratch for {@link compute}. */
  protected abstract scratchBytes(batch: number): number;
  /** Computes `batch` images of a top, one after another from `y` on. */
  protected abstract compute(task: Task, batch: number, geometry: number, scratch: number): void;

  override setUp([x]: readonly Blob[]): void {
    const { axis, num_output: outputs, group, bias_term: biased, weight_filler, bias_filler } = this.options;
    this.#axis = axisOf(x!, axis, 'convolution_param.axis');
    this.#window = windowOf(this.param.convolution_param ?? {}, x!.numAxes - this.#axis - 1);
    this.channels = x!.shape[this.#axis]!;
    this.check(
      outputs > 0,
      `num_output_ > 0 (${outputs} vs. 0): num_output must be positive`,
      'write num_output, the number of channels of the top',
      'convolution_param.num_output',
    );
    this.check(group > 0, `group must be positive, got ${group}`, undefined, 'convolution_param.group');
    this.check(
      this.channels % group === 0,
      () =>
        `channels_ % group_ == 0 (${this.channels % group} vs. 0): ` +
        `group (${group}) must divide the ${this.channels} channels of bottom[0], ${shapeString(x!.shape)}`,
      undefined,
      'convolution_param.group',
    );
    this.check(
      outputs % group === 0,
      `Number of output should be multiples of group: num_output is ${outputs}, group ${group}`,
      undefined,
      'convolution_param.num_output',
    );
    const kernel = this.#window.map((w) => w.kernel);
    this.blobs.push(this.context.createParam([...this.weightShape(), ...kernel], weight_filler));
    if (biased) this.blobs.push(this.context.createParam([outputs], bias_filler));
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const [x] = bottom as [Blob];
    const first = this.#axis + 1;
    this.check(
      x.numAxes === first + this.#window.length,
      () =>
        `bottom num_axes may not change: bottom[0] is ${shapeString(x.shape)}, ` +
        `the layer was set up for ${first + this.#window.length} axes`,
    );
    this.check(
      x.shape[this.#axis] === this.channels,
      () =>
        `Input size incompatible with convolution kernel: bottom[0] is ${shapeString(x.shape)}, ` +
        `the weights are for ${this.channels} channels`,
    );
    bottom.forEach((other, i) => {
      this.check(
        sameShape(x.shape, other.shape),
        () => `shape mismatch - bottom[0]: ${shapeString(x.shape)} vs. bottom[${i}]: ${shapeString(other.shape)}`,
        'bottoms of one layer must have the same shape; layers can share weights through param { name }',
        'bottom',
      );
    });
    const from = x.shape.slice(first);
    const to = this.#window.map((axis, i) => this.topSize(from[i]!, axis));
    this.check(
      to.every((size) => size >= 0),
      () =>
        `the top would have the spatial size ${to.join(' x ')}: bottom[0] is ${shapeString(x.shape)}, ` +
        `kernel ${this.#list('kernel')}, pad ${this.#list('pad')}, stride ${this.#list('stride')}, ` +
        `dilation ${this.#list('dilation')}`,
      'the window does not fit: a larger input or another pad is needed',
      'convolution_param.kernel_size',
    );
    this.geometry = this.geometryFor(this.#window, from, to);
    for (const y of top) {
      this.check(!bottom.includes(y), notInPlace(this.type), OWN_TOP, 'top');
      y.reshape([...x.shape.slice(0, this.#axis), this.outputs, ...to]);
    }
  }

  override forward(bottom: readonly Blob[], top: readonly Blob[]): void {
    const { arena } = this.context;
    const batch = bottom[0]!.countOf(0, this.#axis);
    const [weights, biases] = this.blobs.map((blob) => blob.ptr) as [number, number?];
    const pairs = bottom.map((blob, i) => ({ x: blob.ptr, y: top[i]!.ptr }));
    if (top[0]!.count === 0) return;
    const geometry = this.context.scratch(geometryBytes(this.geometry) + this.scratchBytes(batch));
    writeGeometry(arena, geometry, this.geometry);
    const scratch = geometry + geometryBytes(this.geometry);
    for (const pair of pairs) this.compute({ ...pair, weights, bias: biases ?? 0 }, batch, geometry, scratch);
  }

  override macs(bottom: readonly Blob[]): number {
    const { outputCount, kernelCount } = this.geometry;
    const images = bottom.length * bottom[0]!.countOf(0, this.#axis);
    return ((images * this.outputs * this.channels) / this.group) * outputCount * kernelCount;
  }

  #list(field: keyof WindowAxis): string {
    return this.#window.map((axis) => axis[field]).join(' x ');
  }
}
