/** outputs: how the outputs of two nets agree, over samples. */
import type { Net } from '../runtime/net.js';
import { ErrorSums, type SimulationError } from './figures.js';

/** Values of a net's outputs by name. */
export type OutputValues = ReadonlyMap<string, Float32Array>;

/** Copies of what a net's outputs hold. */
export function outputsOf(net: Net): OutputValues {
  return new Map(net.outputs.map((name) => [name, net.blobs.get(name)!.peek().slice()]));
}

export class OutputErrors {
  readonly #sums: ReadonlyMap<string, ErrorSums>;

  constructor(net: Net) {
    this.#sums = new Map(net.outputs.map((name) => [name, new ErrorSums()]));
  }

  add(actual: Net, reference: Net | OutputValues): void {
    for (const [name, sums] of this.#sums) {
      const values =
        reference instanceof Map ? (reference as OutputValues).get(name)! : (reference as Net).blobs.get(name)!.peek();
      sums.add(actual.blobs.get(name)!.peek(), values);
    }
  }

  get errors(): Record<string, SimulationError> {
    return Object.fromEntries([...this.#sums].map(([name, sums]) => [name, sums.error]));
  }
}

/** The SQNR of the output that suffers most; NaN where one is not finite. */
export function worstSqnr(errors: Readonly<Record<string, SimulationError>>): number {
  return Math.min(Infinity, ...Object.values(errors).map(({ sqnr }) => sqnr));
}
