/** Normalization of lines of values by their own mean and variance: a BatchNorm that uses no stored statistics. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { weights } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { Tensor } from '../../schema/model.js';
import { reshape } from './layers.js';

/** (x − mean) / √(variance + epsilon) of each of `lines` lines, into which the values fall in order. */
export function normalizeLines(c: EmitContext, x: Blob, lines: number, epsilon: number): Blob {
  const length = product(x.shape) / lines;
  const isItself = x.shape[0] === 1 && x.shape[1] === lines && x.shape.length === 4;
  const image = isItself ? x : reshape(c, x, [1, lines, length, 1]);
  const zeros = (count: number) => weights([count], new Float32Array(count));
  // Caffe's MVN divides by σ + ε, which is another thing; and outside of training BatchNorm would use what is stored.
  const normal = c.layer('BatchNorm', [image], { use_global_stats: false, eps: epsilon }, image.shape, {
    blobs: [zeros(lines), zeros(lines), zeros(1)],
    role: 'normalized',
  });
  return reshape(c, normal, x.shape);
}

/** The same in double precision. */
export function normalizeNumbers(x: Tensor, lines: number, epsilon: number): Float64Array {
  const data = Float64Array.from(x.data);
  const length = data.length / lines;
  for (let line = 0; line < lines; line++) {
    const values = data.subarray(line * length, (line + 1) * length);
    const mean = values.reduce((a, b) => a + b, 0) / length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
    const factor = 1 / Math.sqrt(variance + epsilon);
    values.forEach((value, i) => (values[i] = (value - mean) * factor));
  }
  return data;
}
