/** random-input: what an input is given whose values do not matter. */
import { gaussian, seededRandom } from '../../engine/random.js';
import { product } from '../../shapes.js';

/**
 * Numbers of the standard normal distribution, the same ones every time; 0 and 1 where whole numbers are wanted, as for places
 * in a table.
 * @param type element type of the model's input
 */
export function randomValues(name: string, shape: readonly number[], type: string): Float32Array {
  const random = gaussian(seededRandom(0, name));
  const isReal = ['float', 'float16', 'bfloat16', 'double'].includes(type);
  return Float32Array.from({ length: product(shape) }, () => (isReal ? random() : Number(random() > 0)));
}
