/**
 * histogram: how values are spread, gathered over samples in one pass. The bins lie around 0 and become twice as wide when a value
 * is beyond them, so that nothing need be known of the values before.
 */

/** Bins for the values of each sign. */
export const SIDE_BINS = 2048;

/** How values are spread. */
export class Histogram {
  /** Values from -limit to limit in bins of equal width; the middle of them is 0. Those that are exactly 0 are not in it. */
  readonly bins = new Float64Array(2 * SIDE_BINS);
  #limit = 0;
  /** The least and the largest value; min is above max while there is none. */
  min = Infinity;
  max = -Infinity;
  /** Number of values, of exact zeros, and of those that are no finite numbers. */
  count = 0;
  zeros = 0;
  nonFinite = 0;
  /** Numbers of values whose magnitude is beyond, or below, bounds that the format has. */
  beyond = 0;
  below = 0;

  /** @param bounds magnitudes above `most` count as {@link beyond}, those of `least` and less, but not 0, as {@link below} */
  constructor(
    private readonly bounds: { readonly most: number; readonly least: number } = { most: Infinity, least: 0 },
  ) {}

  /** Magnitude that the bins reach to. */
  get limit(): number {
    return this.#limit;
  }

  /** The largest magnitude; 0 of no values. */
  get maxAbs(): number {
    return this.count - this.nonFinite > 0 ? Math.max(-this.min, this.max) : 0;
  }

  /** Counts values. */
  add(values: Float32Array): void {
    let [min, max] = [this.min, this.max];
    let nonFinite = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value - value !== 0) nonFinite++;
      else {
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
    this.count += values.length;
    this.nonFinite += nonFinite;
    if (values.length === nonFinite) return;
    [this.min, this.max] = [min, max];
    this.#reach(Math.max(-min, max));
    this.#fill(values);
  }

  #fill(values: Float32Array): void {
    const { bins, bounds } = this;
    const perUnit = SIDE_BINS / this.#limit;
    let [zeros, beyond, below] = [0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) {
        zeros++;
        continue;
      }
      if (value - value !== 0) continue;
      const magnitude = Math.abs(value);
      if (magnitude > bounds.most) beyond++;
      else if (magnitude <= bounds.least) below++;
      const bin = Math.min(Math.floor(magnitude * perUnit), SIDE_BINS - 1);
      bins[value > 0 ? SIDE_BINS + bin : SIDE_BINS - 1 - bin]!++;
    }
    this.zeros += zeros;
    this.beyond += beyond;
    this.below += below;
  }

  /** Makes the bins reach to a magnitude. Two become one, as often as it takes. */
  #reach(magnitude: number): void {
    if (this.#limit === 0) this.#limit = magnitude === 0 ? 2 ** -100 : 2 ** Math.ceil(Math.log2(magnitude));
    const { bins } = this;
    while (this.#limit < magnitude) {
      this.#limit *= 2;
      for (let i = 0; i < SIDE_BINS; i++) {
        const isLower = i < SIDE_BINS / 2;
        const [up, down] = [SIDE_BINS + i, SIDE_BINS - 1 - i];
        bins[up] = isLower ? bins[SIDE_BINS + 2 * i]! + bins[SIDE_BINS + 2 * i + 1]! : 0;
        bins[down] = isLower ? bins[SIDE_BINS - 1 - 2 * i]! + bins[SIDE_BINS - 2 - 2 * i]! : 0;
      }
    }
  }

  /** Counts of magnitudes, from 0 up: exact zeros are in the first bin. */
  magnitudes(): Float64Array {
    const sums = new Float64Array(SIDE_BINS);
    for (let i = 0; i < SIDE_BINS; i++) sums[i] = this.bins[SIDE_BINS + i]! + this.bins[SIDE_BINS - 1 - i]!;
    sums[0]! += this.zeros;
    return sums;
  }

  /** The part of all values, from 0 to 1, whose value is outside a range. By bins: one that the range ends in counts as inside. */
  outside(low: number, high: number): number {
    const width = this.#limit / SIDE_BINS;
    let outside = 0;
    for (let i = 0; i < SIDE_BINS; i++) {
      if (i * width >= high) outside += this.bins[SIDE_BINS + i]!;
      if (-i * width <= low) outside += this.bins[SIDE_BINS - 1 - i]!;
    }
    return this.count === 0 ? 0 : outside / this.count;
  }
}
