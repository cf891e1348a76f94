/**
 * Team: the threads that compute on one memory. The thread that runs the net takes part in every job; helpers are
 * started when the first job comes that is worth it, sleep between jobs, and never keep a process alive.
 * How they share the units of a job: assembly/team.ts.
 */
import type { Kernels } from './kernels.js';

/** Jobs that assembly/team.ts knows. */
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

/** A thread that runs {@link helperSource}. */
export interface Helper {
  /** Ends the thread at once, wherever it is. */
  terminate(): unknown;
}

/** What a helper is started with. */
export interface HelperData {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  team: number;
  worker: number;
}

/** The program of a helper, given the expression that yields its {@link HelperData}. */
export function helperSource(data: string): string {
  return (
    `const { module, memory, team, worker } = ${data};\n` +
    'new WebAssembly.Instance(module, { env: { memory } }).exports.team_work__scalar(team, worker);\n'
  );
}

export interface Threads {
  /** How many threads the machine runs at once. */
  readonly available: number;
  /** @throws when no thread can be started */
  start(data: HelperData): Helper;
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
  interface WebWorker extends Helper {
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
      const source = `onmessage = (event) => {\n${helperSource('event.data')}close();\n};`;
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

/** Where the state of a team is: in the first page of the memory, which no arena hands out. */
const TEAM_ADDRESS = 64;

/** Multiply-adds of a job from which waking the helpers pays. */
export const WORTH_SHARING = 1e5;
/** Multiply-adds of all jobs from which starting them does. */
const WORTH_STARTING = 2e7;

export class Team {
  #helpers: Helper[] | undefined;
  /** Multiply-adds of all jobs so far. */
  #work = 0;

  /** @param threads how many work together, this one included; more than 1 only over shared memory */
  constructor(
    readonly threads: number,
    private readonly module: WebAssembly.Module,
    private readonly memory: WebAssembly.Memory,
    private readonly kernels: Kernels,
  ) {
    kernels.team_found__scalar(TEAM_ADDRESS);
  }

  /**
   * Runs all units of a job and returns when they are done.
   * @param task address of what the job's kernel takes
   * @param macs about how many multiply-adds it is, or memory accesses if there are more of those
   */
  run(job: JobKind, task: number, units: number, macs: number): void {
    this.#work += macs;
    if (this.threads > 1 && units > 1 && macs >= WORTH_SHARING && this.#hasHelpers())
      this.kernels.team_run__scalar(TEAM_ADDRESS, job, task, units);
    else this.kernels.team_run_alone__scalar(job, task, units);
  }

  /** Starts all helpers now and waits until they have arrived: for measuring without the start. */
  async assemble(): Promise<void> {
    this.#work = Infinity;
    if (this.threads === 1 || !this.#hasHelpers()) return;
    // A helper that cannot start never arrives.
    for (let tries = 0; tries < 1000 && this.kernels.team_present__scalar(TEAM_ADDRESS) < this.threads - 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Ends the helpers. */
  dismiss(): void {
    if (this.#helpers && this.#helpers.length > 0) this.kernels.team_dismiss__scalar(TEAM_ADDRESS);
    this.#helpers = [];
  }

  #hasHelpers(): boolean {
    if (this.#helpers) return this.#helpers.length > 0;
    if (this.#work < WORTH_STARTING) return false;
    this.#helpers = [];
    const { module, memory } = this;
    try {
      for (let worker = 1; worker < this.threads; worker++)
        this.#helpers.push(threadsHere()!.start({ module, memory, team: TEAM_ADDRESS, worker }));
    } catch {
      // No thread to be had: this one does all the work.
    }
    return this.#helpers.length > 0;
  }
}
