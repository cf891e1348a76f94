/**
 * Random inputs for property tests. fast-check chooses shapes and a seed, so that a failure shrinks to a small shape;
 * the values come from the seed.
 */
import fc from 'fast-check';
import { seededRandom } from '../../src/engine/random.js';

export interface Tensor {
  shape: number[];
  data: Float32Array;
}

export const seeds = fc.nat();

/** A shape of `axes` axes, each dimension from 1 to `maxDim`. */
export function shapes({ minAxes = 1, maxAxes = 4, maxDim = 6 } = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: maxDim }), { minLength: minAxes, maxLength: maxAxes });
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Values uniform in [low, high), a different set for each seed and key. */
export function uniform(shape: readonly number[], seed: number, key: string, low = -2, high = 2): Tensor {
  const random = seededRandom(seed, key);
  const data = new Float32Array(count(shape));
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random();
  return { shape: [...shape], data };
}

/** Whole numbers from `low` to below `high`. */
export function integers(shape: readonly number[], seed: number, key: string, low: number, high: number): Tensor {
  const random = seededRandom(seed, key);
  const data = new Float32Array(count(shape));
  for (let i = 0; i < data.length; i++) data[i] = low + Math.floor((high - low) * random());
  return { shape: [...shape], data };
}
