/**
 * Runs a model with ONNX Runtime, where one of its packages is installed: onnxruntime-node, or onnxruntime-web. Neither is a
 * dependency, for each weighs more than all the rest.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { float16ToFloat32 } from 'npyjs';
import { detachInitializers } from '../onnx/reader/detach.js';
import type { StoredTensor } from '../onnx/schema/model.js';
import { halvesOf } from '../proto/half.js';
import type { FloatTensor } from '../verify/tensors.js';
import { openFile } from './files.js';
import { findForWorker, runInWorker } from './onnx-worker.js';
import { besideFile } from './open-beside.js';
import { resolvePackage } from './resolve-package.js';

/** One line that says how to get it. */
export const HOW_TO_GET_ONNX_RUNTIME =
  'npm install onnxruntime-node (or onnxruntime-web) compares every value with ONNX Runtime';

/** Larger models, with the files that hold their tensors, are not run: the runtime holds several copies. */
const LARGEST_MODEL = 2 ** 30;

const PACKAGES = ['onnxruntime-node', 'onnxruntime-web'] as const;

/** What is used of the packages. */
interface Runtime {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
  readonly env?: {
    logLevel?: string;
    wasm?: { numThreads?: number };
    versions?: Readonly<Record<string, string | undefined>>;
  };
}

interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

interface Session {
  run(feeds: Record<string, RuntimeTensor>, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  release?(): Promise<void>;
}

/** An input's values, and its element type as the model has it. */
export interface RuntimeInput extends FloatTensor {
  readonly type?: string;
}

/** A model to be run. */
export interface RuntimeModel {
  readonly file: string;
  /** The outputs that it has already. */
  readonly outputs: readonly string[];
  /** The files that hold its tensors, from its folder. */
  readonly externalFiles: readonly string[];
  /** Those of its graph, as they were read: the runtime copies their values from there. */
  readonly initializers: ReadonlyMap<string, StoredTensor>;
}

/** What a run gave. */
export interface RuntimeRun {
  /** The package: `onnxruntime-node 1.30.0`. */
  readonly by: string;
  /** Values by name, of those that are numbers; undefined where it does not run the model. */
  readonly values?: ReadonlyMap<string, FloatTensor>;
  /** Why it does not. */
  readonly problem?: string;
}

/** The runtime that is installed beside netspec, or in the working directory; undefined where there is none. */
export async function loadOnnxRuntime(): Promise<{ runtime: Runtime; name: string } | undefined> {
  for (const name of PACKAGES) {
    const module = (await imported(name)) ?? (await imported(fromWorkingDirectory(name)));
    if (!module) continue;
    const runtime = module.InferenceSession ? (module as Runtime) : module.default;
    if (!runtime) continue;
    if (runtime.env) {
      // What goes wrong is thrown too.
      runtime.env.logLevel = 'fatal';
      // Threads of the runtime's own would need workers, which outlive the run.
      if (runtime.env.wasm) runtime.env.wasm.numThreads = 1;
    }
    const version = runtime.env?.versions?.[name === 'onnxruntime-web' ? 'web' : 'node'];
    return { runtime, name: version === undefined ? name : `${name} ${version}` };
  }
  return undefined;
}

type RuntimeModule = Partial<Runtime> & { readonly default?: Runtime };

/** Undefined where it is not installed, or not for this machine. */
async function imported(specifier: string | undefined): Promise<RuntimeModule | undefined> {
  if (specifier === undefined) return undefined;
  try {
    return (await import(specifier)) as RuntimeModule;
  } catch {
    return undefined;
  }
}

function fromWorkingDirectory(name: string): string | undefined {
  const file = resolvePackage(name, path.resolve('package.json'));
  return file && pathToFileURL(file).href;
}

/**
 * Runs a model and gives the values asked for, inner ones too.
 * @param wanted names of values that nodes of the model's main graph give
 * @param consumes the values of the model's initializers are not needed any more: where the runtime runs in a thread of its own they
 * are handed over to it, and its memory is free after the run
 * @returns undefined when no runtime is installed
 * @throws NetspecError when a file cannot be read
 */
export async function runWithOnnxRuntime(
  model: RuntimeModel,
  inputs: ReadonlyMap<string, RuntimeInput>,
  wanted: ReadonlySet<string>,
  { consumes = false }: { consumes?: boolean } = {},
): Promise<RuntimeRun | undefined> {
  const found = await loadOnnxRuntime();
  if (!found) return undefined;
  const { runtime, name: by } = found;
  const inThread = consumes && by.startsWith('onnxruntime-web') ? findForWorker('onnxruntime-web') : undefined;
  const files = await readFiles(model);
  if (!files) return { by, problem: `it is larger than ${LARGEST_MODEL / 2 ** 30} GiB` };
  const declared = new Set(model.outputs);
  const more = [...wanted].filter((name) => !declared.has(name));
  const bytes = withOutputs(files.model, more);
  if (inThread !== undefined) {
    const feeds = [...inputs].map(([name, input]) => [name, ...feedOf(input)] as const);
    const run = { model: bytes, options: SESSION, external: files.external, feeds, wanted: [...wanted] };
    const result = await runInWorker(inThread, run);
    if ('error' in result) return { by, problem: problemOf(new Error(result.error)) };
    return { by, values: floatsOf(result.values) };
  }
  let session: Session | undefined;
  try {
    session = await runtime.InferenceSession.create(bytes, {
      ...SESSION,
      ...(files.external.length > 0 && { externalData: files.external }),
    });
    const feeds = Object.fromEntries(
      [...inputs].map(([key, input]) => [key, new runtime.Tensor(...feedOf(input))] as const),
    );
    // Only these: an output of the model's own may be a sequence, which has no place here.
    const results = await session.run(feeds, [...wanted]);
    return {
      by,
      values: floatsOf(Object.entries(results).map(([key, { type, dims, data }]) => [key, type, data, dims])),
    };
  } catch (error) {
    return { by, problem: problemOf(error) };
  } finally {
    await session?.release?.();
  }
}

const SESSION = {
  // Every value is to be as the model has it, none fused away.
  graphOptimizationLevel: 'disabled',
  logSeverityLevel: 4,
};

/** Those that are numbers. */
function floatsOf(
  values: readonly (readonly [name: string, type: string, data: unknown, shape: readonly number[]])[],
): Map<string, FloatTensor> {
  const floats = new Map<string, FloatTensor>();
  for (const [name, type, data, shape] of values) {
    const numbers = toFloats(type, data);
    if (numbers) floats.set(name, { shape: shape.map(Number), data: numbers });
  }
  return floats;
}

/** The model, and the files of its tensors; undefined when they are too large. */
async function readFiles({ file, externalFiles, initializers }: RuntimeModel) {
  const open = besideFile(file);
  const access = await openFile(file);
  try {
    let bytes = access.size;
    if (bytes > LARGEST_MODEL) return undefined;
    const { model, tensors: external } = await detachInitializers(access, initializers);
    const files = [...external];
    for (const location of externalFiles) {
      const beside = await open(location);
      try {
        bytes += beside.size;
        if (bytes > LARGEST_MODEL) return undefined;
        const data = new Uint8Array(beside.size);
        await beside.read(0, data);
        files.push({ path: location, data });
      } finally {
        await beside.close();
      }
    }
    return { model, external: files };
  } finally {
    await access.close();
  }
}

/** The reason in the runtime's words, without what only its makers can use. */
function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [first = ''] = text
    .replace(/^.*ERROR_MESSAGE: /s, '')
    .replace(/^\S+\.cc:\d+ .*?(?=\[ONNXRuntimeError\]|$)/s, '')
    .replace(/^\[ONNXRuntimeError\] : \d+ : \w+ : /, '')
    .trim()
    .split('\n');
  return first === '' ? 'it gives no reason' : first;
}

