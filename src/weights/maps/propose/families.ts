/**
 * Matching where too many targets compete for the same modules to weigh every pair: families of names that differ in
 * numbers alone are matched with each other, and then member by member. Its time grows with the number of names.
 */
import { canonicalName } from '../../name-index.js';
import { assign } from './assignment.js';
import { likeness, tokens } from './names.js';

/** A name, and its place in the net or the source. */
export interface Member {
  readonly index: number;
  readonly name: string;
}

/** Above this number of pairs of families they are matched in their order. */
const MOST_PAIRS = 40_000;

interface Family {
  readonly skeleton: string;
  readonly members: readonly Member[];
}

/**
 * Modules for targets, as many as find one.
 * @param targets in the net's order
 * @param modules in the source's order
 * @param fits whether a module can fill a target, by their indices
 */
export function matchFamilies(
  targets: readonly Member[],
  modules: readonly Member[],
  fits: (target: number, module: number) => boolean,
): Map<number, number> {
  const matched = new Map<number, number>();
  const taken = new Set<number>();
  const pair = (target: Member, module: Member): boolean => {
    if (matched.has(target.index) || taken.has(module.index) || !fits(target.index, module.index)) return false;
    matched.set(target.index, module.index);
    taken.add(module.index);
    return true;
  };
  const byName = new Map(modules.map((module) => [canonicalName(module.name), module]));
  const [left, right] = [familiesOf(targets), familiesOf(modules)];
  const unnamed = left.filter(({ members }) => {
    // Where one side counts from 0 and the other from 1, all names but one are equal, and mislead.
    const same = members.map((target) => byName.get(canonicalName(target.name)));
    if (!same.every((module, i) => module && fits(members[i]!.index, module.index))) return true;
    members.forEach((target, i) => pair(target, same[i]!));
    return false;
  });
  const free = right.flatMap(({ skeleton, members }) => {
    const left = members.filter(({ index }) => !taken.has(index));
    return left.length > 0 ? [{ skeleton, members: left }] : [];
  });
  for (const [family, partner] of matchedFamilies(unnamed, free, fits)) inOrder(family.members, partner.members, pair);
  const open = (members: readonly Member[]) => members.filter(({ index }) => !matched.has(index));
  inOrder(
    open(targets),
    modules.filter(({ index }) => !taken.has(index)),
    pair,
  );
  return matched;
}

/** Names that are the same but for their numbers, together. */
function familiesOf(members: readonly Member[]): Family[] {
  const families = new Map<string, Member[]>();
  for (const member of members) {
    const skeleton = canonicalName(member.name).replace(/\d+/g, '#');
    const same = families.get(skeleton);
    if (same) same.push(member);
    else families.set(skeleton, [member]);
  }
  return [...families].map(([skeleton, same]) => ({ skeleton, members: same }));
}

/** Which family goes with which: by their names, and by having as many members. */
function matchedFamilies(
  left: readonly Family[],
  right: readonly Family[],
  fits: (target: number, module: number) => boolean,
): [Family, Family][] {
  if (left.length * right.length > MOST_PAIRS) return [];
  const words = (families: readonly Family[]) => families.map(({ skeleton }) => tokens(skeleton.replace(/#/g, '')));
  const [leftWords, rightWords] = [words(left), words(right)];
  const found = assign(left.length, right.length, (row, column) => {
    const [family, partner] = [left[row]!, right[column]!];
    if (!fits(family.members[0]!.index, partner.members[0]!.index)) return undefined;
    const [few, many] = [family.members.length, partner.members.length].sort((a, b) => a - b) as [number, number];
    const place = 1 - Math.abs((row + 0.5) / left.length - (column + 0.5) / right.length);
    return likeness(leftWords[row]!, rightWords[column]!) + few / many + 0.1 * place;
  });
  return found.flatMap((column, row) =>
    column === undefined ? [] : [[left[row]!, right[column]!] as [Family, Family]],
  );
}

/** Pairs members in their order; a module that does not fit the next target waits for none, and is passed over. */
function inOrder(
  targets: readonly Member[],
  modules: readonly Member[],
  pair: (target: Member, module: Member) => boolean,
): void {
  let next = 0;
  for (const target of targets) {
    const from = next;
    while (next < modules.length && !pair(target, modules[next]!)) next++;
    // Nothing behind fits this one: the next target begins where it did.
    next = next < modules.length ? next + 1 : from;
  }
}
