/**
 * Arena: one WebAssembly memory with an allocator, and the kernels instantiated over it. A Net has one.
 */
import type { Kernels } from './kernels.js';
import type { JobKind } from './thread-pool.js';

export interface Arena {
  /** Current buffer; a new object after memory has grown. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** The exported kernels. Pointers are byte addresses; kernels validate nothing. */
  readonly kernels: Kernels;
  /** How many threads share the units of a job; each has a number below this. */
  readonly threads: number;
  /**
   * Runs all units of a job, on all threads, and returns when they are done.
   * @param task address of what the job's kernel takes; see assembly/thread-pool.ts
   * @param macs about how many multiply-adds it is, or memory accesses if there are more of those
   */
  run(job: JobKind, task: number, units: number, macs: number): void;
  /** 64-byte-aligned, zeroed memory. @throws NetspecError when 4 GiB are exceeded. */
  allocate(bytes: number): number;
  free(ptr: number, bytes: number): void;
  /**
   * Grows memory, if it must, so that blocks of `bytes` in all can be allocated without growing again, and no view that
   * was taken goes stale. Where that is not to be had, nothing happens.
   */
  reserve?(bytes: number): void;
  /** Gives the memory back. Nothing of this arena may be used afterwards. */
  dispose?(): void;
}
