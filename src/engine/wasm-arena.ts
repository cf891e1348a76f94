/**
 * WasmArena: the memory of a net. One WebAssembly.Memory with a first-address best-fit allocator over it, and the
 * kernels instantiated on it. Memories of disposed arenas are kept for reuse, since a browser or Node reserves
 * gigabytes of address space for each and gives them back only when the garbage collector comes round.
 */
import { NetspecError } from '../errors.js';
import type { Arena } from './arena.js';
import {
  compileKernels,
  detectVariant,
  hasSharedMemory,
  instantiateKernels,
  type Kernels,
  type KernelVariant,
} from './kernels.js';
import { ThreadPool, type JobKind } from './thread-pool.js';

const PAGE = 65536;
/**
 * 4 GiB less one page: the last page is never handed out, so that `pointer + size` cannot wrap around to 0 in a
 * kernel's 32-bit address arithmetic.
 */
const MAX_BYTES = 65535 * PAGE;
const MAX_PAGES = 65536;
/** The first page belongs to the modules' constant tables; see scripts/build-kernels.ts. */
const HEAP_START = PAGE;
const ALIGNMENT = 64;
/** Kernels may read, never write, up to this far behind a block: the last vector of a row that is no multiple of it. */
const SLACK = 64;
/** Beyond this, memory grows by steps instead of by half: nothing is gained by growing further ahead. */
const MAX_GROWTH = 64 * 1024 * 1024;

const FREE_MEMORIES = 4;
const FREE_BYTES = 256 * 1024 * 1024;

export interface ArenaOptions {
  /** Which build of the kernels to use; the best that this host can run by default. */
  variant?: KernelVariant;
  /**
   * Threads that compute together, this one included. Default 1. More than 1 take a memory that is a SharedArrayBuffer;
   * where there is none, in a browser without cross-origin isolation, it is 1 whatever is asked for.
   */
  threads?: number;
  /** Whether the memory is a SharedArrayBuffer. Default: when there are several threads. */
  shared?: boolean;
}

/** A memory with its kernels, in use or free. */
interface Slot {
  readonly variant: KernelVariant;
  readonly shared: boolean;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  readonly pool: ThreadPool;
  /** End of what was ever handed out: beyond it memory is still untouched and zero. */
  touched: number;
}

/** Memories of disposed nets, kept for the next net of the same kind. */
const freeSlots: Slot[] = [];

/**
 * Makes an arena: compiles the kernels (once per process) and takes a memory, a free one if there is one.
 * Memory grows on demand up to 4 GiB; pages that nobody wrote to cost nothing.
 * @throws WebAssembly.CompileError when `variant` names one that this host cannot run.
 */
export async function createArena(options: ArenaOptions = {}): Promise<WasmArena> {
  const best = detectVariant();
  const { variant = best } = options;
  const threads = hasSharedMemory() ? (options.threads ?? 1) : 1;
  const shared = options.shared ?? threads > 1;
  const found = freeSlots.findIndex(
    (slot) => slot.variant === variant && slot.shared === shared && slot.pool.threads === threads,
  );
  if (found >= 0) return new WasmArena(freeSlots.splice(found, 1)[0]!);
  const module = await compileKernels(variant, shared);
  const memory = newMemory(shared);
  const kernels = await instantiateKernels(module, memory);
  const pool = new ThreadPool(threads, module, memory, kernels);
  return new WasmArena({ variant, shared, module, memory, kernels, pool, touched: HEAP_START });
}

function newMemory(shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(shared ? { initial: 1, maximum: MAX_PAGES, shared } : { initial: 1 });
  } catch (cause) {
    throw new NetspecError('cannot reserve address space for another net', {
      hint: 'dispose() nets that are no longer needed',
      cause,
    });
  }
}

export class WasmArena implements Arena {
  readonly #slot: Slot;
  /** Free blocks below `#top`, by address; neighbours are always merged. */
  readonly #free: { ptr: number; bytes: number }[] = [];
  /** End of the last block in use. */
  #top = HEAP_START;
  #used = 0;
  #disposed = false;

  /** Use {@link createArena}. */
  constructor(slot: Slot) {
    this.#slot = slot;
  }

  get variant(): KernelVariant {
    return this.#slot.variant;
  }

  get shared(): boolean {
    return this.#slot.shared;
  }

  get memory(): WebAssembly.Memory {
    return this.#slot.memory;
  }

  /** The compiled module of `kernels`, for workers that instantiate it over the same memory. */
  get module(): WebAssembly.Module {
    return this.#slot.module;
  }

  get kernels(): Kernels {
    return this.#slot.kernels;
  }

  get threads(): number {
    return this.#slot.pool.threads;
  }

  run(job: JobKind, task: number, units: number, macs: number): void {
    this.#slot.pool.run(job, task, units, macs);
  }

  /** Starts the threads now; they start by themselves when there is work for them. */
  async startWorkers(): Promise<void> {
    await this.#slot.pool.startWorkers();
  }

  get buffer(): ArrayBuffer | SharedArrayBuffer {
    return this.#slot.memory.buffer;
  }

