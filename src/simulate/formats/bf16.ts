/** bf16: the upper half of float32, with its exponents and 8 bits of precision. Rounded to nearest, ties to even. */
import type { NumberFormat } from './format.js';
import { bitsOf } from './bits.js';

const INFINITY = 0x7f800000;
/** The largest finite number, as bits of float32. */
const LARGEST = 0x7f7f0000;

export const BF16: NumberFormat = {
  name: 'bf16',
  describe: "bfloat16: float32's exponents with 8 bits of precision",
  limits: { largest: 2 ** 127 * (2 - 2 ** -7), smallestNormal: 2 ** -126, roundsToZero: 2 ** -134 },
  round: (values, _quantizer, saturates) => {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]!;
      const magnitude = word & 0x7fffffff;
      if (magnitude >= INFINITY) continue;
      const rounded = (magnitude + 0x7fff + ((magnitude >>> 16) & 1)) & 0xffff0000;
      bits[i] = (word & 0x80000000) | (saturates && rounded >= INFINITY ? LARGEST : rounded);
    }
  },
};
