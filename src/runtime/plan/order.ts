/**
 * Puts convolutions with the same weights into one step, so that the weights are prepared once: the towers of a detection
 * head are the same at each level of a pyramid. Who reads a storage still comes after who wrote it, and before who
 * writes it next.
 */
import { resolve } from '../../proto/message.js';
import { affineFactsOf } from './affine.js';
import type { Fusion, Operation } from './fusion.js';
import { SmallestFirst } from './smallest-first.js';

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
    const step = graph.independentOf(steps, index);
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

/**
 * The most steps that a search looks at. A search that would look at more counts as one that found a dependency, so that the
 * time for N operations is proportional to N. No net of fewer operations is affected.
 */
const MOST_SEARCHED = 2048;

/** Which operation has to wait for which; operations that were merged wait together. A step is named by its first. */
class StepGraph {
  /** Operations that each operation has to wait for, at once; without those that these wait for. */
  readonly #before: number[][];
  readonly #members: number[][];
  /** The step that each operation is in. */
  readonly #step: number[];
  /** For each step, the last search that came upon it. */
  readonly #seen: Int32Array;

  constructor(operations: readonly Operation[]) {
    this.#before = operations.map(() => []);
    this.#members = operations.map((_, index) => [index]);
    this.#step = operations.map((_, index) => index);
    this.#seen = new Int32Array(operations.length).fill(-1);
    const lastWriter = new Map<object, number>();
    const readers = new Map<object, number[]>();
    operations.forEach(({ reads, writes }, index) => {
      const before = new Set<number | undefined>();
      for (const storage of [...reads, ...writes]) before.add(lastWriter.get(storage));
      for (const storage of writes) {
        for (const reader of readers.get(storage) ?? []) before.add(reader);
        lastWriter.set(storage, index);
        readers.set(storage, []);
      }
      for (const storage of reads) {
        const others = readers.get(storage);
        if (others) others.push(index);
        else readers.set(storage, [index]);
      }
      this.#before[index] = [...before].filter((other) => other !== undefined && other !== index) as number[];
    });
  }

  /**
   * The first of these steps that an operation need not wait for, so that they can be merged.
   * @param index an operation after all that were merged: none of the steps has to wait for it
   */
  independentOf(steps: readonly number[], index: number): number | undefined {
    if (steps.length === 0 || !this.#searchBefore(index)) return undefined;
    return steps.find((step) => this.#seen[step] !== index);
  }

  merge(into: number, other: number): void {
    const [step, gone] = [this.#step[into]!, this.#step[other]!];
    this.#members[step]!.push(...this.#members[gone]!);
    for (const member of this.#members[gone]!) this.#step[member] = step;
    this.#members[gone] = [];
  }

  /** The steps, each as early as it can be without overtaking one that began before it and is ready. */
  inOrder(): number[][] {
    const waitsFor = this.#members.map((members) => this.#stepsBefore(members).size);
    const edges = this.#members.map((): number[] => []);
    this.#members.forEach((members, step) => {
      for (const before of this.#stepsBefore(members)) edges[before]!.push(step);
    });
    const done: number[][] = [];
    const ready = new SmallestFirst();
    this.#members.forEach((members, step) => {
      if (members.length > 0 && waitsFor[step] === 0) ready.push(step);
    });
    for (let step = ready.pop(); step !== undefined; step = ready.pop()) {
      done.push(this.#members[step]!);
      for (const next of edges[step]!) if (--waitsFor[next]! === 0) ready.push(next);
    }
    return done;
  }

  /** Steps that come right before one with these members. */
  #stepsBefore(members: readonly number[]): Set<number> {
    return new Set(members.flatMap((member) => this.#before[member]!.map((before) => this.#step[before]!)));
  }

  /** Marks the steps that an operation has to wait for; returns whether these are all. */
  #searchBefore(index: number): boolean {
    const todo = [index];
    let searched = 0;
    for (let step = todo.pop(); step !== undefined; step = todo.pop()) {
      if (++searched > MOST_SEARCHED) return false;
      for (const member of this.#members[step]!)
        for (const before of this.#before[member]!) {
          const other = this.#step[before]!;
          if (this.#seen[other] === index) continue;
          this.#seen[other] = index;
          todo.push(other);
        }
    }
    return true;
  }
}
