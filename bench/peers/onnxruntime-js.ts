/**
 * ONNX Runtime from npm, over translations of the nets: `onnxruntime-js.ts node|web FOLDER`, FOLDER being where the
 * package onnxruntime-node or onnxruntime-web is installed.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve, readFloats } from './protocol.js';

/** As much of ONNX Runtime as is used here. */
interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
interface Session {
  readonly outputNames: readonly string[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}
interface OnnxRuntime {
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
  InferenceSession: { create(file: string, options: Record<string, unknown>): Promise<Session> };
  env: { versions: { common: string }; wasm: { numThreads?: number } };
}

const [kind = 'node', folder = '.'] = process.argv.slice(2);
const require = createRequire(path.resolve(folder, 'any.js'));
const module = (await import(pathToFileURL(require.resolve(`onnxruntime-${kind}`)).href)) as Partial<OnnxRuntime> & {
  default: OnnxRuntime;
};
const ort = module.InferenceSession ? (module as OnnxRuntime) : module.default;

let session: Session | undefined;
let feeds: Record<string, Tensor> = {};
let results: Record<string, Tensor> = {};

await serve({
  version: `onnxruntime-${kind} ${ort.env.versions.common}`,
  load: async ({ onnx, input, threads }) => {
    await session?.release();
    ort.env.wasm.numThreads = threads;
    session = await ort.InferenceSession.create(onnx, {
      executionProviders: [kind === 'web' ? 'wasm' : 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    });
    feeds = { [input.name]: new ort.Tensor('float32', readFloats(input.file), input.shape) };
  },
  pass: async () => {
    results = await session!.run(feeds);
  },
  outputs: () => Object.entries(results).map(([name, { dims, data }]) => ({ name, shape: dims, data })),
});
