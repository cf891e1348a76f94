/** sqnr: the ratio of signal to quantization noise. */
import { decibels, squaresOf } from './shared/differences.js';
import { fellByDecibels } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'sqnr',
  title: 'sqnr',
  describe: "10·log10 of the reference's power over the difference's, in dB",
  better: 'larger',
  measure: (sides) => {
    const { signal, error } = squaresOf(sides);
    return decibels(signal, error);
  },
  isWorse: fellByDecibels,
};
