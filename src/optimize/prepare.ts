/** prepare: a net and its weights, joined for passes that change them. */
import { NetspecError, didYouMean } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { CaffemodelReader } from '../proto/caffemodel-reader.js';
import { encodeNet } from '../proto/codec.js';
import { schemaOf } from '../proto/message.js';
import type { Schema } from '../proto/schema.js';
import { filterNet } from '../runtime/state-filter.js';
import { Net } from '../runtime/net.js';
import { withState, type NetOptions } from '../runtime/net-options.js';
import { readParameters, type LayerParameters } from './storage.js';
import { connect, latestValues, unreadValues, type Step, type Value, type WorkingNet } from './work.js';

/** The state that a net is prepared in. */
export interface PrepareOptions extends Pick<
  NetOptions,
  'phase' | 'level' | 'stages' | 'file' | 'schema' | 'stepOver' | 'blobShapes'
> {
  /** Blobs that must still be computed. Default: those that no layer reads. */
  outputs?: readonly string[];
}

/** A caffemodel, opened where it is not yet. */
export async function openReader(
  weights: CaffemodelReader | Uint8Array | NetParameter,
  schema: Schema | undefined,
): Promise<CaffemodelReader> {
  if (weights instanceof CaffemodelReader) return weights;
  if (weights instanceof Uint8Array) return CaffemodelReader.open(weights, { schema });
  // The bytes are read at once, by the numbers that they were written with: nothing to remark.
  const own = schema ?? schemaOf(weights);
  return CaffemodelReader.open(encodeNet(weights, own), { schema: own });
}

/** Values come from the weights; those that a net file holds itself would be a second truth. */
export function withoutBlobs(net: NetParameter): NetParameter {
  if (!net.layer?.some(({ blobs }) => blobs?.length)) return net;
  return { ...net, layer: net.layer.map(({ blobs: _blobs, ...layer }) => layer) };
}

/** A net as its layers, values and parameters, for one state. */
export async function prepare(
  given: NetParameter,
  reader: CaffemodelReader,
  options: PrepareOptions,
): Promise<{ working: WorkingNet; parameters: LayerParameters[]; ignored: string[] }> {
  const layers = filterNet(withState(given, options)).layer ?? [];
  const { phase, level, stages, file, schema, stepOver, blobShapes } = options;
  const paramShapes = new Map(reader.layers.map(({ name, blobs }) => [name, blobs.map(({ shape }) => shape)]));
  const state = { phase, level, stages, file, schema, stepOver, blobShapes, paramShapes };
  const built = await Net.load(given, { ...state, shapesOnly: true });
  try {
    const { parameters, ignored } = readParameters(layers, built, reader);
    const steps = connect(
      layers,
      (blob) => built.blobs.get(blob)!.shape,
      (index) => [...parameters[index]!.params],
    );
    const outputs = options.outputs ? namedValues(steps, options.outputs) : unreadValues(steps);
    return { working: { steps, outputs, isTest: built.phase === 'TEST' }, parameters, ignored };
  } finally {
    built.dispose();
  }
}

function namedValues(steps: readonly Step[], names: readonly string[]): Value[] {
  const values = latestValues(steps);
  return names.map((name) => {
    const value = values.get(name);
    if (!value) throw new NetspecError(`the net has no blob '${name}'`, { hint: didYouMean(name, values.keys()) });
    return value;
  });
}
