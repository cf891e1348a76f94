/**
 * Generalizes pairs of names to rules: from `res2a_branch2a` ← `layer1.0.conv1` and its like to
 * `res(\d)([a-z])_branch2([a-z])` ← `layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}`, for as long as that says exactly what the pairs say.
 */
import { escapeTemplate } from '../template.js';

/** A layer's name, and the names that a rule is to give it: of a module, or of tensors. */
export interface NamePair {
  readonly layer: string;
  readonly names: readonly string[];
}

/** A pattern with templates, for one or more pairs. */
export interface GeneralRule {
  readonly layer: string;
  readonly names: readonly string[];
  /** The pairs that it stands for. */
  readonly pairs: readonly NamePair[];
}

/** A name's fixed parts and its slots: fixed[0], slots[0], fixed[1], slots[1] … fixed[n]. */
interface Cut {
  readonly fixed: readonly string[];
  readonly slots: readonly string[];
}

/**
 * Rules for pairs whose rules are alike in all but names.
 * @param layers names of all layers that rules are asked about: a pattern must fit none but those of its pairs
 */
export function generalize(pairs: readonly NamePair[], layers: readonly string[]): GeneralRule[] {
  const groups = new Map<string, NamePair[]>();
  for (const pair of pairs) {
    const key = [pair.layer, ...pair.names].map((name) => skeleton(cut(name))).join('\n');
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  }
  return [...groups.values()].flatMap((group) => rulesOf(group, layers));
}

/** Numbers are slots, and single letters beside them, as in `res4f`. */
function cut(name: string): Cut {
  const parts = name.split(/(\d+|(?<=\d)[a-z](?![A-Za-z]))/);
  return { fixed: parts.filter((_, i) => i % 2 === 0), slots: parts.filter((_, i) => i % 2 === 1) };
}

function skeleton({ fixed, slots }: Cut): string {
  return fixed.map((part, i) => part + (slots[i] === undefined ? '' : isNumber(slots[i]) ? '#' : '@')).join('');
}

function isNumber(slot: string): boolean {
  return /^\d+$/.test(slot);
}

function rulesOf(pairs: readonly NamePair[], layers: readonly string[]): GeneralRule[] {
  if (pairs.length === 1) return [exact(pairs[0]!)];
  const rule = common(pairs);
  // One slot of the model's names follows from nothing in the layer's: one rule for each of its values.
  if (typeof rule !== 'object') return splitBy(pairs, rule, layers);
  for (const narrow of [false, true]) {
    const layer = rule.pattern(narrow);
    const expression = new RegExp(`^(?:${layer})$`, 'u');
    const own = new Set(pairs.map((pair) => pair.layer));
    if (layers.every((name) => own.has(name) || !expression.test(name))) return [{ layer, names: rule.names, pairs }];
  }
  return pairs.map(exact);
}

function exact(pair: NamePair): GeneralRule {
  return { layer: escapePattern(pair.layer), names: pair.names.map(escapeTemplate), pairs: [pair] };
}

/** How many slots all of a pair's names have before each name's own. */
function splitBy(pairs: readonly NamePair[], slot: number, layers: readonly string[]): GeneralRule[] {
  const byValue = new Map<string, NamePair[]>();
  for (const pair of pairs) {
    const value = pair.names.flatMap((name) => cut(name).slots)[slot]!;
    const same = byValue.get(value);
    if (same) same.push(pair);
    else byValue.set(value, [pair]);
  }
  return [...byValue.values()].flatMap((same) => rulesOf(same, layers));
}

/**
 * What pairs of one skeleton have in common; when the values of a slot of the names cannot be told from the layer's name,
 * that slot's number.
 */
function common(pairs: readonly NamePair[]): { pattern: (narrow: boolean) => string; names: string[] } | number {
  const layers = pairs.map(({ layer }) => cut(layer));
  const columns = layers[0]!.slots.map((_, i) => layers.map(({ slots }) => slots[i]!));
  const captured = new Set<number>();
  const sources: { slot: number; offset: number }[][] = [];
  const names: string[] = [];
  let before = 0;
  for (const [n] of pairs[0]!.names.entries()) {
    const cuts = pairs.map((pair) => cut(pair.names[n]!));
    const wanted = cuts[0]!.slots.map((_, i) => cuts.map(({ slots }) => slots[i]!));
    const found = wanted.map((values, i) => sourceOf(values, columns, i));
    const unknown = found.findIndex((source, i) => source === undefined && !isConstant(wanted[i]!));
    if (unknown >= 0) return before + unknown;
    for (const source of found) if (source) captured.add(source.slot);
    sources.push(found.map((source) => source ?? { slot: -1, offset: 0 }));
    before += wanted.length;
  }
  const numbers = new Map([...captured].sort((a, b) => a - b).map((slot, i) => [slot, i + 1]));
  for (const [n, name] of pairs[0]!.names.entries()) {
    const { fixed, slots } = cut(name);
    const written = slots.map((value, i) => {
      const { slot, offset } = sources[n]![i]!;
      const number = numbers.get(slot);
      return number === undefined ? value : expression(number, columns[slot]![0]!, value, offset);
    });
    names.push(fixed.map((part, i) => escapeTemplate(part) + (written[i] ?? '')).join(''));
  }
  const pattern = (narrow: boolean) =>
    layers[0]!.fixed
      .map((part, i) => {
        const values = columns[i];
        if (!values) return escapePattern(part);
        if (isConstant(values)) return escapePattern(part) + values[0]!;
        const any = narrow
          ? [...new Set(values)].join('|')
          : isNumber(values[0]!)
            ? values.every((value) => value.length === 1)
              ? '\\d'
              : '\\d+'
            : '[a-z]';
        return escapePattern(part) + (numbers.has(i) ? `(${any})` : narrow ? `(?:${any})` : any);
      })
      .join('');
  return { pattern, names };
}

function isConstant(values: readonly string[]): boolean {
  return values.every((value) => value === values[0]);
}

/** The slot of the layer's name that values follow, and by how much they differ; the nearest one by position. */
function sourceOf(
  values: readonly string[],
  columns: readonly (readonly string[])[],
  position: number,
): { slot: number; offset: number } | undefined {
  if (isConstant(values)) return undefined;
  const fitting = columns.flatMap((column, slot) => {
    const offset = ordinal(values[0]!) - ordinal(column[0]!);
    const same = values.every((value, i) => ordinal(value) - ordinal(column[i]!) === offset);
    // A number with leading zeros is text.
    const plain = [...values, ...column].every((value) => value === '0' || !value.startsWith('0'));
    return same && (plain || values.every((value, i) => value === column[i])) ? [{ slot, offset }] : [];
  });
  const distance = ({ slot, offset }: { slot: number; offset: number }) =>
    Math.abs(slot - position) + (offset === 0 ? 0 : 0.5);
  return fitting.sort((a, b) => distance(a) - distance(b))[0];
}

/** A number's value; a letter's place in the alphabet, from 0. */
function ordinal(slot: string): number {
  return isNumber(slot) ? Number(slot) : slot.charCodeAt(0) - 'a'.charCodeAt(0);
}

/** What a template says for a slot. */
function expression(capture: number, from: string, to: string, offset: number): string {
  const shift = offset === 0 ? '' : offset < 0 ? String(offset) : `+${offset}`;
  if (isNumber(from) === isNumber(to)) return shift === '' ? `$${capture}` : `{$${capture}${shift}}`;
  return isNumber(to) ? `{$${capture}-'a'${shift}}` : `{'a'+$${capture}${shift}}`;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
