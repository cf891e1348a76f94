/** min-max: the range of all values that were seen. Nothing is clamped; one far value makes the steps of all others wide. */
import type { CalibrationMethod } from './method.js';

export const MIN_MAX: CalibrationMethod = {
  name: 'min-max',
  describe: 'the least and the largest value of all samples',
  range: ({ min, max, maxAbs }, { zeroPoint }) => {
    if (maxAbs === 0) return { min: 0, max: 0 };
    return zeroPoint ? { min, max } : { min: -maxAbs, max: maxAbs };
  },
};
