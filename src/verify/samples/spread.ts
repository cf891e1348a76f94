/** spread: one measure of one layer over many samples: its worst value and whose that is, its mean, its quantiles. */
import type { Metric } from '../../compare/metrics/index.js';
import { quantileOf } from '../../compare/metrics/shared/quantile.js';

/** A measure over samples. */
export interface Spread {
  worst: number;
  /** The sample that has it. */
  sample: string;
  mean: number;
  /** What half, 90 and 99 % of the samples are as good as, or better. */
  p50: number;
  p90: number;
  p99: number;
}

/** The values of a measure, by sample. NaN is worse than any number. */
export function spreadOf(values: ReadonlyMap<string, number>, better: Metric['better']): Spread {
  // From good to bad.
  const sorted = [...values].sort(([, a], [, b]) => badness(a, better) - badness(b, better));
  const [, worst = NaN] = sorted.at(-1) ?? [];
  // Of several the first.
  const sample = [...values.keys()].find((name) => Object.is(values.get(name), worst)) ?? '';
  const numbers = sorted.map(([, value]) => value);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => quantileOf(numbers, q)) as [number, number, number];
  return { worst, sample, mean, p50, p90, p99 };
}

/** A number that is the larger, the worse the value is. Finite, so that differences of two are numbers. */
function badness(value: number, better: Metric['better']): number {
  if (Number.isNaN(value)) return Number.MAX_VALUE;
  const least = Number.MAX_VALUE / 4;
  return Math.max(-least, Math.min(least, better === 'larger' ? -value : value));
}
