/** Statistics: least, greatest, mean and deviation of values that come in pieces, and how many are not finite. */

export interface ValueStatistics {
  /** Of the finite values; null when there are none, as are the next three. */
  min: number | null;
  max: number | null;
  mean: number | null;
  /** Standard deviation of the values themselves, not an estimate of a larger population's. */
  std: number | null;
  nan: number;
  infinite: number;
}

/** Add pieces, then ask for the result. Sums are kept in float64. */
export class Statistics {
  #min = Infinity;
  #max = -Infinity;
  /** Sums of differences from the first value, lest a mean far from 0 swallow the deviation. */
  #sum = 0;
  #squares = 0;
  #first: number | undefined;
  #finite = 0;
  #nan = 0;
  #infinite = 0;

  add(values: Float32Array): void {
    this.#first ??= values.find(Number.isFinite);
    const first = this.#first ?? 0;
    let [min, max, sum, squares, finite] = [this.#min, this.#max, 0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const difference = value - first;
      // Infinity minus itself and NaN minus itself are NaN, which equals nothing.
      if (value - value !== 0) continue;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += difference;
      squares += difference * difference;
      finite++;
    }
    if (finite < values.length)
      for (const value of values)
        if (Number.isNaN(value)) this.#nan++;
        else if (!Number.isFinite(value)) this.#infinite++;
    this.#min = min;
    this.#max = max;
    this.#sum += sum;
    this.#squares += squares;
    this.#finite += finite;
  }

  get result(): ValueStatistics {
    const n = this.#finite;
    const counts = { nan: this.#nan, infinite: this.#infinite };
    if (n === 0) return { min: null, max: null, mean: null, std: null, ...counts };
    const shift = this.#sum / n;
    const variance = Math.max(0, this.#squares / n - shift * shift);
    return { min: this.#min, max: this.#max, mean: this.#first! + shift, std: Math.sqrt(variance), ...counts };
  }
}
