/**
 * Names → templates: several instances of a group of layers, each with a list of names, and the parameters that make one from
 * another: `res2a_branch1`, `bn2a_branch1` and `res2b_branch1`, `bn2b_branch1` differ by `2a` and `2b`.
 */

/** What makes a name: text, and the number of the parameter that stands in it. */
export interface NameTemplate {
  readonly before: string;
  /** Undefined for a name that is the same everywhere: then `before` is all of it. */
  readonly hole: number | undefined;
  readonly after: string;
}

export interface NameFit {
  /** One for each name of an instance. */
  readonly templates: readonly NameTemplate[];
  readonly holes: number;
  /** The instances that fit, with the parameters of each. */
  readonly instances: readonly { readonly index: number; readonly values: readonly string[] }[];
}

/** How many pairs of instances are looked at. */
const MOST_PAIRS = 24;

/**
 * The templates that most instances fit with the fewest parameters.
 * @param instances the names of each, all of one length
 * @param shortest prefer parameters that are a part of a name to those that are all of it
 */
export function fitNames(instances: readonly (readonly string[])[], shortest = false): NameFit {
  const width = instances[0]!.length;
  const all = instances.map((_, index) => index);
  let best = fit(instances, wholeNames(instances), all);
  if (width === 0) return best;
  for (const [i, j] of pairs(instances.length)) {
    const templates = templatesOf(instances[i]!, instances[j]!);
    const candidate = fit(instances, templates, all);
    const gain = score(candidate, width) - score(best, width);
    if (gain > 0 || (shortest && gain === 0)) best = candidate;
  }
  return best;
}

/** Fewer parameters for the same names, and for most of the instances. */
function score({ instances, holes }: NameFit, width: number): number {
  return instances.length * (width - holes + 0.75);
}

function* pairs(count: number): Generator<[number, number]> {
  let left = MOST_PAIRS;
  for (let distance = 1; distance < count; distance = distance < 3 ? distance + 1 : distance * 2)
    for (let i = 0; i + distance < count && left > 0; i += Math.max(1, Math.floor(count / 6))) {
      left--;
      yield [i, i + distance];
    }
}

/** Each name a parameter of its own, but for those that are the same in all instances, or equal to one another. */
function wholeNames(instances: readonly (readonly string[])[]): NameTemplate[] {
  const holes = new Map<string, number>();
  return instances[0]!.map((first, slot) => {
    const column = instances.map((names) => names[slot]!);
    if (column.every((name) => name === first)) return { before: first, hole: undefined, after: '' };
    const key = column.join('\n');
    if (!holes.has(key)) holes.set(key, holes.size);
    return { before: '', hole: holes.get(key), after: '' };
  });
}

function templatesOf(a: readonly string[], b: readonly string[]): NameTemplate[] {
  const cuts = a.map((name, slot) => cut(name, b[slot]!));
  const holes = new Map<string, number>();
  return cuts.map(({ before, after, middles }) => {
    if (!middles) return { before, hole: undefined, after: '' };
    const key = middles.join('\n');
    if (!holes.has(key)) holes.set(key, holes.size);
    return { before, hole: holes.get(key), after };
  });
}

/** What two names have in common at both ends, cut between words and numbers only. */
function cut(a: string, b: string): { before: string; after: string; middles?: [string, string] } {
  if (a === b) return { before: a, after: '' };
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  while (start > 0 && (isInside(a, start) || isInside(b, start))) start--;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  while (end > 0 && (isInside(a, a.length - end) || isInside(b, b.length - end))) end--;
  return {
    before: a.slice(0, start),
    after: a.slice(a.length - end),
    middles: [a.slice(start, a.length - end), b.slice(start, b.length - end)],
  };
}

/** Whether a place in a name is inside a number or a word. */
function isInside(name: string, at: number): boolean {
  const pair = name.slice(at - 1, at + 1);
  return /^(\d\d|[a-z][a-z]|[A-Z][A-Za-z])$/.test(pair);
}

function fit(
  instances: readonly (readonly string[])[],
  templates: readonly NameTemplate[],
  candidates: readonly number[],
): NameFit {
  const holes = templates.reduce((most, { hole }) => Math.max(most, (hole ?? -1) + 1), 0);
  const fitting = candidates.flatMap((index) => {
    const values = solve(instances[index]!, templates, holes);
    return values ? [{ index, values }] : [];
  });
  return { templates, holes, instances: fitting };
}

function solve(names: readonly string[], templates: readonly NameTemplate[], holes: number): string[] | undefined {
  const values: (string | undefined)[] = Array.from({ length: holes });
  for (const [slot, { before, hole, after }] of templates.entries()) {
    const name = names[slot]!;
    if (hole === undefined) {
      if (name !== before) return undefined;
      continue;
    }
    if (name.length < before.length + after.length || !name.startsWith(before) || !name.endsWith(after))
      return undefined;
    const value = name.slice(before.length, name.length - after.length);
    if (values[hole] !== undefined && values[hole] !== value) return undefined;
    values[hole] = value;
  }
  return values as string[];
}
