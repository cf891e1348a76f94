/** figures: how far the values of a simulated net are from those of the float net, summed over samples. */

/** How a value of the simulated net agrees with that of the float net, over all samples. */
export interface SimulationError {
  /** Signal to quantization noise in decibels: 10 · log10(Σ reference² / Σ difference²). Infinity where both are equal. */
  readonly sqnr: number;
  /** Cosine of the angle between both, as vectors; 1 for two that are all zeros. */
  readonly cosine: number;
  /** The largest difference, and that divided by the largest magnitude of the float net. */
  readonly maxAbs: number;
  readonly maxRel: number;
}

export class ErrorSums {
  #signal = 0;
  #noise = 0;
  #dot = 0;
  #squares = 0;
  #maxAbs = 0;
  #largest = 0;

  add(actual: Float32Array, reference: ArrayLike<number>): void {
    let [signal, noise, dot, squares, maxAbs, largest] = [0, 0, 0, 0, this.#maxAbs, this.#largest];
    for (let i = 0; i < actual.length; i++) {
      const a = actual[i]!;
      const b = reference[i]!;
      const difference = Math.abs(a - b);
      signal += b * b;
      squares += a * a;
      dot += a * b;
      const magnitude = Math.abs(b);
      if (magnitude > largest) largest = magnitude;
      // Equal infinities, and NaN on both sides, are no difference.
      if (difference === 0 || Object.is(a, b)) continue;
      noise += difference * difference;
      if (difference > maxAbs || Number.isNaN(difference)) maxAbs = difference;
    }
    this.#signal += signal;
    this.#noise += noise;
    this.#dot += dot;
    this.#squares += squares;
    this.#maxAbs = maxAbs;
    this.#largest = largest;
  }

  get error(): SimulationError {
    const norm = Math.sqrt(this.#signal * this.#squares);
    return {
      sqnr: decibels(this.#signal, this.#noise),
      cosine: norm > 0 ? Math.min(1, this.#dot / norm) : this.#signal === this.#squares ? 1 : norm,
      maxAbs: this.#maxAbs,
      maxRel: this.#maxAbs === 0 ? 0 : this.#maxAbs / this.#largest,
    };
  }
}

/** Infinity without noise; -Infinity where there is noise and no signal. */
export function decibels(signal: number, noise: number): number {
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
