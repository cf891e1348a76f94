/** IsInf: computed where its input is constant. */
import { unary } from './shared/elementwise.js';
export const isInf = unary({
  type: 'IsInf',
  caffe: 'none',
  grade: 'constant only',
  gives: 'bool',
  f: (c) => {
    const { attributes } = c;
    const [negative, positive] = [attributes.int('detect_negative', 1), attributes.int('detect_positive', 1)];
    return (x) => ((x === Infinity && positive) || (x === -Infinity && negative) ? 1 : 0);
  },
});
