/**
 * Matches the targets of a net with the modules of a model: shapes say what can go together, names and order what should,
 * decided for all at once. Names need not be alike: what stands for what is learned from the pairs that are certain.
 */
import { assign } from './assignment.js';
import { connected } from './connected.js';
import { matchFamilies } from './families.js';
import type { Fit } from './fit.js';
import { classesOf, type TargetClass } from './fits.js';
import { foldedNorms, type Holder } from './fold.js';
import { generalize, type NamePair } from './generalize.js';
import { Dictionary, likeness, similarity, tokens, type Token } from './names.js';
import { canonicalName } from '../../name-index.js';
import type { SourceModule } from './source-module.js';
import type { Target } from './targets.js';

/** A target with the module that it gets. */
export interface Match {
  readonly target: Target;
  readonly module: SourceModule;
  readonly fit: Fit;
  /** A normalization of the model that the layer is to swallow, since the net has none. */
  readonly batchNorm?: SourceModule;
  /** `name`: the names are equal; `shape`: nothing else fits; `pattern`: it goes with the other pairs; `unsure`. */
  readonly by: 'name' | 'shape' | 'pattern' | 'unsure';
  /** The module fills another target too. */
  readonly shared: boolean;
  /** How much better it is than the next best. */
  readonly margin: number;
  /** Other modules that could fill it, the likeliest first. */
  readonly alternatives: readonly SourceModule[];
}

/** What counts how much. Order is all there is to begin with; once something is learned it only breaks ties. */
const WEIGHT = { literal: 1, learned: 1.5, order: 0.05, firstOrder: 0.3, before: 2, adjacent: 0.3 } as const;
/** Below this difference to the next best, a match is a guess. */
const SURE = 0.08;
/** Names that have this much in common are no accident either. */
const ALIKE = 0.6;
/** This many names that follow one rule are no accident. */
const REGULAR = 3;
const ROUNDS = 8;
/**
 * Pairs of targets and modules that are weighed one by one. What goes beyond is matched by families of names: the largest
 * sets of alike layers first, whose names are the most regular.
 */
const MOST_PAIRS = 40_000;
/** So many alternatives are named where not all pairs are weighed. */
const FEW = 3;

interface Candidate {
  module: number;
  fit: Fit;
  literal: number;
  order: number;
}

/**
 * Matches as many targets as have something that fits.
 * @param layers names of all layers with parameters
 */
export function matchTargets(
  targets: readonly Target[],
  modules: readonly SourceModule[],
  layers: readonly string[],
): Match[] {
  const classes = classesOf(targets, modules);
  return new Matcher(targets, modules, layers, classes).run();
}

/** The parts that have too many pairs to weigh them all, the largest first, until what is left has few enough. */
function tooLarge(parts: readonly (readonly TargetClass[])[]): (readonly TargetClass[])[] {
  const pairs = (part: readonly TargetClass[]) =>
    part.reduce((sum, { targets, fits }) => sum + targets.length * fits.size, 0);
  const sorted = parts.toSorted((a, b) => pairs(b) - pairs(a));
  let total = sorted.reduce((sum, part) => sum + pairs(part), 0);
  const large: (readonly TargetClass[])[] = [];
  for (const part of sorted) {
    if (total <= MOST_PAIRS) break;
    large.push(part);
    total -= pairs(part);
  }
  return large;
}

class Matcher {
  /** Modules that fit each target. */
  readonly #fits: ReadonlyMap<number, Fit>[] = [];
  /** Targets that are matched by families of names, and not weighed any more. */
  readonly #settled = new Set<number>();
  /** Of each target that is weighed. */
  readonly #candidates: Candidate[][];
  readonly #tokens: Token[][];
  readonly #dictionary: Dictionary;
  /** What each target's pair has added to the dictionary: the module, and how sure it was. */
  readonly #taught = new Map<number, { module: number; weight: number }>();
  #round = 0;
  #literalWeight: number = WEIGHT.literal;
  /** How alike two modules' names are, as far as it was asked. */
  readonly #alike = new Map<number, number>();
  /** Module of each target. */
  #assigned: (number | undefined)[];

