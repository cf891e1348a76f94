/**
 * OutputsOnly: runs a net that keeps nothing but its outputs. Layers are fused into steps, steps share weights, and all
 * that lives between them takes turns in one region of memory.
 */
import { NetspecError } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import type { Blob, Loan } from '../../engine/blob.js';
import type { Graph } from '../graph.js';
import type { LayerCalls } from '../layer-calls.js';
import type { NetMemory } from '../net-memory.js';
import { affineOf, isComposed, type AffineBlobs } from './affine.js';
import { operationsOf, type Fusion, type Operation } from './fusion.js';
import { place, type Lifetime } from './memory.js';
import { haveSameParams, stepsOf } from './order.js';
import { programOf, type Program } from './program.js';

/** What a pass does at a time. */
export interface Step {
  /** Layers that are computed together, in the net's order. */
  readonly layers: readonly Layer[];
}

interface Plan {
  readonly program: Program;
  /** What `#kept` was when the plan was made. */
  readonly kept: ReadonlySet<Blob>;
  /** Storage of each blob when the plan was made. */
  readonly storages: readonly Blob[];
  readonly operations: readonly (readonly Operation[])[];
  readonly steps: readonly Step[];
  /** Size of each intermediate for which it was placed. */
  readonly sizes: Map<Blob, number>;
}

export class OutputsOnly {
  readonly #graph: Graph;
  readonly #calls: LayerCalls;
  readonly #memory: NetMemory;
  /** Blobs of which the values are kept. */
  #kept: ReadonlySet<Blob>;
  #plan: Plan | undefined;
  /** Whether intermediates may be looked at: while layers run, not while the caller does. */
  #isRunning = false;
  /** Computed scales and shifts, by the index of their convolution. */
  readonly #folded = new Map<number, Required<AffineBlobs>>();

  constructor(graph: Graph, calls: LayerCalls, memory: NetMemory) {
    this.#graph = graph;
    this.#calls = calls;
    this.#memory = memory;
    this.#kept = this.#withOutputs([]);
  }

  /** What a pass that keeps the same as the last one does, in order. */
  get steps(): readonly Step[] {
    return this.#upToDate().steps;
  }

  /** Sees to it that intermediates have their places, for who asks how much memory the net will take. */
  prepare(): void {
    this.#upToDate();
  }

  /** To be called when parameters were replaced: others may share their memory now. */
  forget(): void {
    this.#plan = undefined;
  }