/** What the runtime makes a tensor of. */
function feedOf({
  shape,
  data,
  type = 'float',
}: RuntimeInput): [type: string, values: unknown, shape: readonly number[]] {
  const make = FEEDS[type] ?? FEEDS['float']!;
  return [...make(data), shape];
}

type Feed = readonly [string, unknown];

/** By ONNX's name of an element type: that of the runtime's, and the values in the array that it takes. */
const FEEDS: Readonly<Record<string, (data: Float32Array) => Feed>> = {
  float: (data) => ['float32', data],
  double: (data) => ['float64', Float64Array.from(data)],
  float16: (data) => ['float16', halvesOf(data)],
  int64: (data) => ['int64', BigInt64Array.from(data, (value) => BigInt(Math.round(value)))],
  uint64: (data) => ['uint64', BigUint64Array.from(data, (value) => BigInt(Math.round(value)))],
  int32: (data) => ['int32', Int32Array.from(data)],
  uint32: (data) => ['uint32', Uint32Array.from(data)],
  int16: (data) => ['int16', Int16Array.from(data)],
  uint16: (data) => ['uint16', Uint16Array.from(data)],
  int8: (data) => ['int8', Int8Array.from(data)],
  uint8: (data) => ['uint8', Uint8Array.from(data)],
  bool: (data) => ['bool', Uint8Array.from(data, (value) => (value === 0 ? 0 : 1))],
};

function toFloats(type: string, data: unknown): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, float16ToFloat32);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return Float32Array.from(data as Float64Array);
  return undefined;
}

/**
 * The model with more outputs. Protobuf joins a message that occurs twice, so that it is enough to write behind the model a
 * graph that has nothing but them.
 */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  if (names.length === 0) return model;
  const encoder = new TextEncoder();
  const outputs = names.map((name) => field(0x62, field(0x0a, encoder.encode(name))));
  const graph = field(0x3a, joined(outputs));
  return joined([model, graph]);
}

/** A field of bytes: its tag, their number, and them. */
function field(tag: number, bytes: Uint8Array): Uint8Array {
  const head = [tag];
  let length = bytes.length;
  for (; length >= 128; length >>>= 7) head.push((length & 127) | 128);
  return joined([Uint8Array.from([...head, length]), bytes]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
