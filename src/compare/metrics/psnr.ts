/** psnr: the ratio of the reference's range to the noise, as of images. */
import { decibels, eachPair, squaresOf } from './shared/differences.js';
import { fellByDecibels } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'psnr',
  title: 'psnr',
  describe: '10·log10 of the squared range of the reference over the mean squared difference, in dB',
  better: 'larger',
  measure: (sides) => {
    let [least, most] = [Infinity, -Infinity];
    eachPair(sides, (_, b) => {
      least = Math.min(least, b);
      most = Math.max(most, b);
    });
    const { error, count } = squaresOf(sides);
    return decibels((most - least) ** 2, error / count);
  },
  isWorse: fellByDecibels,
};
