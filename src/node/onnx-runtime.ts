/**
 * Runs a model with ONNX Runtime, where one of its packages is installed: onnxruntime-node, or onnxruntime-web. Neither is a
 * dependency, for each weighs more than all the rest.
 */
import type { FloatTensor } from '../verify/tensors.js';
import { readBytes } from './files.js';

/** One line that says how to get it. */
export const HOW_TO_GET_ONNX_RUNTIME =
  'npm install onnxruntime-node (or onnxruntime-web) compares every value with ONNX Runtime';

/** Larger models are left to the caller: the runtime holds several copies. */
const LARGEST_MODEL = 2 ** 30;

/** What is used of the packages. */
interface Runtime {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
  readonly env?: { logLevel?: string; wasm?: { numThreads?: number } };
}

interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

interface Session {
  readonly outputNames: readonly string[];
  run(feeds: Record<string, RuntimeTensor>): Promise<Record<string, RuntimeTensor>>;
  release?(): Promise<void>;
}

/** An input's values, and its element type as the model has it. */
export interface RuntimeInput extends FloatTensor {
  readonly type?: string;
}

/** What a run gave. */
export interface RuntimeValues {
  /** The package: `onnxruntime-node 1.30.0`. */
  readonly by: string;
  /** Values by name, of those that are numbers. */
  readonly values: ReadonlyMap<string, FloatTensor>;
}

/** The runtime that is installed; undefined where there is none. */
export async function loadOnnxRuntime(): Promise<{ runtime: Runtime; name: string } | undefined> {
  for (const name of ['onnxruntime-node', 'onnxruntime-web'])
    try {
      const module = (await import(name)) as Runtime & { default?: Runtime };
      const runtime = Object.hasOwn(module, 'InferenceSession') ? module : (module.default ?? module);

      if (runtime.env) {
        runtime.env.logLevel = 'error';
        // Threads of the runtime's own would need workers, which outlive the run.
        if (runtime.env.wasm) runtime.env.wasm.numThreads = 1;
      }
      return { runtime, name };
    } catch {
      // Not installed, or not for this machine.
    }
  return undefined;
}

/**
 * Runs a model file and gives the values asked for, inner ones too.
 * @returns undefined when no runtime is installed, or the model is too large for it
 */
export async function runWithOnnxRuntime(
  file: string,
  inputs: ReadonlyMap<string, RuntimeInput>,
  wanted: ReadonlySet<string>,
): Promise<RuntimeValues | undefined> {
  const found = await loadOnnxRuntime();
  if (!found) return undefined;
  const model = await readBytes(file);
  if (model.length > LARGEST_MODEL) return undefined;
  const { runtime, name } = found;
  const session = await runtime.InferenceSession.create(withOutputs(model, wanted), {
    // Every value is to be as the model has it, none fused away.
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  try {
    const feeds = Object.fromEntries([...inputs].map(([key, input]) => [key, tensorOf(runtime, input)]));
    const results = await session.run(feeds);
    const values = new Map<string, FloatTensor>();
    for (const [key, { dims, data }] of Object.entries(results)) {
      const numbers = toFloats(data);
      if (numbers) values.set(key, { shape: [...dims], data: numbers });
    }
    return { by: name, values };
  } finally {
    await session.release?.();
  }
}

function tensorOf(runtime: Runtime, { shape, data, type = 'float' }: RuntimeInput): RuntimeTensor {
  switch (type) {
    case 'int64':
      return new runtime.Tensor(
        'int64',
        BigInt64Array.from(data, (value) => BigInt(Math.round(value))),
        shape,
      );
    case 'int32':
      return new runtime.Tensor('int32', Int32Array.from(data), shape);
    case 'bool':
      return new runtime.Tensor(
        'bool',
        Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)),
        shape,
      );
    case 'double':
      return new runtime.Tensor('float64', Float64Array.from(data), shape);
    default:
      return new runtime.Tensor('float32', data, shape);
  }
}

function toFloats(data: unknown): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array ||
    data instanceof Int8Array
  )
    return Float32Array.from(data);
  return undefined;
}

/**
 * The model with more outputs. Protobuf joins a message that occurs twice, so that it is enough to write behind the model a
 * graph that has nothing but them.
 */
export function withOutputs(model: Uint8Array, names: Iterable<string>): Uint8Array {
  const encoder = new TextEncoder();
  const field = (tag: number, bytes: Uint8Array): number[] => [tag, ...varint(bytes.length), ...bytes];
  const infos: number[] = [];
  for (const name of names) infos.push(...field(0x62, Uint8Array.from(field(0x0a, encoder.encode(name)))));
  const graph = Uint8Array.from(field(0x3a, Uint8Array.from(infos)));
  const joined = new Uint8Array(model.length + graph.length);
  joined.set(model);
  joined.set(graph, model.length);
  return joined;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}
