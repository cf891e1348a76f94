/** Poolings: the reference over any number of axes, and Caffe's layer, of which the windows must be the same. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import { Refusal } from '../../graph/attributes.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Tensor } from '../../schema/model.js';
import { windows } from './convolution.js';
import { range, reshape, scale } from './layers.js';
import { FLOAT_MIN, padAxis } from './pad.js';
import { extentOf, windowAxes, windowCount, type WindowAxis } from './window.js';

export interface PoolingWindow {
  readonly axes: readonly WindowAxis[];
  readonly outputs: readonly number[];
}

export function poolingWindow(c: NodeContext): PoolingWindow {
  const kernel = c.attributes.ints('kernel_shape');
  if (!kernel) throw new Refusal('kernel_shape is missing');
  if (c.rank(0) < 3) throw new Refusal(`expected an input of at least 3 axes, got ${c.rank(0)}`);
  const axes = windowAxes(c, kernel);
  const ceil = c.attributes.int('ceil_mode', 0) !== 0;
  const outputs = axes.map((axis) => windowCount(axis, ceil));
  if (outputs.some((size) => size < 1))
    throw new Refusal('the window is larger than the padded input', 'give larger inputs with options.inputShapes');
  return { axes, outputs };
}

/** Calls `each` with the values under every window. */
export function poolNumbers(
  x: Tensor,
  { axes, outputs }: PoolingWindow,
  each: (values: Float64Array, position: number) => number,
): Tensor {
  const { starts, input } = windows(axes, outputs);
  const positions = starts.length - 1;
  const lines = product(x.shape, 0, 2);
  const plane = product(x.shape, 2);
  const data = new Float64Array(lines * positions);
  for (let line = 0; line < lines; line++)
    for (let p = 0; p < positions; p++) {
      const values = new Float64Array(starts[p + 1]! - starts[p]!);
      for (let i = 0; i < values.length; i++) values[i] = x.data[line * plane + input[starts[p]! + i]!]!;
      data[line * positions + p] = each(values, p);
    }
  return { shape: [...x.shape.slice(0, 2), ...outputs], type: x.type, data };
}

type Method = 'MAX' | 'AVE';

/** Elements that each window counts, where padding counts or does not. */
export function windowAreas({ axes, outputs }: PoolingWindow, countPads: boolean): Float64Array {
  const perAxis = axes.map((axis, i) =>
    Float64Array.from({ length: outputs[i]! }, (_, o) => {
      let count = 0;
      for (let k = 0; k < axis.kernel; k++) {
        const at = o * axis.stride - axis.begin + k * axis.dilation;
        const [low, high] = countPads ? [-axis.begin, axis.size + axis.end] : [0, axis.size];
        if (at >= low && at < high) count++;
      }
      return count;
    }),
  );
  return perAxis.reduce(
    (all, axis) => Float64Array.from([...all].flatMap((a) => [...axis].map((b) => a * b))),
    Float64Array.of(1),
  );
}

/** Caffe computes the size of what it pools in float32, which is exact up to here. */
const LONGEST = 2 ** 24;

/**
 * A pooling of (N, C, spatial…). More than two spatial axes are pooled one after another, which gives the same.
 * @param countPads whether padding counts in means
 */
export function emitPooling(c: EmitContext, x: Blob, method: Method, window: PoolingWindow, countPads = false): Blob {
  const { axes, outputs } = window;
  const [batch, channels] = x.shape as [number, number];
  const result = [batch, channels, ...outputs];
  if (axes.some(({ size }) => size > LONGEST)) throw new Refusal(`Caffe pools at most ${LONGEST} elements of an axis`);
  if (axes.length === 2) return poolPlane(c, x, method, axes as [WindowAxis, WindowAxis], outputs, countPads);
  const whole = { size: 1, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };
  if (axes.length === 1) {
    const image = reshape(c, x, [batch, channels, 1, axes[0]!.size]);
    return reshape(c, poolPlane(c, image, method, [whole, axes[0]!], [1, outputs[0]!], countPads), result);
  }
  if (axes.length !== 3) throw new Refusal(`pooling over ${axes.length} axes`);
  const [depth, ...plane] = axes as [WindowAxis, WindowAxis, WindowAxis];
  const [d, h, w] = outputs as [number, number, number];
  const images = reshape(c, x, [batch, channels * depth.size, plane[0].size, plane[1].size]);
  const flat = poolPlane(c, images, method, plane, [h, w], countPads);
  const columns = reshape(c, flat, [batch, channels, depth.size, h * w]);
  const pooled = poolPlane(c, columns, method, [depth, { ...whole, size: h * w }], [d, h * w], countPads);
  return reshape(c, pooled, result);
}

