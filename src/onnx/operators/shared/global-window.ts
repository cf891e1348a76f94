/** The window that is as large as the input. */
import type { PoolingWindow } from './pooling.js';

export function globalWindow(shape: readonly number[]): PoolingWindow {
  const axes = shape.slice(2).map((size) => ({ size, kernel: size, stride: 1, dilation: 1, begin: 0, end: 0 }));
  return { axes, outputs: axes.map(() => 1) };
}
