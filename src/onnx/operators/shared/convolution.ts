/** What Conv and ConvTranspose share: fields of the layers, and kernels that grow by zeros. */
import { asFloat32 } from '../../../weights/elements.js';
import { product } from '../../../shapes.js';
import type { Numbers } from '../../schema/data-types.js';
import { once, type WindowAxis } from './window.js';

/** kernel, stride and dilation as convolution_param has them. */
export function windowFields(
  axes: readonly Pick<WindowAxis, 'kernel' | 'stride' | 'dilation'>[],
  pads: readonly number[],
) {
  const kernel = once(axes.map((axis) => axis.kernel));
  const stride = once(axes.map((axis) => axis.stride));
  const dilation = once(axes.map((axis) => axis.dilation));
  const pad = once(pads);
  const isPlane = axes.length === 2;
  return {
    ...(kernel.length === 1 || !isPlane ? { kernel_size: kernel } : { kernel_h: kernel[0], kernel_w: kernel[1] }),
    ...(pad.every((value) => value === 0)
      ? {}
      : pad.length === 1 || !isPlane
        ? { pad }
        : { pad_h: pad[0], pad_w: pad[1] }),
    ...(stride.every((value) => value === 1)
      ? {}
      : stride.length === 1 || !isPlane
        ? { stride }
        : { stride_h: stride[0], stride_w: stride[1] }),
    ...(dilation.every((value) => value === 1) ? {} : { dilation }),
  };
}

/** Zeros added to a kernel's axis before its first and after its last element. */
export interface Growth {
  readonly before: number;
  readonly after: number;
}

/** Kernels (count, …) with zeros around them. */
export function growKernel(data: Numbers, shape: readonly number[], growth: readonly Growth[]): Float32Array {
  if (growth.every(({ before, after }) => before === 0 && after === 0)) return asFloat32(data);
  const kernel = shape.slice(2);
  const grown = kernel.map((size, i) => size + growth[i]!.before + growth[i]!.after);
  const [from, to] = [product(kernel), product(grown)];
  const out = new Float32Array(shape[0]! * shape[1]! * to);
  const places = Array.from({ length: from }, (_, at) => {
    let [place, left, step] = [0, at, 1];
    for (let axis = kernel.length - 1; axis >= 0; axis--) {
      place += ((left % kernel[axis]!) + growth[axis]!.before) * step;
      left = Math.floor(left / kernel[axis]!);
      step *= grown[axis]!;
    }
    return place;
  });
  for (let filter = 0; filter < shape[0]! * shape[1]!; filter++)
    for (let i = 0; i < from; i++) out[filter * to + places[i]!] = data[filter * from + i]!;
  return out;
}

/** For every output position of one axis and kernel element: index into the input, or −1 for padding. */
export function taps(axis: WindowAxis, outputs: number): Int32Array {
  const table = new Int32Array(outputs * axis.kernel);
  for (let o = 0; o < outputs; o++)
    for (let k = 0; k < axis.kernel; k++) {
      const at = o * axis.stride - axis.begin + k * axis.dilation;
      table[o * axis.kernel + k] = at >= 0 && at < axis.size ? at : -1;
    }
  return table;
}

/** Every output position (row-major over `outputs`) with the pairs of kernel element and input position under it. */
export function windows(
  axes: readonly WindowAxis[],
  outputs: readonly number[],
): { starts: Int32Array; kernel: Int32Array; input: Int32Array } {
  const tables = axes.map((axis, i) => taps(axis, outputs[i]!));
  let pairs: { kernel: number; input: number }[][] = [[{ kernel: 0, input: 0 }]];
  axes.forEach((axis, i) => {
    const table = tables[i]!;
    const next: { kernel: number; input: number }[][] = [];
    for (const before of pairs)
      for (let o = 0; o < outputs[i]!; o++) {
        const here: { kernel: number; input: number }[] = [];
        for (const { kernel, input } of before)
          for (let k = 0; k < axis.kernel; k++) {
            const at = table[o * axis.kernel + k]!;
            if (at >= 0) here.push({ kernel: kernel * axis.kernel + k, input: input * axis.size + at });
          }
        next.push(here);
      }
    pairs = next;
  });
  const starts = new Int32Array(pairs.length + 1);
  pairs.forEach((list, i) => (starts[i + 1] = starts[i]! + list.length));
  const kernel = new Int32Array(pairs.reduce((sum, list) => sum + list.length, 0));
  const input = new Int32Array(pairs.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of pairs)
    for (const pair of list) {
      kernel[at] = pair.kernel;
      input[at++] = pair.input;
    }
  return { starts, kernel, input };
}
