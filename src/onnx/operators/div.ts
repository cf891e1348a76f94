/** Div: the quotient of two values that broadcast. */
import { isFloat } from '../schema/data-types.js';
import { emitDiv } from './shared/arithmetic.js';
import { binary } from './shared/elementwise.js';
export const div = binary({
  type: 'Div',
  caffe: 'Power {power: -1}, Eltwise PROD; Scale or Power by a constant',
  grade: 'direct',
  notes: 'off by a rounding; computed whole numbers are refused',
  f: (c) => (isFloat(c.type(0)) ? (x, y) => x / y : (x, y) => Math.trunc(x / y)),
  emit: emitDiv,
});
