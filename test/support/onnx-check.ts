/** Imports a small model, runs the net, and compares its outputs with the operators' references. */
import { seededRandom } from '../../src/engine/random.js';
import { importOnnx, type ImportOptions, type ImportedNet } from '../../src/onnx/index.js';
import { fromBytes, toBytes } from '../../src/proto/random-access.js';
import { writeCaffemodel } from '../../src/proto/caffemodel-writer.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { Net } from '../../src/runtime/net.js';
import { onnxModel, type ModelInput } from './onnx-model.js';

export interface Checked {
  readonly imported: ImportedNet;
  /** Types of the layers, in order, without the inputs. */
  readonly types: readonly string[];
}

/** Where values of inputs lie. */
export interface Range {
  readonly low?: number;
  readonly high?: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

/**
 * @param tolerance largest difference allowed as a part of the output's largest value: float32's rounding through a few
 * layers, of sums of up to some hundred terms, unless a case says more
 * @throws Error when an output differs
 */
export async function checkImport(
  model: ModelInput,
  options: ImportOptions & { seed?: number; range?: Range; tolerance?: number } = {},
): Promise<Checked> {
  const { seed = 1, range = {}, tolerance = 2e-6, ...importOptions } = options;
  const { low = -2, high = 2, whole = false } = range;
  const imported = await importOnnx(onnxModel(model), importOptions);
  const sink = toBytes();
  await writeCaffemodel(sink, imported.weights.net, imported.weights.blobs, { schema: imported.schema });
  const reader = await CaffemodelReader.open(fromBytes(sink.bytes()));
  const net = await Net.load(imported.net, {
    weights: reader,
    algorithm: 'gemm',
    threads: 1,
    strict: true,
    schema: imported.schema,
  });
  try {
    const inputs = new Map<string, Float32Array>();
    for (const { name } of imported.inputs) {
      const random = seededRandom(seed, name);
      const { data } = net.blobs.get(name)!;
      for (let i = 0; i < data.length; i++) {
        const value = low + (high - low) * random();
        data[i] = whole ? Math.floor(value) : value;
      }
      inputs.set(name, data.slice());
    }
    await net.forward();
    const values = imported.interpret(inputs)!;
    for (const name of imported.outputs) {
      const [actual, expected] = [net.blobs.get(name)!, values.get(name)!];
      compare(name, actual.data, expected.data, tolerance);
      const shape = expected.shape.length === 0 ? [1] : [...expected.shape];
      if (actual.shape.join() !== shape.join())
        throw new Error(`${name}: shape ${actual.shape.join('x')}, expected ${shape.join('x')}`);
    }
    return { imported, types: imported.net.layer!.map(({ type }) => type!).filter((type) => type !== 'Input') };
  } finally {
    net.dispose();
  }
}

function compare(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  if (actual.length !== expected.length)
    throw new Error(`${name}: ${actual.length} values, expected ${expected.length}`);
  let most = 1;
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i])) most = Math.max(most, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i]!, expected[i]!];
    if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= tolerance * most) continue;
    throw new Error(`${name}[${i}]: ${x}, expected ${y} within ${(tolerance * most).toExponential(1)}`);
  }
}
