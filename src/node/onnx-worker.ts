/**
 * Runs ONNX Runtime for the Web in a thread of its own, which takes all its memory with it: what WebAssembly has grown to once, a
 * process never gives back.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { resolvePackage } from './resolve-package.js';

/** What a run takes. The buffers of all arrays go to the thread; none can be read here any more. */
export interface WorkerRun {
  readonly model: Uint8Array;
  /** Options of the session. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Inputs: type of the runtime's, values and shape, by name. */
  readonly feeds: readonly (readonly [name: string, type: string, data: unknown, shape: readonly number[]])[];
  readonly wanted: readonly string[];
}

/** Values in the arrays that the runtime gives, or what it threw. */
export type WorkerResult =
  | { readonly values: readonly (readonly [name: string, type: string, data: unknown, shape: readonly number[]])[] }
  | { readonly error: string };

/** Where the package is that stands beside netspec or in the working directory; undefined where it is only found by `import`. */
export function findForWorker(name: string): string | undefined {
  return resolvePackage(name, import.meta.url) ?? resolvePackage(name, path.resolve('package.json'));
}

/**
 * Runs a model once.
 * @param file of the package, as {@link findForWorker} gives it
 */
export async function runInWorker(file: string, run: WorkerRun): Promise<WorkerResult> {
  const buffers = new Set(
    [run.model, ...run.external.map(({ data }) => data)].map(({ buffer }) => buffer as ArrayBuffer),
  );
  const worker = new Worker(PROGRAM, {
    eval: true,
    name: 'onnxruntime',
    execArgv: [],
    workerData: { file, run },
    transferList: [...buffers],
    // What the runtime says of a model, it throws too.
    stdout: true,
    stderr: true,
  });
  try {
    return await new Promise<WorkerResult>((resolve) => {
      worker.once('message', resolve);
      worker.once('error', (error) => resolve({ error: error instanceof Error ? error.message : String(error) }));
      worker.once('exit', () => resolve({ error: 'its thread ended' }));
    });
  } finally {
    await worker.terminate();
  }
}

const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { file, run } = workerData;
async function main() {
  const ort = require(file);
  ort.env.logLevel = 'fatal';
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(run.model, {
    ...run.options,
    ...(run.external.length > 0 && { externalData: run.external }),
  });
  // The runtime has copied them: they may go with the next collection.
  run.external.length = 0;
  const feeds = Object.fromEntries(
    run.feeds.map(([name, type, data, shape]) => [name, new ort.Tensor(type, data, shape)]),
  );
  const results = await session.run(feeds, run.wanted);
  const values = Object.entries(results).map(([name, { type, data, dims }]) => [name, type, data, dims]);
  const buffers = new Set(values.map(([, , data]) => data.buffer).filter((buffer) => buffer instanceof ArrayBuffer));
  parentPort.postMessage({ values }, [...buffers]);
}
main().catch((error) => parentPort.postMessage({ error: String(error?.message ?? error) }));
`;
