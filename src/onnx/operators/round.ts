/** Round: to the nearest whole number, halves to the even one; computed where its input is constant. */
import { unary } from './shared/elementwise.js';
export const round = unary({
  type: 'Round',
  caffe: 'none',
  grade: 'constant only',
  f: () => roundToEven,
});

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
