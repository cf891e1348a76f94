/**
 * kl: the threshold at which the distribution of the 8-bit values differs least from that of the values, by the Kullback-Leibler
 * divergence. Follows Migacz, "8-bit Inference with TensorRT" (2017), which ncnn, tpu-mlir and others follow too.
 */
import { SIDE_BINS, type Histogram } from '../histogram.js';
import type { CalibrationMethod } from './method.js';

/** Magnitudes that 8 bits with a sign tell apart. */
const LEVELS = 128;
/**
 * A threshold beyond which more than this part of the values lies is not taken: where nearly all values are clamped, both distributions
 * are one bin, and agree.
 */
const MOST_CLAMPED = 0.01;

export const KL: CalibrationMethod = {
  name: 'kl',
  describe: 'the range whose 8-bit values have the distribution nearest to that of the values',
  range: (histogram, { zeroPoint }) => {
    const { min, max, maxAbs } = histogram;
    if (maxAbs === 0) return { min: 0, max: 0 };
    const threshold = Math.min(klThreshold(histogram), maxAbs);
    return zeroPoint
      ? { min: Math.max(min, -threshold), max: Math.min(max, threshold) }
      : { min: -threshold, max: threshold };
  },
};

/** The magnitude beyond which values are clamped. */
export function klThreshold(histogram: Histogram): number {
  const counts = histogram.magnitudes();
  // Zeros are zeros at every scale, and would hide the rest.
  counts[0]! -= histogram.zeros;
  const used = counts.findLastIndex((count) => count > 0) + 1;
  const width = histogram.limit / SIDE_BINS;
  if (used <= LEVELS) return used * width;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let inside = counts.subarray(0, LEVELS).reduce((sum, count) => sum + count, 0);
  let best = { divergence: Infinity, bins: used };
  for (let bins = LEVELS; bins <= used; bins++) {
    const clamped = total - inside;
    inside += counts[bins] ?? 0;
    if (clamped > MOST_CLAMPED * total) continue;
    const divergence = divergenceAt(counts, bins, clamped);
    // With equal divergences the wider range: it clamps less.
    if (divergence <= best.divergence) best = { divergence, bins };
  }
  return best.bins * width;
}

/** Of the first `bins` bins: what is beyond them is clamped into the last one, and all are joined to as many as 8 bits have. */
function divergenceAt(counts: Float64Array, bins: number, clamped: number): number {
  let [sumP, sumQ] = [0, 0];
  for (let i = 0; i < bins; i++) {
    sumQ += counts[i]!;
    sumP += counts[i]! + (i === bins - 1 ? clamped : 0);
  }
  if (sumP === 0 || sumQ === 0) return Infinity;
  let divergence = 0;
  for (let level = 0; level < LEVELS; level++) {
    const from = Math.floor((level * bins) / LEVELS);
    const to = Math.floor(((level + 1) * bins) / LEVELS);
    let [sum, filled] = [0, 0];
    for (let i = from; i < to; i++) {
      sum += counts[i]!;
      if (counts[i]! > 0) filled++;
    }
    const q = filled > 0 ? sum / filled / sumQ : 0;
    for (let i = from; i < to; i++) {
      const p = (counts[i]! + (i === bins - 1 ? clamped : 0)) / sumP;
      if (p === 0) continue;
      // Where only clamped values are, the quantized distribution has nothing: as unlikely as can be told apart.
      const least = 1e-9;
      divergence += p * Math.log(p / Math.max(counts[i]! > 0 ? q : 0, least));
    }
  }
  return divergence;
}
