/** Exports a net, runs the model with ONNX Runtime, and compares every value of every layer with the net's own. */
import { withOutputs } from '../../src/node/onnx-runtime.js';
import { exportOnnx, importOnnx, type ExportedModel, type ExportOptions } from '../../src/onnx/index.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { writeCaffemodel } from '../../src/proto/caffemodel-writer.js';
import { toBytes } from '../../src/proto/random-access.js';
import { Net } from '../../src/runtime/net.js';

/** A value of a model that was compared with what the net has. */
export interface ComparedValue {
  readonly layer: string;
  readonly type: string;
  readonly value: string;
  /** Largest difference, as a part of the largest magnitude. Infinity where shapes, or places of NaN and infinities differ. */
  readonly difference: number;
}

export interface CheckedExport {
  readonly model: ExportedModel;
  readonly bytes: Uint8Array;
  /** What the inputs were: a layer may write over them. */
  readonly inputs: ReadonlyMap<string, Values>;
  readonly compared: readonly ComparedValue[];
}

/**
 * @param net with its weights, and values in its inputs; a forward pass is run
 * @returns what was compared: the tops of every layer
 */
export async function checkExport(net: Net, options: ExportOptions = {}): Promise<CheckedExport> {
  const model = await exportOnnx(net, options);
  const bytes = await model.bytes();
  const inputs = new Map(
    model.inputs.map(({ name, shape }) => [name, { shape, data: net.blobs.get(name)!.peek().slice() }]),
  );
  const expected = new Map<string, { shape: readonly number[]; data: Float32Array; layer: string; type: string }>();
  await net.forward({
    onLayer: (index, { name, type }) => {
      net.topNamesOf(index).forEach((top, i) => {
        const { shape } = net.blobs.get(top)!;
        const data = net.blobs.get(top)!.peek().slice();
        expected.set(model.layers[index]!.values[i]!, { shape, data, layer: name, type });
      });
    },
  });
  const wanted = new Set([...expected.keys()].filter((name) => !inputs.has(name)));
  const found = await runModel(bytes, inputs, wanted);
  const compared = [...wanted].map((name) => {
    const { layer, type, ...reference } = expected.get(name)!;
    const actual = found.get(name);
    return { layer, type, value: name, difference: actual ? differenceOf(actual, reference) : Infinity };
  });
  return { model, bytes, inputs, compared };
}

interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Runs a model and gives the values asked for. */
export async function runModel(
  bytes: Uint8Array,
  inputs: ReadonlyMap<string, Values>,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Values>> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web');
  // Threads of the runtime's own would need workers, which outlive the run.
  env.wasm.numThreads = 1;
  env.logLevel = 'error';
  const session = await InferenceSession.create(withOutputs(bytes, [...wanted]), {
    // Every value is to be as the model has it, none fused away.
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  try {
    const feeds = [...inputs].map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)]);
    const results = await session.run(Object.fromEntries(feeds) as Record<string, InstanceType<typeof Tensor>>);
    return new Map(
      [...wanted].map((name) => [name, { shape: results[name]!.dims, data: results[name]!.data as Float32Array }]),
    );
  } finally {
    await session.release();
  }
}

/**
 * Imports an exported model, runs the net on the inputs of the one that was exported, and compares the outputs.
 * @param net has run a forward pass
 * @returns the largest difference of an output, as a part of its largest magnitude
 */
export async function checkImportOf(net: Net, { bytes, inputs, model }: CheckedExport): Promise<number> {
  const imported = await importOnnx(bytes, { style: 'exact-bvlc', allowApproximate: true });
  const sink = toBytes();
  await writeCaffemodel(sink, imported.weights.net, imported.weights.blobs, { schema: imported.schema });
  const reader = await CaffemodelReader.open(sink.bytes());
  const again = await Net.load(imported.net, { weights: reader, algorithm: 'gemm', threads: 1, strict: true });
  try {
    for (const { name } of imported.inputs) again.blobs.get(name)!.data.set(inputs.get(name)!.data);
    await again.forward();
    const differences = model.outputs.map(({ name }) => {
      const [actual, expected] = [again.blobs.get(name)!, net.blobs.get(name)!];
      // Caffe's nets have no values without axes in the places where ONNX has: the count tells.
      const shape = [expected.count];
      return differenceOf({ shape: [actual.count], data: actual.peek() }, { shape, data: expected.peek() });
    });
    return Math.max(...differences);
  } finally {
    again.dispose();
  }
}

/** The largest difference as a part of the largest magnitude. */
export function differenceOf(actual: Values, expected: Values): number {
  if (actual.shape.join() !== expected.shape.join() || actual.data.length !== expected.data.length) return Infinity;
  let [most, largest] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i]!, expected.data[i]!];
    if (Object.is(a, b) || a === b) {
      if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
      continue;
    }
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    most = Math.max(most, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return most === 0 ? 0 : most / Math.max(largest, 1e-6);
}
