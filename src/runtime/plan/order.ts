/**
 * Puts convolutions with the same weights into one step, so that the weights are prepared once: the towers of a detection
 * head are the same at each level of a pyramid. Who reads a storage still comes after who wrote it, and before who
 * writes it next.
 */
import { resolve } from '../../proto/message.js';
import { affineFactsOf } from './affine.js';
import type { Fusion, Operation } from './fusion.js';

/**
 * Groups operations into steps and orders these.
 * @param operations in an order that is right
 * @returns the same operations; of several in one step none depends on another
 */
export function stepsOf(operations: readonly Operation[]): Operation[][] {
  const graph = new StepGraph(operations);
  const byWeights = new Map<string, number[]>();
  const ids = new Ids();
  operations.forEach(({ fusion }, index) => {
    if (!fusion) return;
    const key = keyOf(fusion, ids);
    const steps = byWeights.get(key) ?? [];
    byWeights.set(key, steps);
    const step = steps.find((other) => graph.areIndependent(other, index));
    if (step === undefined) steps.push(index);
    else graph.merge(step, index);
  });
  return graph.inOrder().map((step) => step.map((index) => operations[index]!));
}

/** Whether the operations of one step still hold their parameters in one place. */
export function haveSameParams(step: readonly Operation[]): boolean {
  const ids = new Ids();
  return new Set(step.map(({ fusion }) => fusion && keyOf(fusion, ids))).size === 1;
}

/** Equal for convolutions that compute the same function of their bottoms, residuals left out. */
function keyOf({ layer, axis, affine, slope }: Fusion, ids: Ids): string {
  const layers = [layer, ...affine];
  const params = layers.flatMap(({ blobs }) => blobs.map(({ holder, shape }) => [ids.of(holder), ...shape]));
  const settings = affine.map((each) => [each.type, affineFactsOf(each)?.eps]);
  return JSON.stringify([windowOf(layer), axis, slope, params, settings]);
}

/** What decides how a convolution computes, each field with its value or default. */
function windowOf({ param }: Fusion['layer']): unknown {
  const all = resolve('ConvolutionParameter', param.convolution_param);
  const fields: Record<string, unknown> = {};
  for (const field in all) fields[field] = all[field as keyof typeof all];
  return { ...fields, weight_filler: undefined, bias_filler: undefined, engine: undefined, axis: undefined };
}

/** A number for each object. */
class Ids {
  readonly #ids = new Map<object, number>();

  of(object: object): number {
    const id = this.#ids.get(object) ?? this.#ids.size;
    this.#ids.set(object, id);
    return id;
  }
}

/** Which operation has to wait for which; operations that were merged wait together. A step is named by its first. */
class StepGraph {
  /** Operations that must come after each operation, at once or by way of others. */
  readonly #after: Set<number>[];
  readonly #members: number[][];
  /** The step that each operation is in. */
  readonly #step: number[];

  constructor(operations: readonly Operation[]) {
    this.#after = operations.map(() => new Set());
    this.#members = operations.map((_, index) => [index]);
    this.#step = operations.map((_, index) => index);
    const lastWriter = new Map<object, number>();
    const readers = new Map<object, number[]>();
    operations.forEach(({ reads, writes }, index) => {
      for (const storage of new Set([...reads, ...writes])) this.#connect(lastWriter.get(storage), index);
      for (const storage of writes) {
        for (const reader of readers.get(storage) ?? []) this.#connect(reader, index);
        lastWriter.set(storage, index);
        readers.set(storage, []);
      }
      for (const storage of reads) readers.set(storage, [...(readers.get(storage) ?? []), index]);
    });
  }

  /** Whether neither has to wait for the other, so that they can be merged. */
  areIndependent(a: number, b: number): boolean {
    return !this.#reaches(this.#step[a]!, this.#step[b]!) && !this.#reaches(this.#step[b]!, this.#step[a]!);
  }

  merge(into: number, other: number): void {
    const [step, gone] = [this.#step[into]!, this.#step[other]!];
    this.#members[step]!.push(...this.#members[gone]!);
    for (const member of this.#members[gone]!) this.#step[member] = step;
    this.#members[gone] = [];
  }

  /** The steps, each as early as it can be without overtaking one that began before it and is ready. */
  inOrder(): number[][] {
    const waitsFor = this.#members.map(() => 0);
    const edges = this.#members.map((members) => this.#next(members));
    for (const next of edges) for (const step of next) waitsFor[step]!++;
    const done: number[][] = [];
    const ready = this.#members.flatMap((members, step) => (members.length > 0 && waitsFor[step] === 0 ? [step] : []));
    while (ready.length > 0) {
      ready.sort((a, b) => b - a);
      const step = ready.pop()!;
      done.push(this.#members[step]!);
      for (const next of edges[step]!) if (--waitsFor[next]! === 0) ready.push(next);
    }
    return done;
  }

  #connect(before: number | undefined, after: number): void {
    if (before !== undefined && before !== after) this.#after[before]!.add(after);
  }

  /** Steps that come right after one with these members. */
  #next(members: readonly number[]): Set<number> {
    return new Set(members.flatMap((member) => [...this.#after[member]!].map((after) => this.#step[after]!)));
  }

  /** Whether `to` has to come after `from`. */
  #reaches(from: number, to: number): boolean {
    const seen = new Set<number>();
    const todo = [from];
    for (let step = todo.pop(); step !== undefined; step = todo.pop())
      for (const next of this.#next(this.#members[step]!)) {
        if (next === to) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        todo.push(next);
      }
    return false;
  }
}
