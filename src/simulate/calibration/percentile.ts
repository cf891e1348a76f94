/** percentile: the range that holds so many of 100 values; those beyond it are clamped. */
import { SIDE_BINS } from '../histogram.js';
import type { CalibrationMethod } from './method.js';

export const PERCENTILE: CalibrationMethod = {
  name: 'percentile',
  describe: 'the range that holds so many of 100 values, 99.99 by default',
  range: (histogram, { zeroPoint, percentile }) => {
    const { min, max, maxAbs, limit, bins, count, nonFinite } = histogram;
    if (maxAbs === 0) return { min: 0, max: 0 };
    const width = limit / SIDE_BINS;
    const allowed = (count - nonFinite) * (1 - percentile / 100);
    /** The end of the outermost bin that must be held when so many values may be beyond it. */
    const end = (outermost: (bin: number) => number, beyond: number): number => {
      let left = 0;
      for (let bin = SIDE_BINS - 1; bin >= 0; bin--) {
        left += outermost(bin);
        if (left > beyond) return (bin + 1) * width;
      }
      return 0;
    };
    if (zeroPoint)
      return {
        min: Math.max(-end((bin) => bins[SIDE_BINS - 1 - bin]!, allowed / 2), min),
        max: Math.min(
          end((bin) => bins[SIDE_BINS + bin]!, allowed / 2),
          max,
        ),
      };
    const magnitudes = histogram.magnitudes();
    const threshold = Math.min(
      end((bin) => magnitudes[bin]!, allowed),
      maxAbs,
    );
    return { min: -threshold, max: threshold };
  },
};