function poolPlane(
  c: EmitContext,
  x: Blob,
  method: Method,
  axes: readonly [WindowAxis, WindowAxis],
  outputs: readonly number[],
  countPads: boolean,
): Blob {
  if (axes.some(({ dilation, kernel }) => dilation > 1 && kernel > 1))
    return method === 'MAX' ? largestDilated(c, x, axes, outputs) : meanDilated(c, x, axes, outputs, countPads);
  let image = x;
  let window = axes.map((axis) => ({ ...axis, dilation: 1 }));
  const mode = modeFor(c, window, outputs);
  if (!mode) {
    // Padding of its own: no more than there is in front, or behind more than the layer would add.
    window = window.map((axis, i) => {
      const need = (outputs[i]! - 1) * axis.stride + axis.kernel - axis.size - axis.begin;
      image = padAxis(c, image, i + 2, axis.begin, Math.max(need, 0), method === 'MAX' ? FLOAT_MIN : 0);
      return { ...axis, size: axis.size + axis.begin + Math.max(need, 0), begin: 0, end: 0 };
    });
  }
  const round = mode ?? modeFor(c, window, outputs)!;
  const pads = window.map((axis) => axis.begin);
  const sizes = window.map((axis) =>
    caffeSize(
      axis,
      pads.some((pad) => pad > 0),
      round,
    ),
  );
  const [kh, kw] = window.map((axis) => axis.kernel) as [number, number];
  const [sh, sw] = window.map((axis) => axis.stride) as [number, number];
  const [ph, pw] = pads as [number, number];
  const isGlobal =
    c.rank(0) === 4 &&
    kh === window[0]!.size &&
    kw === window[1]!.size &&
    ph === 0 &&
    pw === 0 &&
    sizes.every((s) => s === 1);
  const fields = {
    ...(method === 'AVE' && { pool: 'AVE' }),
    ...(isGlobal
      ? { global_pooling: true }
      : {
          ...(kh === kw ? { kernel_size: kh } : { kernel_h: kh, kernel_w: kw }),
          ...(ph === pw ? ph !== 0 && { pad: ph } : { pad_h: ph, pad_w: pw }),
          ...(sh === sw ? sh !== 1 && { stride: sh } : { stride_h: sh, stride_w: sw }),
          ...(round === 'FLOOR' && caffeDiffers(window, pads) && { round_mode: 'FLOOR' }),
        }),
  };
  let y = c.layer('Pooling', [image], fields, [...image.shape.slice(0, 2), ...sizes]);
  sizes.forEach((size, i) => {
    if (size !== outputs[i]) y = range(c, y, i + 2, 0, outputs[i]!);
  });
  if (method === 'MAX') return y;
  // Caffe divides by the window within the image padded alike on all sides.
  const divided = areas(window, outputs, (axis) => [-axis.begin, axis.size + axis.begin]);
  const wanted = areas(axes, outputs, (axis) => (countPads ? [-axis.begin, axis.size + axis.end] : [0, axis.size]));
  const factors = divided.map((area, i) => area / wanted[i]!);
  if (factors.every((factor) => factor === 1)) return y;
  return scale(c, y, 2, outputs, factors, undefined, 'divisor');
}

function areas(
  axes: readonly WindowAxis[],
  outputs: readonly number[],
  bounds: (axis: WindowAxis) => readonly [number, number],
): Float64Array {
  const [rows, columns] = axes.map((axis, i) =>
    Array.from({ length: outputs[i]! }, (_, o) => {
      const [low, high] = bounds(axis);
      const start = o * axis.stride - axis.begin;
      return Math.min(start + axis.kernel, high) - Math.max(start, low);
    }),
  ) as [number[], number[]];
  return Float64Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
}

type Round = 'FLOOR' | 'CEIL';

/** Windows that Caffe has along an axis when both ends are padded by `begin`. */
function caffeSize(axis: WindowAxis, isPadded: boolean, round: Round): number {
  const steps = Math.fround(Math.fround(axis.size + 2 * axis.begin - axis.kernel) / axis.stride);
  const count = (round === 'FLOOR' ? Math.floor(steps) : Math.ceil(steps)) + 1;
  return isPadded && (count - 1) * axis.stride >= axis.size + axis.begin ? count - 1 : count;
}

/** Whether the way of rounding matters. */
function caffeDiffers(axes: readonly WindowAxis[], pads: readonly number[]): boolean {
  const isPadded = pads.some((pad) => pad > 0);
  return axes.some((axis) => caffeSize(axis, isPadded, 'FLOOR') !== caffeSize(axis, isPadded, 'CEIL'));
}

