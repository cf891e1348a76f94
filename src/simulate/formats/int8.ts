/** int8: whole numbers from -128 to 127, each of which stands for (number - zero point) * scale. */
import { quantizeInPlace } from '../quantizer.js';
import type { NumberFormat } from './format.js';

export const INT8: NumberFormat = {
  name: 'int8',
  describe: '8-bit integers with a scale for each blob, and for each weight or channel of weights',
  round: (values, quantizer) => {
    if (quantizer) quantizeInPlace(values, quantizer);
  },
};
