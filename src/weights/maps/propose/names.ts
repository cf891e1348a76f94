/**
 * How alike two names are when nobody agreed on a convention: token by token in order, and by what tokens of the one side
 * were seen to stand for on the other.
 */

/** A part of a name between dots, underscores and the like. */
export interface Token {
  readonly text: string;
  /** Runs of letters and runs of digits. */
  readonly atoms: readonly string[];
}

/** `layer1.0.conv1` → layer1, 0, conv1. */
export function tokens(name: string): Token[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((text) => text !== '')
    .map((text) => ({ text, atoms: text.match(/[a-z]+|\d+/g) ?? [] }));
}

/** From 0 to 1; tokens that share letters or digits but are not the same count little. */
function tokenSimilarity(a: Token, b: Token): number {
  if (a.text === b.text) return 1;
  const shared = a.atoms.filter((atom) => b.atoms.includes(atom)).length;
  return (0.3 * 2 * shared) / (a.atoms.length + b.atoms.length);
}

/** From 0 to 1: twice what two names have in common, in order, by the number of tokens that they have. */
export function similarity(a: readonly Token[], b: readonly Token[]): number {
  if (a.length + b.length === 0) return 0;
  // The best of each beginning of b, with the tokens of a so far.
  const best = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    let diagonal = 0;
    for (let j = 0; j < b.length; j++) {
      const above = best[j + 1]!;
      best[j + 1] = Math.max(best[j]!, above, diagonal + tokenSimilarity(token, b[j]!));
      diagonal = above;
    }
  }
  return (2 * best[b.length]!) / (a.length + b.length);
}

/** {@link similarity}, and 1 too for names that differ in nothing but where their tokens end: topblocks and top_blocks. */
export function likeness(a: readonly Token[], b: readonly Token[]): number {
  const joined = (name: readonly Token[]) => name.map(({ text }) => text).join('');
  return joined(a) === joined(b) ? 1 : similarity(a, b);
}

/**
 * What in a name may stand for something on the other side: whole tokens, and indices with what they count: in
 * `res4f_branch2a` the 4 is the first index after `res`, the f the second.
 */
export function features(name: string): string[] {
  const found = new Set<string>();
  let word = '';
  let depth = 0;
  for (const token of tokens(name)) {
    found.add(token.text);
    for (const [i, atom] of token.atoms.entries()) {
      const isIndex = /^\d/.test(atom) || (i > 0 && atom.length === 1);
      if (isIndex) found.add(`${word}#${++depth}:${atom}`);
      else {
        [word, depth] = [atom, 0];
        found.add(atom);
      }
    }
  }
  return [...found];
}

/** The features of the names of one side, numbered. */
class Vocabulary {
  /** Features of each name. */
  readonly names: readonly Int32Array[];
  /** How much each feature tells: nothing when all names have it. */
  readonly telling: Float64Array;

  constructor(names: readonly string[]) {
    const numbers = new Map<string, number>();
    const counts: number[] = [];
    this.names = names.map((name) =>
      Int32Array.from(features(name), (feature) => {
        let number = numbers.get(feature);
        if (number === undefined) numbers.set(feature, (number = numbers.size));
        counts[number] = (counts[number] ?? 0) + 1;
        return number;
      }),
    );
    this.telling = Float64Array.from(counts, (count) => Math.log((names.length + 1) / count));
  }
}

/** Learns from pairs of names which features stand for which, and says how well two names agree with that. */
export class Dictionary {
  readonly #left: Vocabulary;
  readonly #right: Vocabulary;
  /** Weight of the pairs in which a feature of the left and one of the right are together, and in which each is at all. */
  readonly #together: Float64Array;
  readonly #leftSeen: Float64Array;
  readonly #rightSeen: Float64Array;

  /** All names of the one side, and of the other; they go by their numbers. */
  constructor(left: readonly string[], right: readonly string[]) {
    this.#left = new Vocabulary(left);
    this.#right = new Vocabulary(right);
    this.#leftSeen = new Float64Array(this.#left.telling.length);
    this.#rightSeen = new Float64Array(this.#right.telling.length);
    this.#together = new Float64Array(this.#leftSeen.length * this.#rightSeen.length);
  }

  /** @param weight how sure the pair is, from 0 to 1; negative to take it back */
  add(left: number, right: number, weight: number): void {
    const columns = this.#rightSeen.length;
    const others = this.#right.names[right]!;
    for (const other of others) this.#rightSeen[other]! += weight;
    for (const feature of this.#left.names[left]!) {
      this.#leftSeen[feature]! += weight;
      for (const other of others) this.#together[feature * columns + other]! += weight;
    }
  }

  /** From 0 to 1: how well each feature of the one name finds a counterpart in the other, on average of both ways. */
  agreement(left: number, right: number): number {
    const features = this.#left.names[left]!;
    const others = this.#right.names[right]!;
    const columns = this.#rightSeen.length;
    const best = new Float64Array(others.length);
    let [sum, total] = [0, 0];
    for (const feature of features) {
      let most = 0;
      for (let j = 0; j < others.length; j++) {
        const other = others[j]!;
        const both = this.#together[feature * columns + other]!;
        if (both <= 0) continue;
        // Dice's coefficient; what was seen once weighs less than what was seen often.
        const dice = (2 * both) / (this.#leftSeen[feature]! + this.#rightSeen[other]! + 0.5);
        if (dice > most) most = dice;
        if (dice > best[j]!) best[j] = dice;
      }
      sum += this.#left.telling[feature]! * most;
      total += this.#left.telling[feature]!;
    }
    let [otherSum, otherTotal] = [0, 0];
    for (let j = 0; j < others.length; j++) {
      const telling = this.#right.telling[others[j]!]!;
      otherSum += telling * best[j]!;
      otherTotal += telling;
    }
    return ((total > 0 ? sum / total : 0) + (otherTotal > 0 ? otherSum / otherTotal : 0)) / 2;
  }
}

/** Compares names as a person sorts them: numbers by value. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    const order = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
