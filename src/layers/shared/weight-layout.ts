/** Where the output channels lie in a blob of weights. */
import { product } from '../../shapes.js';
import type { WeightLayout } from '../facts.js';

/** Number of output channels of a blob with this shape. */
export function outputsOf({ inputsFirst, groups }: WeightLayout, shape: readonly number[]): number {
  return inputsFirst ? (shape[1] ?? 1) * groups : (shape[0] ?? 1);
}

/** The output channel that a weight belongs to, by its index in a blob of this shape. */
export function outputChannels(
  { inputsFirst, groups }: WeightLayout,
  shape: readonly number[],
): (index: number) => number {
  if (!inputsFirst) {
    const each = product(shape, 1);
    return (index) => Math.floor(index / each);
  }
  // (inputs, outputs / groups, kernel…): input i belongs to group ⌊i / (inputs / groups)⌋.
  const [inputs = 1, outputs = 1] = shape;
  const kernel = product(shape, 2);
  const perGroup = inputs / groups;
  return (index) => {
    const row = Math.floor(index / kernel);
    return Math.floor(Math.floor(row / outputs) / perGroup) * outputs + (row % outputs);
  };
}
