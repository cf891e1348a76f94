/** check-import: holds a net that was imported against the model itself, value by value. */
import { gaussian, seededRandom } from '../../engine/random.js';
import type { ImportedNet } from '../../onnx/import-onnx.js';
import type { Net } from '../../runtime/net.js';
import type { LayerSamples } from '../../verify/html/samples.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NameMap } from '../../weights/maps/map.js';
import type { WeightSource } from '../../weights/source.js';

/** What the model's values were computed with. */
export interface References {
  readonly source: WeightSource;
  readonly by: string;
  /** Whether that is netspec itself. */
  readonly isOwn: boolean;
}

/** Numbers of the standard normal distribution, the same ones every time. */
export function fillInputs(net: Net): void {
  for (const name of net.inputs) {
    const random = gaussian(seededRandom(0, name));
    const { data } = net.blobs.get(name)!;
    for (let i = 0; i < data.length; i++) data[i] = random();
  }
}

/** Values of the model for the inputs that a net has; undefined when nothing at hand can compute them. */
export async function referencesOf(imported: ImportedNet, model: string, net: Net): Promise<References | undefined> {
  const { fromTensors } = await import('../../node.js');
  const { runWithOnnxRuntime } = await import('../../node/onnx-runtime.js');
  const inputs = new Map(
    imported.inputs.map(
      ({ name, shape, type }) => [name, { shape, type, data: net.blobs.get(name)!.data.slice() }] as const,
    ),
  );
  // A model that is cut runs from its own inputs in the runtime, which are not there.
  const ran = imported.isWhole ? await runWithOnnxRuntime(model, inputs, imported.wanted) : undefined;
  if (ran) return { source: fromTensors(Object.fromEntries(ran.values), model), by: ran.by, isOwn: false };
  const values = imported.interpret(new Map([...inputs].map(([name, { data }]) => [name, data])));
  if (!values) return undefined;
  const tensors = [...values].map(([name, { shape, data }]) => [name, { shape, data }] as const);
  return {
    source: fromTensors(Object.fromEntries(tensors), model),
    by: "netspec's own references of the operators, in double precision",
    isOwn: true,
  };
}

/** Compares every layer whose value the model has. */
export async function checkImport(
  net: Net,
  { source }: References,
  map: NameMap,
  samples: LayerSamples,
): Promise<VerifyReport> {
  const { verify } = await import('../../node.js');
  return verify(net, { references: source, map, onCompared: samples.observe });
}
