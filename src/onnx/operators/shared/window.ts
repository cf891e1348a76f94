/** Kernels, strides, pads and dilations of convolutions and poolings, with auto_pad worked out. */
import { Refusal } from '../../graph/attributes.js';
import type { NodeContext } from '../../graph/node-context.js';

/** One spatial axis. */
export interface WindowAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Before the first element. */
  readonly begin: number;
  /** After the last. */
  readonly end: number;
}

/** Elements from the first to the last that a window covers. */
export function extentOf({ kernel, dilation }: Pick<WindowAxis, 'kernel' | 'dilation'>): number {
  return (kernel - 1) * dilation + 1;
}

/** The windows over the spatial axes of input 0. */
export function windowAxes(c: NodeContext, kernel: readonly number[], sizes = c.shape(0).slice(2)): WindowAxis[] {
  const { attributes } = c;
  const n = sizes.length;
  const list = (name: string, otherwise: number, length = n): readonly number[] => {
    const given = attributes.ints(name);
    if (given && given.length !== length) throw new Refusal(`${name}: expected ${length} values, got ${given.length}`);
    return given ?? Array.from({ length }, () => otherwise);
  };
  if (kernel.length !== n) throw new Refusal(`a kernel of ${kernel.length} axes over an input of ${n} spatial axes`);
  const [strides, dilations] = [list('strides', 1), list('dilations', 1)];
  if ([...kernel, ...strides, ...dilations].some((value) => !Number.isInteger(value) || value < 1))
    throw new Refusal('kernel, strides and dilations must be whole numbers of 1 or more');
  const auto = attributes.string('auto_pad', 'NOTSET');
  const pads = auto === 'NOTSET' || auto === '' ? list('pads', 0, 2 * n) : undefined;
  return sizes.map((size, i) => {
    const axis = { size, kernel: kernel[i]!, stride: strides[i]!, dilation: dilations[i]! };
    if (pads) return { ...axis, begin: pads[i]!, end: pads[n + i]! };
    if (auto === 'VALID') return { ...axis, begin: 0, end: 0 };
    if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') throw new Refusal(`auto_pad '${auto}' is none that ONNX has`);
    const outputs = Math.ceil(size / axis.stride);
    const total = Math.max((outputs - 1) * axis.stride + extentOf(axis) - size, 0);
    const small = total >> 1;
    return auto === 'SAME_UPPER'
      ? { ...axis, begin: small, end: total - small }
      : { ...axis, begin: total - small, end: small };
  });
}

/** Number of windows along an axis; rounded up, one that begins behind the data is dropped. */
export function windowCount(axis: WindowAxis, ceil = false): number {
  const steps = (axis.size + axis.begin + axis.end - extentOf(axis)) / axis.stride;
  if (!ceil) return Math.floor(steps) + 1;
  const count = Math.ceil(steps) + 1;
  return (count - 1) * axis.stride >= axis.size + axis.begin ? count - 1 : count;
}

/** One number where all axes agree. */
export function once(values: readonly number[]): number[] {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : [...values];
}
