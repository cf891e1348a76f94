/** Axis numbers of settings. */
import type { Value } from './graph-builder.js';

/** The index of an axis that may count from the end. */
export function axisIn({ shape }: Pick<Value, 'shape'>, axis: number): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** Axes from one to before another. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
}