/** The way of rounding that gives at least the windows wanted, exactly them if one does. */
function modeFor(c: EmitContext, axes: readonly WindowAxis[], outputs: readonly number[]): Round | undefined {
  const isPadded = axes.some((axis) => axis.begin > 0);
  if (axes.some((axis) => axis.begin < 0 || axis.begin >= axis.kernel)) return undefined;
  const modes: Round[] = c.target.has('Pooling.round_mode') ? ['FLOOR', 'CEIL'] : ['CEIL'];
  const sizes = (mode: Round): number[] => axes.map((axis) => caffeSize(axis, isPadded, mode));
  return (
    modes.find((mode) => sizes(mode).every((size, i) => size === outputs[i])) ??
    modes.find((mode) => sizes(mode).every((size, i) => size >= outputs[i]!))
  );
}

/** Means over windows with gaps: a Convolution of each channel by itself, and a map where padding does not count. */
function meanDilated(
  c: EmitContext,
  x: Blob,
  axes: readonly [WindowAxis, WindowAxis],
  outputs: readonly number[],
  countPads: boolean,
): Blob {
  let image = x;
  axes.forEach((axis, i) => {
    const need = (outputs[i]! - 1) * axis.stride + extentOf(axis) - axis.size - axis.begin;
    image = padAxis(c, image, i + 2, axis.begin, Math.max(need, 0), 0);
  });
  const [batch, channels] = x.shape as [number, number];
  const kernel = axes.map((axis) => axis.kernel) as [number, number];
  const taps = kernel[0] * kernel[1];
  const sizes = image.shape.slice(2).map((size, i) => Math.floor((size - extentOf(axes[i]!)) / axes[i]!.stride) + 1);
  const fields = {
    num_output: channels,
    bias_term: false,
    kernel_size: kernel,
    stride: axes.map((axis) => axis.stride),
    dilation: axes.map((axis) => axis.dilation),
    ...(channels > 1 && { group: channels }),
  };
  const values = (): Float32Array => new Float32Array(channels * taps).fill(1 / taps);
  let y = c.layer('Convolution', [image], fields, [batch, channels, ...sizes], {
    blobs: [{ shape: [channels, 1, ...kernel], values }],
    role: 'mean',
  });
  sizes.forEach((size, i) => {
    if (size !== outputs[i]) y = range(c, y, i + 2, 0, outputs[i]!);
  });
  const factors = windowAreas({ axes, outputs }, countPads).map((area) => taps / area);
  return factors.every((factor) => factor === 1) ? y : scale(c, y, 2, outputs, factors, undefined, 'divisor');
}

/** Maxima over windows with gaps: Im2col lays out what is under each, and a pooling over that takes it together. */
function largestDilated(
  c: EmitContext,
  x: Blob,
  axes: readonly [WindowAxis, WindowAxis],
  outputs: readonly number[],
): Blob {
  c.heavy(`a maximum over windows with gaps: Im2col, ${axes[0].kernel * axes[1].kernel} times the blob`, true);
  let image = x;
  axes.forEach((axis, i) => {
    const need = (outputs[i]! - 1) * axis.stride + extentOf(axis) - axis.size - axis.begin;
    image = padAxis(c, image, i + 2, axis.begin, Math.max(need, 0), FLOAT_MIN);
  });
  const [batch, channels] = x.shape as [number, number];
  const taps = axes[0].kernel * axes[1].kernel;
  const [h, w] = image.shape
    .slice(2)
    .map((size, i) => Math.floor((size - extentOf(axes[i]!)) / axes[i]!.stride) + 1) as [number, number];
  const fields = {
    kernel_size: axes.map((axis) => axis.kernel),
    stride: axes.map((axis) => axis.stride),
    dilation: axes.map((axis) => axis.dilation),
  };
  const columns = c.layer('Im2col', [image], fields, [batch, channels * taps, h, w], { role: 'windows' });
  const lines = reshape(c, columns, [batch, channels, taps, h * w]);
  const pooled = c.layer('Pooling', [lines], { kernel_h: taps, kernel_w: 1 }, [batch, channels, 1, h * w]);
  let y = reshape(c, pooled, [batch, channels, h, w]);
  [h, w].forEach((size, i) => {
    if (size !== outputs[i]) y = range(c, y, i + 2, 0, outputs[i]!);
  });
  return y;
}

/** Takes the whole of each channel together. */
export function emitGlobalPooling(c: EmitContext, method: Method): void {
  const x = c.blob(0);
  const [batch, channels, ...sizes] = x.shape as [number, number];
  const image = x.shape.length === 4 ? x : reshape(c, x, [batch, channels, 1, product(sizes)]);
  const fields = { ...(method === 'AVE' && { pool: 'AVE' }), global_pooling: true };
  const y = c.layer('Pooling', [image], fields, [batch, channels, 1, 1]);
  c.set(reshape(c, y, caffeShape(c.output().shape)));
}