  constructor(
    readonly targets: readonly Target[],
    readonly modules: readonly SourceModule[],
    readonly layers: readonly string[],
    classes: readonly TargetClass[],
  ) {
    for (const each of classes) for (const target of each.targets) this.#fits[target] = each.fits;
    this.#assigned = new Array<undefined>(targets.length).fill(undefined);
    for (const part of tooLarge(connected(classes, ({ fits }) => fits.keys()))) this.#settle(part);
    const weighed = new Set<number>();
    targets.forEach((_, i) => {
      if (!this.#settled.has(i)) for (const module of this.#fits[i]!.keys()) weighed.add(module);
    });
    this.#tokens = modules.map(({ name }) => tokens(name));
    this.#dictionary = new Dictionary(
      targets.map(({ name }, i) => (this.#settled.has(i) ? '' : name)),
      modules.map(({ name }, i) => (weighed.has(i) ? name : '')),
    );
    this.#candidates = targets.map((target, i) => {
      if (this.#settled.has(i)) return [];
      return [...this.#fits[i]!].map(([module, fit]) => {
        const literal = Math.max(...target.tokens.map((each) => likeness(each, this.#tokens[module]!)));
        return { module, fit, literal, order: 0 };
      });
    });
    this.#rank();
  }

  /** Matches a part by families of names. */
  #settle(part: readonly TargetClass[]): void {
    const indices = part.flatMap(({ targets }) => targets).sort((a, b) => a - b);
    const modules = [...new Set(part.flatMap(({ fits }) => [...fits.keys()]))].sort((a, b) => a - b);
    const found = matchFamilies(
      indices.map((index) => ({ index, name: this.targets[index]!.layers.at(-1)!.layer.name ?? '' })),
      modules.map((index) => ({ index, name: this.modules[index]!.name })),
      (target, module) => this.#fits[target]!.has(module),
    );
    for (const index of indices) {
      this.#settled.add(index);
      this.#assigned[index] = found.get(index);
    }
  }

  run(): Match[] {
    let best: { rules: number; assigned: (number | undefined)[] } = { rules: Infinity, assigned: [] };
    // Once by what names have in common, and once by order alone: where one side counts from 0 and the other from 1, equal
    // numbers mislead. The simplest explanation is taken: the fewer rules say it, the likelier it is.
    for (this.#literalWeight of [WEIGHT.literal, 0]) {
      this.#forget();
      for (this.#round = 0; this.#round < ROUNDS; this.#round++) {
        const before = this.#assigned.slice();
        // Normalizations go by the convolutions before them, which are to be settled first.
        for (const kinds of [['layer'], ['norm', 'vector']]) this.#assign((target) => kinds.includes(target.kind));
        const rules = generalize(this.#pairs(), this.layers).length;
        if (rules < best.rules) best = { rules, assigned: this.#assigned.slice() };
        if (before.every((module, i) => module === this.#assigned[i])) break;
        this.#learn();
      }
    }
    this.#literalWeight = WEIGHT.literal;
    this.#assigned = best.assigned;
    this.#learn();
    const shared = this.#share();
    // What sharing has freed may be what others lack.
    const held = new Set(this.#assigned);
    this.#assign((target) => this.#assigned[target.order] === undefined, held);
    const taken = new Set(this.#assigned);
    const folded = this.#fold(taken);
    const regular = new Set<string>();
    for (const { layer, pairs } of generalize(this.#pairs(), this.layers))
      if (pairs.length >= REGULAR && layer.includes('(')) for (const pair of pairs) regular.add(pair.layer);
    const matches = new Map<Target, Match>();
    for (const [i, target] of this.targets.entries()) {
      const module = this.#assigned[i];
      if (module === undefined) continue;
      const before = target.before && matches.get(target.before);
      const match = this.#match(target, module, {
        shared: shared.has(i),
        batchNorm: folded.get(i),
        regular: regular.has(target.name),
        follows: before !== undefined && before.by !== 'unsure',
      });
      matches.set(target, match);
    }
    return [...matches.values()];
  }

  /** Places among those that are alike: the third 64x64x3x3 of the net and the third of the model. */
  #rank(): void {
    const classes = new Map<string, number[]>();
    this.#candidates.forEach((candidates, i) => {
      const key = `${this.targets[i]!.kind} ${candidates.map(({ module }) => module).join(' ')}`;
      const same = classes.get(key);
      if (same) same.push(i);
      else classes.set(key, [i]);
    });
    for (const members of classes.values())
      members.forEach((target, i) => {
        const candidates = this.#candidates[target]!;
        candidates.forEach((candidate, j) => {
          const [n, m] = [members.length, candidates.length];
          const apart = n === m ? Math.abs(i - j) / n : Math.abs((i + 0.5) / n - (j + 0.5) / m);
          candidate.order = 1 - apart;
        });
      });
  }

  /** Scores of a target's candidates. What its own pair has taught does not count: it would confirm itself. */
  #scores(target: number): { candidate: Candidate; score: number }[] {
    const own = this.#taught.get(target);
    const teach = (sign: number) => {
      if (own) this.#dictionary.add(target, own.module, sign * own.weight);
    };
    teach(-1);
    const scores = this.#candidates[target]!.map((candidate) => ({ candidate, score: this.#score(target, candidate) }));
    teach(1);
    return scores;
  }

  #score(target: number, candidate: Candidate): number {
    const { module, fit, literal, order } = candidate;
    const orderWeight = this.#round === 0 ? WEIGHT.firstOrder : WEIGHT.order;
    const learned = this.#dictionary.agreement(target, module);
    let score = this.#literalWeight * literal + WEIGHT.learned * learned + orderWeight * order - fit.penalty;
    const before = this.targets[target]!.before;
    const previous = before && this.#assigned[before.order];
    if (previous !== undefined) score += this.#follows(previous, module);
    return score;
  }

  /** Whether a module looks like the one that comes right behind another: conv2 and bn2, downsample.0 and downsample.1. */
  #follows(previous: number, module: number): number {
    const key = previous * this.modules.length + module;
    let alike = this.#alike.get(key);
    if (alike === undefined) {
      alike = similarity(this.#tokens[previous]!, this.#tokens[module]!);
      this.#alike.set(key, alike);
    }
    const steps = this.modules[module]!.order - this.modules[previous]!.order;
    return WEIGHT.before * alike + (steps > 0 ? WEIGHT.adjacent / steps : 0);
  }

  #assign(included: (target: Target) => boolean, held: ReadonlySet<number | undefined> = new Set()): void {
    const rows = this.targets.flatMap((target, i) => (included(target) && this.#candidates[i]!.length > 0 ? [i] : []));
    for (const part of this.#connected(rows)) {
      const columns = [...new Set(part.flatMap((row) => this.#candidates[row]!.map(({ module }) => module)))].filter(
        (module) => !held.has(module),
      );
      const scores = part.map((row) => {
        const byModule = new Map(this.#scores(row).map(({ candidate, score }) => [candidate.module, score]));
        return columns.map((column) => byModule.get(column));
      });
      const found = assign(part.length, columns.length, (row, column) => scores[row]![column]);
      part.forEach((row, i) => {
        const column = found[i];
        this.#assigned[row] = column === undefined ? undefined : columns[column];
      });
    }
  }

  /** Targets in parts that compete for the same modules. */
  #connected(rows: readonly number[]): readonly (readonly number[])[] {
    return connected(rows, (row) => this.#candidates[row]!.map(({ module }) => module));
  }

  /** Learns what stands for what from the pairs there are, sure ones counting more. */
  #learn(): void {
    const wanted = new Map<number, number>();
    for (const candidates of this.#candidates)
      for (const { module } of candidates) wanted.set(module, (wanted.get(module) ?? 0) + 1);
    const lessons = new Map<number, { module: number; weight: number }>();
    this.#assigned.forEach((module, i) => {
      if (module === undefined || this.#settled.has(i)) return;
      const rivals = Math.max(this.#candidates[i]!.length, wanted.get(module)!);
      const weight = Math.max(1 / rivals, Math.min(1, 2 * this.#margin(i, module)));
      lessons.set(i, { module, weight });
    });
    for (const [i, { module, weight }] of this.#taught) this.#dictionary.add(i, module, -weight);
    this.#taught.clear();
    for (const [i, lesson] of lessons) {
      this.#taught.set(i, lesson);
      this.#dictionary.add(i, lesson.module, lesson.weight);
    }
  }

  #forget(): void {
    for (const [i, { module, weight }] of this.#taught) this.#dictionary.add(i, module, -weight);
    this.#taught.clear();
  }

  #margin(target: number, module: number): number {
    const scored = this.#scores(target);
    const own = scored.find(({ candidate }) => candidate.module === module)!.score;
    const next = Math.max(...scored.flatMap(({ candidate, score }) => (candidate.module === module ? [] : [score])));
    return next === -Infinity ? 1 : own - next;
  }

  /**
   * Gives modules to more than one target: heads that a net unrolls over levels while the model has one. Only to targets
   * whose name is that of the first but for numbers.
   * @returns the targets whose module fills several
   */
  #share(): Set<number> {
    const shared = new Set<number>();
    const holders = new Map<number, number>();
    this.#assigned.forEach((module, i) => {
      if (module !== undefined) holders.set(module, i);
    });
    const skeletons = this.targets.map(({ name }) => name.replace(/\d+/g, '#'));
    this.targets.forEach((_, i) => {
      const candidates = this.#candidates[i]!;
      const current = candidates.find(({ module }) => module === this.#assigned[i]);
      const [best] = candidates
        .filter(({ module, literal }) => {
          const holder = holders.get(module);
          if (holder === undefined || holder === i || skeletons[holder] !== skeletons[i]) return false;
          return literal >= ALIKE && literal > (current?.literal ?? 0) + 0.15;
        })
        .sort((a, b) => b.literal - a.literal);
      if (!best) return;
      this.#assigned[i] = best.module;
      shared.add(i).add(holders.get(best.module)!);
    });
    return shared;
  }

  /** Normalizations that no target took, for layers that can hold them: the net was made without them. */
  #fold(taken: ReadonlySet<number | undefined>): Map<number, SourceModule> {
    const holders = this.#assigned.flatMap((module, i): Holder[] => {
      const fit = module === undefined ? undefined : this.#fits[i]!.get(module);
      const { kind, layers } = this.targets[i]!;
      const [, bias] = layers[0]!.shapes;
      if (!fit || kind !== 'layer' || fit.steps.length > 0 || bias === undefined) return [];
      return [{ target: i, module: this.modules[module!]!, fit, channels: bias[0]! }];
    });
    const norms = this.modules.filter((module, i) => module.isNorm && !taken.has(i));
    const index = new Map(this.modules.map((module, i) => [module, i]));
    return foldedNorms(holders, norms, (module, norm) => this.#follows(index.get(module)!, index.get(norm)!));
  }

  /** Names of what is assigned. */
  #pairs(): NamePair[] {
    return this.targets.flatMap(({ layers }, i) => {
      const module = this.#assigned[i];
      if (module === undefined) return [];
      return layers.map(({ layer }) => ({ layer: layer.name ?? '', names: [this.modules[module]!.name] }));
    });
  }

  #match(
    target: Target,
    module: number,
    {
      shared,
      batchNorm,
      regular,
      follows,
    }: { shared: boolean; batchNorm?: SourceModule; regular: boolean; follows: boolean },
  ): Match {
    const i = target.order;
    const common = { target, module: this.modules[module]!, ...(batchNorm && { batchNorm }), shared };
    if (this.#settled.has(i)) {
      const { name } = common.module;
      const named = target.layers.some(({ layer }) => canonicalName(layer.name ?? '') === canonicalName(name));
      const rivals = firstOf(this.#fits[i]!.keys(), FEW + 1).filter((other) => other !== module);
      return {
        ...common,
        fit: this.#fits[i]!.get(module)!,
        by: named ? 'name' : regular ? 'pattern' : 'unsure',
        margin: named || regular ? 1 : 0,
        alternatives: rivals.slice(0, FEW).map((other) => this.modules[other]!),
      };
    }
    const own = this.#candidates[i]!.find((candidate) => candidate.module === module)!;
    const others = this.#scores(i)
      .filter(({ candidate }) => candidate !== own)
      .sort((a, b) => b.score - a.score);
    const margin = this.#margin(i, module);
    const goesWithOthers = regular || (margin >= SURE && (follows || own.literal >= ALIKE));
    const by =
      own.literal > 0.999 ? 'name' : others.length === 0 ? 'shape' : goesWithOthers ? 'pattern' : ('unsure' as const);
    return {
      ...common,
      fit: own.fit,
      by,
      margin,
      alternatives: others.map(({ candidate }) => this.modules[candidate.module]!),
    };
  }
}

/** The first values, without a look at the others: of layers of one shape every target has thousands. */
function firstOf<T>(values: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    if (first.length === count) break;
    first.push(value);
  }
  return first;
}
