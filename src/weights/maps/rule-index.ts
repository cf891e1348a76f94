/** RuleIndex: finds the rules that fit a name without trying all of them. A map may have a rule for each of thousands of layers. */

import type { NameMatch, NamePattern } from './pattern.js';

/** What has a pattern for a layer's whole name. */
interface Patterned {
  readonly layer: NamePattern;
}

export class RuleIndex<T extends Patterned> {
  /** Positions of the entries whose pattern is a name, by the name. */
  readonly #exact = new Map<string, number[]>();
  /** Positions of the others. */
  readonly #others: number[] = [];

  /** @param entries in the order in which they are to be asked */
  constructor(readonly entries: readonly T[]) {
    for (const [i, { layer }] of entries.entries()) {
      const { only } = layer;
      if (only === undefined) this.#others.push(i);
      else this.#exact.set(only, [...(this.#exact.get(only) ?? []), i]);
    }
  }

  /** The entries whose pattern fits a name, in order, with what the pattern captured. */
  *matching(name: string): Generator<{ entry: T; match: NameMatch }> {
    const exact = this.#exact.get(name) ?? [];
    let [i, j] = [0, 0];
    while (i < exact.length || j < this.#others.length) {
      const isExact = (exact[i] ?? Infinity) < (this.#others[j] ?? Infinity);
      const entry = this.entries[isExact ? exact[i++]! : this.#others[j++]!]!;
      const match = entry.layer.match(name);
      if (match) yield { entry, match };
    }
  }
}
