/** engine: the page's end of the worker that runs nets. */
import type { EngineMethods } from './engine.worker.js';

type Result<M extends keyof EngineMethods> = Awaited<ReturnType<EngineMethods[M]>>;

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly layer: string;
}

export class Engine {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #id = 0;

  constructor(readonly onProgress: (progress: Progress) => void) {}

  /** Starts the worker, unless it runs: it compiles its program meanwhile. The first call does so too. */
  start(): Worker {
    if (this.#worker) return this.#worker;
    this.#worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if ('event' in data) {
        this.onProgress(data.detail);
        return;
      }
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error === undefined) waiting?.resolve(data.result as never);
      else waiting?.reject(new Error(data.error));
    });
    return this.#worker;
  }

  /** @throws Error with the message that the worker's error has */
  call<M extends keyof EngineMethods>(method: M, ...args: Parameters<EngineMethods[M]>): Promise<Result<M>> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.start().postMessage({ id, method, args });
    });
  }
}

type Reply = { event: string; detail: Progress } | { id: number; result?: unknown; error?: string };