  /** Bytes in use, each block rounded up to 64. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Bytes that were ever handed out and so may be resident, freed ones included. */
  get touchedBytes(): number {
    return this.#slot.touched - HEAP_START;
  }

  /**
   * Takes zeroed memory, 64-byte aligned: the smallest free block that fits, or fresh memory.
   * @throws NetspecError when the 4 GiB that WebAssembly can address, or the machine's memory, do not suffice.
   */
  allocate(bytes: number): number {
    if (this.#disposed) throw new Error('allocate() on a disposed arena');
    const size = roundUp(bytes);
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const block = this.#free[i]!;
      if (block.bytes >= size && (best < 0 || block.bytes < this.#free[best]!.bytes)) best = i;
    }
    let ptr: number;
    if (best >= 0) {
      const block = this.#free[best]!;
      ptr = block.ptr;
      if (block.bytes === size) this.#free.splice(best, 1);
      else this.#free[best] = { ptr: ptr + size, bytes: block.bytes - size };
    } else {
      ptr = this.#top;
      this.#ensure(ptr + size, bytes);
      this.#top = ptr + size;
    }
    this.#used += size;
    const touched = this.#slot.touched;
    if (ptr < touched) new Uint8Array(this.buffer, ptr, Math.min(size, touched - ptr)).fill(0);
    this.#slot.touched = Math.max(touched, ptr + size);
    return ptr;
  }

  /** Gives back what {@link allocate} returned for the same number of bytes. */
  free(ptr: number, bytes: number): void {
    if (this.#disposed) return;
    const size = roundUp(bytes);
    const blocks = this.#free;
    // First free block above ptr.
    let low = 0;
    for (let high = blocks.length; low < high;) {
      const middle = (low + high) >> 1;
      if (blocks[middle]!.ptr < ptr) low = middle + 1;
      else high = middle;
    }
    const before = blocks[low - 1];
    const after = blocks[low];
    if (
      ptr < HEAP_START ||
      ptr + size > this.#top ||
      (before && before.ptr + before.bytes > ptr) ||
      (after && ptr + size > after.ptr)
    )
      throw new Error(`free(${ptr}, ${bytes}): not a block in use`);
    this.#used -= size;
    const merged = { ptr, bytes: size };
    let from = low;
    let count = 0;
    if (before && before.ptr + before.bytes === ptr) {
      merged.ptr = before.ptr;
      merged.bytes += before.bytes;
      from--;
      count++;
    }
    if (after && ptr + size === after.ptr) {
      merged.bytes += after.bytes;
      count++;
    }
    if (merged.ptr + merged.bytes === this.#top) {
      this.#top = merged.ptr;
      blocks.splice(from, count);
    } else blocks.splice(from, count, merged);
  }

  /**
   * Grows memory, if it must, so that `bytes` more can be allocated without growing again. What cannot be had is left
   * for {@link allocate} to complain about.
   */
  reserve(bytes: number): void {
    const target = this.#top + bytes + SLACK;
    const missing = Math.ceil((Math.min(target, MAX_BYTES) - this.buffer.byteLength) / PAGE);
    if (missing <= 0) return;
    try {
      this.#slot.memory.grow(missing);
    } catch {
      // The machine grants less; some of it may never be asked for.
    }
  }

  /**
   * Ends the use of this arena. Its memory is kept for another net, up to 4 memories and 256 MiB; beyond that the oldest are
   * dropped. Views of a memory that is not shared are detached, so that nobody reads another net's values through them.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const slot = this.#slot;
    if (!slot.shared) slot.memory.grow(0);
    if (slot.touched > FREE_BYTES) {
      slot.pool.stop();
      return;
    }
    freeSlots.push(slot);
    // The oldest go first: nets of one kind that are loaded one after the other find the memory of the last.
    const held = (): number => freeSlots.reduce((sum, { touched }) => sum + touched, 0);
    while (freeSlots.length > FREE_MEMORIES || held() > FREE_BYTES) freeSlots.shift()!.pool.stop();
  }

  /** Grows memory so that addresses up to `end` exist. */
  #ensure(end: number, wanted: number): void {
    const { memory } = this.#slot;
    const capacity = memory.buffer.byteLength;
    end += SLACK;
    if (end <= capacity) return;
    if (end > MAX_BYTES) throw outOfMemory(wanted, this.#used, '4 GiB is all that WebAssembly can address');
    const generous = Math.min(Math.max(end, capacity + Math.min(capacity / 2, MAX_GROWTH)), MAX_BYTES);
    for (const target of [generous, end]) {
      try {
        memory.grow(Math.ceil((target - capacity) / PAGE));
        return;
      } catch (cause) {
        if (target === end) throw outOfMemory(wanted, this.#used, 'the machine or the browser grants no more', cause);
      }
    }
  }
}

function outOfMemory(wanted: number, used: number, reason: string, cause?: unknown): NetspecError {
  return new NetspecError(`out of memory: ${wanted} bytes wanted with ${used} in use, and ${reason}`, {
    hint: 'use a smaller batch or input',
    cause,
  });
}

function roundUp(bytes: number): number {
  return Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;
}