  /** Carries changed shapes through the net and places all that lives in the region anew. */
  reshape(): void {
    this.#whileRunning(() => {
      this.#graph.layers.forEach((_, index) => {
        this.#calls.reshape(index);
      });
    });
    this.#upToDate();
  }

  /**
   * Runs all steps.
   * @param kept blobs whose values are wanted, besides the outputs
   * @param onStep called after each step; the pass waits for a promise
   */
  async run(kept: readonly Blob[], onStep?: (index: number) => unknown): Promise<void> {
    this.#kept = this.#withOutputs(kept);
    const { layers } = this.#graph;
    let reshaped = 0;
    const reshapeUpTo = (end: number): void => {
      for (; reshaped < end; reshaped++) {
        this.#calls.prepare(reshaped);
      }
    };
    // Some shapes become known on the way: then each layer is asked when it is reached.
    if (!this.#upToDate().program.hasLateShapes) reshapeUpTo(layers.length);
    const { operations } = this.#upToDate();
    for (const [index, step] of operations.entries()) {
      this.#whileRunning(() => {
        if (reshaped < layers.length) reshapeUpTo(Math.max(...step.flatMap((operation) => operation.layers)) + 1);
        this.#compute(step);
      });
      const waiting = onStep?.(index);
      if (waiting instanceof Promise) await waiting;
    }
    reshapeUpTo(layers.length);
  }

  #compute(step: readonly Operation[]): void {
    const { layers, fusion } = step[0]!;
    const index = layers[0]!;
    if (!fusion) {
      this.#calls.forward(index);
      return;
    }
    this.#calls.do(index, () => {
      const affine = affineOf(fusion.affine, isComposed(fusion.affine) ? this.#roomFor(index, fusion) : undefined);
      const calls = step.map((operation) => operation.fusion!);
      fusion.layer.forwardFused(calls, { ...affine, slope: fusion.slope });
    });
    // Whoever asks the layer for its multiplications wants those for its own bottom.
    if (step.length > 1) this.#calls.reshape(index);
  }

  /** The plan, made anew as far as something it depends on has changed. */
  #upToDate(): Plan {
    const { blobs } = this.#graph;
    const plan = this.#plan;
    const isValid =
      plan !== undefined &&
      plan.kept.size === this.#kept.size &&
      [...plan.kept].every((blob) => this.#kept.has(blob)) &&
      blobs.every((blob, id) => blob.storage === plan.storages[id]) &&
      plan.operations.every((step) => step.length === 1 || haveSameParams(step));
    const current = isValid ? plan : this.#makePlan();
    const { sizes, program } = current;
    if ([...sizes].some(([storage, size]) => !storage.isBorrowed || size !== sizeOf(storage, program)))
      this.#place(current);
    return current;
  }

  #makePlan(): Plan {
    const graph = this.#graph;
    const program = programOf(graph, this.#kept);
    const inOrder = operationsOf(program);
    const operations = program.hasLateShapes ? inOrder.map((operation) => [operation]) : stepsOf(inOrder);
    const steps = operations.map((step) => {
      const indices = step.flatMap(({ layers }) => layers).sort((a, b) => a - b);
      return { layers: indices.map((index) => graph.layers[index]!) };
    });
    const storages = graph.blobs.map((blob) => blob.storage);
    const plan = { program, kept: this.#kept, storages, operations, steps, sizes: new Map<Blob, number>() };
    for (const storage of new Set(graph.blobs))
      if (!program.intermediates.has(storage) && storage.isBorrowed) storage.borrow(undefined);
    // Memory for all of them is reserved together with that of the blobs, so that no view goes stale during a pass.
    for (const { layers, fusion } of inOrder)
      if (fusion && isComposed(fusion.affine)) this.#roomFor(layers[0]!, fusion);
    this.#place(plan);
    this.#plan = plan;
    return plan;
  }

  /** Lends each intermediate its place in the region. */
  #place({ program, operations, sizes }: Plan): void {
    const lives = new Map<Blob, { bytes: number; first: number; last: number }>();
    operations.forEach((step, index) => {
      for (const { reads, writes } of step)
        for (const storage of [...reads, ...writes]) {
          if (!program.intermediates.has(storage)) continue;
          const life = lives.get(storage);
          if (life) life.last = index;
          else lives.set(storage, { bytes: sizeOf(storage, program), first: index, last: index });
        }
    });
    const { offsets, bytes } = place([...lives.values()] satisfies Lifetime[]);
    this.#memory.regionBytes = bytes;
    this.#memory.settle();
    const offsetOf = new Map([...lives.keys()].map((storage, i) => [storage, offsets[i]!]));
    sizes.clear();
    for (const storage of program.intermediates) {
      const size = sizeOf(storage, program);
      sizes.set(storage, size);
      storage.borrow(this.#loan(size, offsetOf.get(storage)));
    }
  }

  /** @param offset undefined for what is never written: it passes from one layer of a step to the next */
  #loan(bytes: number, offset: number | undefined): Loan {
    return {
      bytes,
      address: (asked) => {
        if (!this.#isRunning) throw this.#notKept(asked);
        if (offset === undefined) throw new Error('a blob inside a step has no address');
        return this.#memory.region + offset;
      },
    };
  }

  #notKept(blob: Blob): NetspecError {
    const { blobs, blobNames } = this.#graph;
    const name = blobNames[blobs.indexOf(blob)] ?? '';
    return new NetspecError(`the values of blob '${name}' are not kept: the net was loaded with outputsOnly`, {
      hint: `name it in forward({ blobs: ['${name}'] }), or load the net without outputsOnly`,
    });
  }

  #roomFor(index: number, { top, axis }: Fusion): Required<AffineBlobs> {
    const channels = top.dim(axis);
    let room = this.#folded.get(index);
    if (!room) {
      room = { scale: this.#memory.createBlob([channels]), shift: this.#memory.createBlob([channels]) };
      this.#folded.set(index, room);
    }
    return room;
  }

  #withOutputs(kept: readonly Blob[]): Set<Blob> {
    return new Set([...this.#graph.outputs.map((id) => this.#graph.blobs[id]!), ...kept]);
  }

  #whileRunning(action: () => void): void {
    this.#isRunning = true;
    try {
      action();
    } finally {
      this.#isRunning = false;
    }
  }
}

/** Bytes to have ready for a storage: where shapes depend on values, for the largest that it had. */
function sizeOf(storage: Blob, { hasLateShapes }: Program): number {
  return (hasLateShapes ? storage.largestCount : storage.count) * 4;
}
