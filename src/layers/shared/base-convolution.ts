/**
 * What Convolution and Deconvolution share: the window, the weights, the shapes and their checks (Caffe's
 * BaseConvolutionLayer).
 */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { sameShape, shapeString } from '../../shapes.js';
import { axisOf } from './axis.js';
import type { ConvolutionCall } from './epilogue.js';
import type { BlobFacts, WeightLayout } from '../facts.js';
import { Layer } from '../layer.js';
import { joined, windowText } from './drawn.js';
import { geometryBytes, geometryOf, windowOf, writeGeometry, type Geometry, type WindowAxis } from './window.js';

/** Images and their results, one after another; addresses in bytes. */
export interface Call {
  x: number;
  y: number;
  /** What is added to the results, laid out as they are; or 0. */
  residual: number;
  batch: number;
  geometry: Geometry;
}

/** The parameter blobs of a convolution. */
export const CONVOLUTION_BLOBS: readonly BlobFacts[] = [
  { role: 'weight', filler: ({ convolution_param: param }) => param?.weight_filler },
  { role: 'bias', filler: ({ convolution_param: param }) => param?.bias_filler },
];

/** How a convolution holds its weights: a Deconvolution with the inputs first. */
export function convolutionWeights({ convolution_param: param }: LayerParameter, inputsFirst: boolean): WeightLayout {
  const { axis, group: groups } = resolve('ConvolutionParameter', param);
  return { axis, groups, inputsFirst, transposed: false };
}

/** The settings of a convolution in few words: `3x3/2 pad 1 group 32`. */
export function convolutionSettings({ convolution_param: param }: LayerParameter): string {
  if (!param) return '';
  const { group } = resolve('ConvolutionParameter', param);
  const both = (h: number | undefined, w: number | undefined, list: readonly number[] | undefined) =>
    h !== undefined || w !== undefined ? [h ?? 0, w ?? 0] : (list ?? []);
  return windowText(
    both(param.kernel_h, param.kernel_w, param.kernel_size),
    both(param.stride_h, param.stride_w, param.stride),
    both(param.pad_h, param.pad_w, param.pad),
    [
      ...(param.dilation?.some((d) => d !== 1) ? [`dilation ${joined(param.dilation)}`] : []),
      ...(group === 1 ? [] : [`group ${group}`]),
    ],
  );
}

/** Shapes that are remembered: a layer that runs over a pyramid has as many. */
const MOST_KNOWN = 8;

export abstract class BaseConvolutionLayer extends Layer {
  override readonly equalBottomTop = true;
  protected readonly options = resolve('ConvolutionParameter', this.param.convolution_param);
  /** Index of the channel axis. */
  #axis = 0;
  #window: WindowAxis[] = [];
  protected channels = 0;
  protected geometry: Geometry = geometryOf([], [], []);
  /** What the last shapes led to: passes over the same ones make nothing anew. */
  readonly #known: { bottom: readonly number[]; top: readonly number[]; geometry: Geometry }[] = [];

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
  /** Computes all calls with the layer's weights. */
  protected abstract compute(calls: readonly Call[]): void;

  override setUp([x]: readonly Blob[]): void {
    const { axis, bias_term: biased } = this.options;
    this.#axis = axisOf(x!, axis, 'convolution_param.axis');
    this.#window = windowOf(this.param.convolution_param ?? {}, x!.numAxes - this.#axis - 1);
    this.channels = x!.shape[this.#axis]!;
    const { outputs, group } = this;
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
    this.addBlob([...this.weightShape(), ...kernel]);
    if (biased) this.addBlob([outputs]);
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const [x] = bottom as [Blob];
    const known = this.#known.find((each) => sameShape(each.bottom, x.shape));
    if (known && bottom.every((other) => other === x || sameShape(other.shape, x.shape))) {
      this.geometry = known.geometry;
      for (const y of top) if (!sameShape(y.shape, known.top)) y.reshape(known.top);
      return;
    }
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
    const geometry = this.geometryFor(this.#window, from, to);
    this.geometry = geometry;
    const shape = [...x.shape.slice(0, this.#axis), this.outputs, ...to];
    if (this.#known.length === MOST_KNOWN) this.#known.shift();
    this.#known.push({ bottom: [...x.shape], top: shape, geometry });
    for (const y of top) y.reshape(shape);
  }

  override forward(bottom: readonly Blob[], top: readonly Blob[]): void {
    const calls: Call[] = [];
    for (let i = 0; i < bottom.length; i++) {
      const [call] = this.callOf({ bottom: bottom[i]!, top: top[i]! });
      if (call) calls.push(call);
    }
    this.compute(calls);
  }

  /** The addresses and the geometry of a call; nothing when there is nothing to compute. */
  protected callOf({ bottom, top, residual }: ConvolutionCall): [] | [Call] {
    if (top.count === 0) return [];
    const first = this.#axis + 1;
    const geometry =
      this.#knownGeometry(bottom.shape, top.shape) ??
      this.geometryFor(this.#window, bottom.shape.slice(first), top.shape.slice(first));
    const batch = bottom.countOf(0, this.#axis);
    return [{ x: bottom.ptr, y: top.ptr, residual: residual?.ptr ?? 0, batch, geometry }];
  }

  #knownGeometry(bottom: readonly number[], top: readonly number[]): Geometry | undefined {
    // Every pass asks: without a function for it.
    for (const each of this.#known)
      if (sameShape(each.bottom, bottom) && sameShape(each.top, top)) return each.geometry;
    return undefined;
  }

  /** Scratch memory that begins with a geometry as the kernels read it. */
  protected scratchAfter(geometry: Geometry, bytes: number): { geometry: number; scratch: number } {
    const header = Math.ceil(geometryBytes(geometry) / 64) * 64;
    const ptr = this.context.scratch(header + bytes);
    writeGeometry(this.context.arena, ptr, geometry);
    return { geometry: ptr, scratch: ptr + header };
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
