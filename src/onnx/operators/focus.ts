/** Every n-th pixel of rows and columns from several places, joined as channels: what a pattern makes of Slice and Concat. */
import type { NodeContext } from '../graph/node-context.js';
import { makeNumbers } from '../schema/data-types.js';
import type { Operator } from './operator.js';

/** The step, and row and column that each part begins at. */
function partsOf(c: NodeContext): { step: number; places: [row: number, column: number][] } {
  const flat = c.attributes.ints('places') ?? [];
  const places = Array.from({ length: flat.length / 2 }, (_, i): [number, number] => [flat[2 * i]!, flat[2 * i + 1]!]);
  return { step: c.attributes.int('step', 2), places };
}

function shapeOf(c: NodeContext): number[] {
  const { step, places } = partsOf(c);
  const [n, channels, h, w] = c.shape(0) as [number, number, number, number];
  return [n, channels * places.length, h / step, w / step];
}

export const focusOperator: Operator = {
  type: 'Focus',
  domain: 'netspec',
  caffe: 'Convolution of ones and zeros, with the step as stride',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: shapeOf(c) }],
  evaluate: (c, [x]) => {
    const { step, places } = partsOf(c);
    const shape = shapeOf(c);
    const [n, , rows, columns] = shape as [number, number, number, number];
    const [, channels, h, w] = x!.shape as [number, number, number, number];
    const data = makeNumbers('double', n * channels * places.length * rows * columns);
    let at = 0;
    for (let image = 0; image < n; image++)
      for (const [row, column] of places)
        for (let channel = 0; channel < channels; channel++)
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < columns; j++)
              data[at++] = x!.data[((image * channels + channel) * h + row + i * step) * w + column + j * step]!;
    return [{ shape, type: x!.type, data }];
  },
  emit: (c) => {
    const { step, places } = partsOf(c);
    const channels = c.shape(0)[1]!;
    const outputs = channels * places.length;
    const values = (): Float32Array => {
      const out = new Float32Array(outputs * channels * step * step);
      for (let o = 0; o < outputs; o++) {
        const [row, column] = places[Math.floor(o / channels)]!;
        out[(o * channels + (o % channels)) * step * step + row * step + column] = 1;
      }
      return out;
    };
    const fields = { num_output: outputs, kernel_size: step, stride: step, bias_term: false };
    c.set(
      c.layer('Convolution', [c.blob(0)], fields, shapeOf(c), {
        blobs: [{ shape: [outputs, channels, step, step], values }],
      }),
    );
  },
};
