/**
 * How alike two names are when nobody agreed on a convention: token by token in order, and by what tokens of the one side
 * were seen to stand for on the other.
 */

/** `layer1.0.conv1` → layer1, 0, conv1. */
export function tokens(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((token) => token !== '');
}

/** Runs of letters and runs of digits. */
function atoms(token: string): string[] {
  return token.match(/[a-z]+|\d+/g) ?? [];
}

/** From 0 to 1; tokens that share letters or digits but are not the same count little. */
function tokenSimilarity(a: string, b: string): number {
  if (a === b) return 1;
  const [left, right] = [atoms(a), atoms(b)];
  const shared = left.filter((atom) => right.includes(atom)).length;
  return (0.3 * 2 * shared) / (left.length + right.length);
}

/** From 0 to 1: twice what two names have in common, in order, by the number of tokens that they have. */
export function similarity(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 0;
  let last = new Float64Array(b.length + 1);
  for (const token of a) {
    const row = new Float64Array(b.length + 1);
    for (let j = 0; j < b.length; j++)
      row[j + 1] = Math.max(row[j]!, last[j + 1]!, last[j]! + tokenSimilarity(token, b[j]!));
    last = row;
  }
  return (2 * last[b.length]!) / (a.length + b.length);
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
    found.add(token);
    for (const [i, atom] of atoms(token).entries()) {
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

/** How much a feature tells: nothing when all names have it. */
export function tellingOf(names: readonly (readonly string[])[]): (feature: string) => number {
  const counts = new Map<string, number>();
  for (const features of names) for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  return (feature) => Math.log((names.length + 1) / (counts.get(feature) ?? 1));
}

/** Learns from pairs of names which features stand for which, and says how well two names agree with that. */
export class Dictionary {
  readonly #tellingLeft: (feature: string) => number;
  readonly #tellingRight: (feature: string) => number;

  readonly #together = new Map<string, Map<string, number>>();
  readonly #left = new Map<string, number>();
  readonly #right = new Map<string, number>();

  /** The features of all names of the one side, and of the other. */
  constructor(left: readonly (readonly string[])[], right: readonly (readonly string[])[]) {
    this.#tellingLeft = tellingOf(left);
    this.#tellingRight = tellingOf(right);
  }

  /** @param weight how sure the pair is, from 0 to 1; negative to take it back */
  add(left: readonly string[], right: readonly string[], weight: number): void {
    for (const feature of right) this.#right.set(feature, (this.#right.get(feature) ?? 0) + weight);
    for (const feature of left) {
      this.#left.set(feature, (this.#left.get(feature) ?? 0) + weight);
      let row = this.#together.get(feature);
      if (!row) this.#together.set(feature, (row = new Map()));
      for (const other of right) row.set(other, (row.get(other) ?? 0) + weight);
    }
  }

  /** From 0 to 1: how well each feature of the one name finds a counterpart in the other, on average of both ways. */
  agreement(left: readonly string[], right: readonly string[]): number {
    const best = new Float64Array(right.length);
    let sum = 0;
    let total = 0;
    for (const feature of left) {
      const row = this.#together.get(feature);
      let most = 0;
      for (const [j, other] of right.entries()) {
        const both = row?.get(other) ?? 0;
        // Dice's coefficient; what was seen once weighs less than what was seen often.
        const dice = both <= 0 ? 0 : (2 * both) / (this.#left.get(feature)! + this.#right.get(other)! + 0.5);
        most = Math.max(most, dice);
        best[j] = Math.max(best[j]!, dice);
      }
      const telling = this.#tellingLeft(feature);
      sum += telling * most;
      total += telling;
    }
    let otherSum = 0;
    let otherTotal = 0;
    for (const [j, other] of right.entries()) {
      const telling = this.#tellingRight(other);
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
