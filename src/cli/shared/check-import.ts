/** check-import: holds a net that was imported against the model itself, value by value. */
import type { OnnxModelFile } from '../../node/onnx-references.js';
import type { ImportedNet } from '../../onnx/import-onnx.js';
import type { Net } from '../../runtime/net.js';
import type { LayerSamples } from '../../verify/html/samples.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NameMap } from '../../weights/maps/map.js';
import type { Tensor, WeightSource } from '../../weights/source.js';
import { randomValues } from './random-input.js';

/** What the model's values were computed with. */
export interface References {
  readonly source: WeightSource;
  readonly by: string;
  /** What the user should know of how they were computed. */
  readonly remarks: readonly string[];
}

/** That nothing at hand can compute them, and why. */
export interface NoReferences {
  readonly why: string;
}

/**
 * Values of the model, for what the net's inputs hold if they are set, else for random inputs, which are then set. A net that
 * begins at inner values of the model is fed these.
 * @param net the net, or its inputs alone
 * @param isSet whether the net's inputs are
 */
export async function referencesOf(
  imported: ImportedNet,
  model: OnnxModelFile,
  net: Net,
  { isSet, inputShapes }: { isSet: boolean; inputShapes: ReadonlyMap<string, readonly number[]> },
): Promise<References | NoReferences> {
  if (!isSet)
    for (const { name, shape, type } of imported.inputs) net.blobs.get(name)!.data.set(randomValues(name, shape, type));
  if (isSet && !imported.isWhole) return ownReferences(imported, model.file, net);
  const inputs = new Map<string, Tensor>();
  if (!imported.isWhole)
    for (const { name, shape, type } of model.inputs(inputShapes))
      if (!net.inputs.includes(name)) inputs.set(name, { shape, data: randomValues(name, shape, type) });
  const run = await model.run(net, { inputs, wanted: imported.wanted, isLast: true });
  return 'why' in run ? run : { source: run.references, by: run.by, remarks: run.remarks };
}

/** The values that the net's part of the model has for its inputs, by netspec's own references. */
async function ownReferences(imported: ImportedNet, file: string, net: Net): Promise<References | NoReferences> {
  const { fromTensors } = await import('../../node.js');
  const { OWN_REFERENCES } = await import('../../node/onnx-references.js');
  const values = imported.interpret(new Map(imported.inputs.map(({ name }) => [name, net.blobs.get(name)!.data])));
  if (!values) return { why: 'without --input the whole model is run, on random values' };
  return { source: fromTensors(Object.fromEntries(values), file), by: OWN_REFERENCES, remarks: [] };
}

/** Compares every layer whose value the model has. */
export async function checkImport(
  net: Net,
  { source }: References,
  map: NameMap,
  samples: LayerSamples,
): Promise<VerifyReport> {
  const { verify } = await import('../../node.js');
  return verify(net, { references: source, map, onCompared: samples.observe, freeBlobs: true });
}
