/** numpy: lines of numpy that make and save the parameters of layers which an edit adds. They run as they are. */
import { canonicalName } from '../../weights/name-index.js';

/** Along one axis of an image: its size, and how a window goes over it. */
export interface AxisWindow {
  size: number;
  kernel: number;
  stride: number;
  pad: number;
}

/** What is saved for a layer's first blob, under the name that pack-weights looks for. */
function save(layer: string, expression: string): string {
  return `np.save('${canonicalName(layer)}_weight.npy', (${expression}).astype(np.float32))`;
}

/** One over the part of each window that lies within the image: what a mean that counts padding is short of. */
export function divisorLines(layer: string, axes: readonly (AxisWindow & { out: number })[]): string[] {
  const parts = axes.map(
    ({ size, out, kernel, stride, pad }) => `inside(${size}, ${out}, ${kernel}, ${stride}, ${pad})`,
  );
  return [
    'import numpy as np',
    'def inside(size, out, kernel, stride, pad):',
    '    start = np.arange(out) * stride - pad',
    '    end = np.minimum(start + kernel, size + pad)',
    '    return (np.minimum(end, size) - np.maximum(start, 0)) / (end - start)',
    save(layer, `1 / np.outer(${parts.join(', ')})`),
  ];
}

/** One over what a deconvolution with the bilinear kernel makes of ones. */
export function borderLines(layer: string, axes: readonly AxisWindow[]): string[] {
  const parts = axes.map(({ size, kernel, stride, pad }) => `total(${size}, ${kernel}, ${stride}, ${pad})`);
  return [
    'import numpy as np',
    'def total(size, kernel, stride, pad):',
    '    half = (kernel + 1) // 2',
    '    weights = 1 - abs(np.arange(kernel) / half - (kernel - 1) / (2 * half))',
    '    sums = np.zeros((size - 1) * stride + kernel)',
    '    for i in range(size):',
    '        sums[i * stride:i * stride + kernel] += weights',
    '    return sums[pad:len(sums) - pad]',
    save(layer, `1 / np.outer(${parts.join(', ')})`),
  ];
}
