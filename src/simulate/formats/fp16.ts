/** fp16: IEEE 754's binary16. Values are rounded to nearest, ties to even, subnormals included. */
import type { NumberFormat } from './format.js';
import { bitsOf } from './bits.js';

const LARGEST = 65504;
/** As bits of float32: the first number that is not finite in binary16 (2^16), and the smallest normal one (2^-14). */
const BEYOND = 0x47800000;
const NORMAL = 0x38800000;
const INFINITY = 0x7f800000;

export const FP16: NumberFormat = {
  name: 'fp16',
  describe: 'half precision (IEEE binary16): 11 bits of precision, up to 65504',
  limits: { largest: LARGEST, smallestNormal: 2 ** -14, roundsToZero: 2 ** -25 },
  round: (values, _quantizer, saturates) => {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]!;
      const magnitude = word & 0x7fffffff;
      if (magnitude > INFINITY) continue;
      if (magnitude < NORMAL) {
        // Between 0.5 and 1 float32's numbers are 2^-24 apart, as binary16's subnormals are: the sum rounds as they do.
        const value = values[i]!;
        const size = Math.fround(Math.fround(Math.abs(value) + 0.5) - 0.5);
        values[i] = word >>> 31 === 1 ? -size : size;
        continue;
      }
      // 13 of 23 bits go. Half of the last place is added, one less where it is even, so that ties go to even.
      const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) & ~0x1fff;
      if (rounded < BEYOND) bits[i] = (word & 0x80000000) | rounded;
      else if (saturates && magnitude !== INFINITY) values[i] = word >>> 31 === 1 ? -LARGEST : LARGEST;
      else bits[i] = (word & 0x80000000) | INFINITY;
    }
  },
};
