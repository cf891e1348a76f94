/** Mod: the remainder; computed where its inputs are constant. */
import { binary } from './shared/elementwise.js';
export const modOperator = binary({
  type: 'Mod',
  caffe: 'none',
  grade: 'constant only',
  f: (c) => (c.attributes.int('fmod', 0) ? (x, y) => x % y : (x, y) => x - y * Math.floor(x / y)),
});
