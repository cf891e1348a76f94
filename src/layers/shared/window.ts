/**
 * The window of Convolution, Deconvolution and Im2col: kernel, stride, padding and dilation along each spatial axis.
 * convolution_param has several ways to write them.
 */
import { NetspecError } from '../../errors.js';
import type { ConvolutionParameter, PoolingParameter } from '../../generated/messages.js';
import type { Arena } from '../../engine/arena.js';
import { writeWords } from './task.js';

/** One spatial axis of a window. */
export interface WindowAxis {
  kernel: number;
  stride: number;
  pad: number;
  dilation: number;
}

function refuse(field: string, reason: string, hint?: string): never {
  throw new NetspecError(reason, { field: `convolution_param.${field}`, hint });
}

/** A setting of a window over height and width as it is written, without a look at whether Caffe takes it so. */
export function writtenSetting(
  param: ConvolutionParameter | PoolingParameter,
  stem: 'kernel' | 'stride' | 'pad',
): [height: number, width: number] {
  const fallback = stem === 'stride' ? 1 : 0;
  const [h = fallback, w = h] = [param[stem === 'kernel' ? 'kernel_size' : stem] ?? []].flat();
  return [param[`${stem}_h`] ?? h, param[`${stem}_w`] ?? w];
}

/** Values of kernel_size, stride or pad for each axis: given once, once per axis, or as _h and _w. */
function sizes(
  param: ConvolutionParameter,
  name: 'kernel_size' | 'stride' | 'pad',
  axes: number,
  fallback?: number,
): number[] {
  const stem = name === 'kernel_size' ? 'kernel' : name;
  const [h, w] = [param[`${stem}_h`], param[`${stem}_w`]];
  const given = param[name] ?? [];
  if (h !== undefined || w !== undefined) {
    if (axes !== 2)
      refuse(
        h === undefined ? `${stem}_w` : `${stem}_h`,
        `${stem}_h & ${stem}_w can only be used for 2D convolution; this one has ${axes} spatial axes`,
        `give ${name} once, or ${axes} times`,
      );
    if (given.length > 0)
      refuse(
        name,
        `Either ${name} or ${stem}_h/w should be specified; not both: ` +
          `${name} is ${given.join(', ')}, ${stem}_h ${h ?? 'not given'}, ${stem}_w ${w ?? 'not given'}`,
        `remove ${name}, or remove ${stem}_h and ${stem}_w`,
      );
    return [h ?? 0, w ?? 0];
  }
  return perAxis(given, name, axes, fallback);
}

function perAxis(given: readonly number[], name: string, axes: number, fallback?: number): number[] {
  const { length } = given;
  if (length === 0 && fallback !== undefined) return Array.from({ length: axes }, () => fallback);
  if (length !== 1 && length !== axes)
    refuse(
      name,
      `${name} must be specified once, or once per spatial dimension ` +
        `(${name} specified ${length} times; ${axes} spatial dims).`,
      length === 0 ? 'write kernel_size: 3, or kernel_h and kernel_w' : undefined,
    );
  return Array.from({ length: axes }, (_, i) => given[length === 1 ? 0 : i]!);
}

/**
 * The window over `axes` spatial axes.
 * @throws NetspecError in Caffe's words when kernel_size, stride, pad or dilation is missing, given twice, given for
 * another number of axes, or 0 where it may not be.
 */
export function windowOf(param: ConvolutionParameter, axes: number): WindowAxis[] {
  const kernel = sizes(param, 'kernel_size', axes);
  if (kernel.some((k) => k === 0))
    refuse(
      'kernel_size',
      `Filter dimensions must be nonzero: kernel is ${kernel.join(' x ')}`,
      param.kernel_h === undefined && param.kernel_w === undefined ? undefined : 'give both kernel_h and kernel_w',
    );
  const stride = sizes(param, 'stride', axes, 1);
  if (stride.some((s) => s === 0))
    refuse(
      'stride',
      `Stride dimensions must be nonzero: stride is ${stride.join(' x ')}`,
      param.stride_h === undefined && param.stride_w === undefined ? undefined : 'give both stride_h and stride_w',
    );
  const pad = sizes(param, 'pad', axes, 0);
  const dilation = perAxis(param.dilation ?? [], 'dilation', axes, 1);
  return kernel.map((k, i) => ({ kernel: k, stride: stride[i]!, pad: pad[i]!, dilation: dilation[i]! }));
}

/** Pixels from the first to the last that a window covers along an axis. */
function extent({ kernel, dilation }: WindowAxis): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Positions of the window along an axis of `size`. As in C, the division rounds towards 0: a window one pixel larger
 * than the padded image still has one position when the stride is 2 or more.
 */
export function outputSize(size: number, axis: WindowAxis): number {
  return Math.trunc((size + 2 * axis.pad - extent(axis)) / axis.stride) + 1;
}

/** Size of the image that has `size` positions of the window along an axis: the reverse of {@link outputSize}. */
export function imageSize(size: number, axis: WindowAxis): number {
  return axis.stride * (size - 1) + extent(axis) - 2 * axis.pad;
}

/** A window over an image: what the kernels of assembly/im2col.ts call the geometry. */
export interface Geometry {
  readonly axes: readonly (WindowAxis & { image: number; output: number })[];
  /** Products of the sizes over all axes. */
  readonly imageCount: number;
  readonly outputCount: number;
  readonly kernelCount: number;
  /** Whether each result reads the one value at its place, so that the column matrix is the image itself. */
  readonly isPointwise: boolean;
  /** Whether the kernel covers the image exactly: there is one result. */
  readonly isCovered: boolean;
}

const WHOLE = { image: 1, output: 1, kernel: 1, stride: 1, pad: 0, dilation: 1 };

/**
 * @param image sizes of the image, for Deconvolution those of the top
 * @param output sizes of the result, for Deconvolution those of the bottom
 */
export function geometryOf(
  window: readonly WindowAxis[],
  image: readonly number[],
  output: readonly number[],
): Geometry {
  const axes = window.map((axis, i) => ({ ...axis, image: image[i]!, output: output[i]! }));
  // The kernels want two axes at least.
  while (axes.length < 2) axes.unshift(WHOLE);
  const count = (size: 'image' | 'output' | 'kernel'): number => axes.reduce((n, axis) => n * axis[size], 1);
  return {
    ...{ axes, imageCount: count('image'), outputCount: count('output'), kernelCount: count('kernel') },
    isPointwise: axes.every(({ kernel, stride, pad }) => kernel === 1 && stride === 1 && pad === 0),
    isCovered: axes.every(
      ({ image: size, kernel, pad, dilation }) => size === kernel && pad === 0 && (dilation === 1 || kernel === 1),
    ),
  };
}

const AXIS_BYTES = 32;

/** Bytes that {@link writeGeometry} writes. */
export function geometryBytes({ axes }: Geometry): number {
  return (axes.length + 1) * AXIS_BYTES;
}

/** Writes a geometry to memory in the form that assembly/inline/im2col.ts describes. */
export function writeGeometry(arena: Arena, ptr: number, { axes }: Geometry): void {
  writeWords(arena, ptr, [axes.length]);
  for (let i = 0; i < axes.length; i++) {
    const { image, output, kernel, stride, pad, dilation } = axes[i]!;
    writeWords(arena, ptr + (i + 1) * AXIS_BYTES, [image, output, kernel, stride, pad, dilation]);
  }
}
