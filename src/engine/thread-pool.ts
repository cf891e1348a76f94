/**
 * ThreadPool: the threads that compute on one memory. The thread that runs the net takes part in every job; workers are
 * started when the first job comes that is worth it, sleep between jobs, and never keep a process alive.
 * How they share the units of a job: assembly/thread-pool.ts.
 */
import type { Kernels } from './kernels.js';

/** Jobs that assembly/thread-pool.ts knows. */
export const Job = {
  pack: 0,
  product: 1,
  winogradInput: 2,
  winogradOutputs: 3,
  winogradKernels: 4,
  winogradTiles: 5,
  range: 6,
} as const;
export type JobKind = (typeof Job)[keyof typeof Job];

/** A thread that runs {@link workerSource}. */
export interface PoolWorker {
  /** Ends the thread at once, wherever it is. */
  terminate(): unknown;
}

/** What a worker is started with. */
export interface WorkerData {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  pool: number;
  worker: number;
}

/** The program of a worker, given the expression that yields its {@link WorkerData}. */
export function workerSource(data: string): string {
  return (
    `const { module, memory, pool, worker } = ${data};\n` +
    'new WebAssembly.Instance(module, { env: { memory } }).exports.pool_work__scalar(pool, worker);\n'
  );
}

export interface Threads {
  /** How many threads the machine runs at once. */
  readonly available: number;
  /** @throws when no thread can be started */
  start(data: WorkerData): PoolWorker;
}

/** More threads than this are not used unless asked for: memory, not arithmetic, is the limit by then. */
const MOST_THREADS = 16;

let host: Threads | undefined;

/** Says how to start threads here: the Node entry does, a browser's Web Workers are found by themselves. */
export function setThreads(threads: Threads): void {
  host = threads;
}

function threadsHere(): Threads | undefined {
  return (host ??= webWorkers());
}

/** Web Workers over Blob URLs, where there are both. */
function webWorkers(): Threads | undefined {
  interface WebWorker extends PoolWorker {
    postMessage(message: unknown): void;
  }
  const { Worker, navigator } = globalThis as {
    Worker?: new (url: string) => WebWorker;
    navigator?: { hardwareConcurrency?: number };
  };
  if (!Worker) return undefined;
  return {
    available: navigator?.hardwareConcurrency ?? 1,
    start: (data) => {
      const source = `onmessage = (event) => {\n${workerSource('event.data')}close();\n};`;
      const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      const worker = new Worker(url);
      worker.postMessage(data);
      return worker;
    },
  };
}

/** Threads that a net uses by default: as many as the machine runs at once, 1 where none can be started. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(threadsHere()?.available ?? 1, MOST_THREADS));
}

/** Where the state of a pool is: in the first page of the memory, which no arena hands out. */
const POOL_ADDRESS = 64;

/** Multiply-adds of a job from which waking the workers pays. */
export const WORTH_SHARING = 1e5;
/** Multiply-adds of all jobs from which starting them does. */
const WORTH_STARTING = 2e7;

export class ThreadPool {
  #workers: PoolWorker[] | undefined;
  /** Multiply-adds of all jobs so far. */
  #work = 0;

  /** @param threads how many work together, this one included; more than 1 only over shared memory */
  constructor(
    readonly threads: number,
    private readonly module: WebAssembly.Module,
    private readonly memory: WebAssembly.Memory,
    private readonly kernels: Kernels,
  ) {
    kernels.pool_init__scalar(POOL_ADDRESS);
  }

  /**
   * Runs all units of a job and returns when they are done.
   * @param task address of what the job's kernel takes
   * @param macs about how many multiply-adds it is, or memory accesses if there are more of those
   */
  run(job: JobKind, task: number, units: number, macs: number): void {
    this.#work += macs;
    if (this.threads > 1 && units > 1 && macs >= WORTH_SHARING && this.#hasWorkers())
      this.kernels.pool_run__scalar(POOL_ADDRESS, job, task, units);
    else this.kernels.pool_run_alone__scalar(job, task, units);
  }

  /** Starts all workers now and waits until they have arrived: for measuring without the start. */
  async startWorkers(): Promise<void> {
    this.#work = Infinity;
    if (this.threads === 1 || !this.#hasWorkers()) return;
    // A worker that cannot start never arrives.
    for (let tries = 0; tries < 1000 && this.kernels.pool_present__scalar(POOL_ADDRESS) < this.threads - 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Ends the workers. */
  stop(): void {
    if (this.#workers && this.#workers.length > 0) this.kernels.pool_stop__scalar(POOL_ADDRESS);
    this.#workers = [];
  }

  #hasWorkers(): boolean {
    if (this.#workers) return this.#workers.length > 0;
    if (this.#work < WORTH_STARTING) return false;
    this.#workers = [];
    const { module, memory } = this;
    try {
      for (let worker = 1; worker < this.threads; worker++)
        this.#workers.push(threadsHere()!.start({ module, memory, pool: POOL_ADDRESS, worker }));
    } catch {
      // No thread to be had: this one does all the work.
    }
    return this.#workers.length > 0;
  }
}
