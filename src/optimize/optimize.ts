/** optimizeNet: makes a net smaller for inference, and says what it did. The weights are read when they are written. */
import { OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import type { BlobProto, LayerParameter, NetParameter } from '../generated/messages.js';
import { CaffemodelReader } from '../proto/caffemodel-reader.js';
import { writeCaffemodel, type LayerBlobs } from '../proto/caffemodel-writer.js';
import { encodeNet } from '../proto/codec.js';
import type { ByteSink } from '../proto/random-access.js';
import type { Schema } from '../proto/schema.js';
import { filterNet } from '../runtime/state-filter.js';
import { Net } from '../runtime/net.js';
import { readNet, withState, type NetOptions } from '../runtime/net-options.js';
import { product } from '../shapes.js';
import { withForkFields } from './fork-fields.js';
import { dropIdentities } from './identity.js';
import { mergeAffine } from './merge.js';
import { prune } from './prune.js';
import { PASSES, type Change, type OptimizeReport, type Pass } from './report.js';
import { shareParameters } from './share.js';
import { readParameters, type LayerParameters, type Storage } from './storage.js';
import { connect, latestValues, toNet, unreadValues, type Step, type Value, type WorkingNet } from './work.js';

/** How {@link optimizeNet} optimizes. */
export interface OptimizeOptions extends Pick<
  NetOptions,
  'phase' | 'level' | 'stages' | 'file' | 'schema' | 'stepOver' | 'blobShapes'
> {
  /** Passes to run, whatever order they are given in. Default: all. */
  passes?: readonly Pass[];
  /** Blobs that must still be computed. Default: those that no layer reads. */
  outputs?: readonly string[];
}

/** An optimized net. Its weights are read from the source as they are written, which must stay open until then. */
export interface OptimizedNet {
  /** The net without weights, for a prototxt. It holds the layers of the given phase, level and stages only. */
  readonly net: NetParameter;
  /** Names of what it computes: those asked for, or the outputs of the net as it was. */
  readonly outputs: readonly string[];
  readonly report: OptimizeReport;
  /**
   * Writes the caffemodel with the memory of a few blobs. A layer that no pass changed is written with its blobs byte for
   * byte, and what BVLC's schema does not know of a layer of the file stays with the layer.
   * @returns the number of bytes written
   * @throws NetspecError when the source cannot be read
   */
  writeWeights(sink: ByteSink): Promise<number>;
}

const RUN: Record<Pass, (net: WorkingNet) => Change[] | Promise<Change[]>> = {
  prune,
  identity: dropIdentities,
  merge: mergeAffine,
  share: shareParameters,
};

/**
 * Makes a net smaller for inference, without changing what it computes but for rounding:
 *
 * - `prune` takes out layers that the outputs do not need;
 * - `identity` takes out Dropout (in phase TEST) and Split;
 * - `merge` puts BatchNorm, Scale and Bias into the convolution, deconvolution or inner product before them, in float64:
 *   w' = w · γ / √(σ² + ε), b' = (b − μ) · γ / √(σ² + ε) + β (Jacob et al. 2018, "Quantization and Training of Neural
 *   Networks for Efficient Integer-Arithmetic-Only Inference", section 3.2);
 * - `share` lets layers with equal parameters use one copy, by `param { name }`.
 *
 * @param source path of a prototxt (Node only), its text, or a message
 * @param weights an open caffemodel, its bytes, or a message with blobs
 * @throws NetspecError for a net or weights that Net.load refuses, an unknown pass, and an output that is no blob
 * @example
 * const reader = await CaffemodelReader.open(await openFile('net.caffemodel'));
 * const optimized = await optimizeNet('net.prototxt', reader, { passes: ['merge'] });
 * optimized.report.layers; // → { before: 6, after: 6 }
 */
export async function optimizeNet(
  source: string | NetParameter,
  weights: CaffemodelReader | Uint8Array | NetParameter,
  options: OptimizeOptions = {},
): Promise<OptimizedNet> {
  checkArguments('optimizeNet()', { options: [options, OPTIONS] });
  const { passes = PASSES, schema } = options;
  for (const pass of passes)
    if (!PASSES.includes(pass))
      throw new NetspecError(`no pass '${pass}'`, {
        hint: didYouMean(pass, PASSES) ?? `passes are ${PASSES.join(', ')}`,
      });
  const reader = await openReader(weights, schema);
  const given = withoutBlobs(await readNet(source, options));
  const { working, parameters, ignored } = await prepare(given, reader, options);
  const layersBefore = working.steps.length;
  const places = new Map(working.steps.map((step, i) => [step, parameters[i]!]));

  const done: OptimizeReport['passes'] = [];
  for (const pass of PASSES) if (passes.includes(pass)) done.push({ pass, changes: await RUN[pass](working) });

  const net = toNet(given, working);
  const fileLayers = working.steps.map((step) => places.get(step)!.namesake);
  const blobs = writtenBlobs(working.steps, places, reader, passes.includes('share'));
  const valuesIn = (layers: readonly { blobs: readonly { count: number }[] }[]): number =>
    layers.reduce((sum, layer) => sum + layer.blobs.reduce((count, blob) => count + blob.count, 0), 0);
  return {
    net,
    outputs: working.outputs.map(({ name }) => name),
    report: {
      passes: done,
      layers: { before: layersBefore, after: working.steps.length },
      parameters: {
        before: valuesIn(reader.layers),
        after: working.steps.reduce(
          (sum, { params }, i) =>
            sum + (blobs[i]!.blobs ? params.reduce((count, { shape }) => count + product(shape), 0) : 0),
          0,
        ),
      },
      ignoredSources: ignored,
      unfilledLayers: working.steps
        .filter(({ params }) => params.some(({ read }) => !read))
        .map(({ layer }) => layer.name ?? ''),
    },
    writeWeights: (sink) => {
      const file = withForkFields(net, fileLayers, reader.net);
      // A layer with parameters and none in the file is refused on loading; one that is not there is not.
      const isThere = (i: number): boolean => working.steps[i]!.params.length === 0 || blobs[i]!.blobs !== undefined;
      return writeCaffemodel(
        sink,
        { ...file, layer: file.layer?.filter((_, i) => isThere(i)) },
        blobs.filter((_, i) => isThere(i)),
        { schema },
      );
    },
  };
}

async function openReader(
  weights: CaffemodelReader | Uint8Array | NetParameter,
  schema: Schema | undefined,
): Promise<CaffemodelReader> {
  if (weights instanceof CaffemodelReader) return weights;
  const bytes = weights instanceof Uint8Array ? weights : encodeNet(weights, schema);
  return CaffemodelReader.open(bytes, { schema });
}

/** Values come from the weights; those that a net file holds itself would be a second truth. */
function withoutBlobs(net: NetParameter): NetParameter {
  if (!net.layer?.some(({ blobs }) => blobs?.length)) return net;
  return { ...net, layer: net.layer.map(({ blobs: _blobs, ...layer }) => layer) };
}

async function prepare(
  given: NetParameter,
  reader: CaffemodelReader,
  options: OptimizeOptions,
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

/**
 * What the file holds of each layer. As in Caffe a layer that is not there keeps its fillers' values, or those of the layer
 * that it shares all its parameters with.
 */
function writtenBlobs(
  steps: readonly Step[],
  places: ReadonlyMap<Step, LayerParameters>,
  reader: CaffemodelReader,
  sharing: boolean,
): LayerBlobs[] {
  const messages = blobsOfFile(reader.net);
  const written = new Set<Storage>();
  return steps.map((step) => {
    const { params } = step;
    const { inFile } = places.get(step)!;
    if (params.length === 0 || params.some(({ read }) => !read)) return {};
    const isShared = params.every((param) => written.has(param));
    if (isShared && (sharing || inFile === undefined)) return {};
    for (const param of params) written.add(param);
    return {
      blobs: params.map((param, blob) => {
        const { origin, shape, read } = param;
        const asItIs = origin?.layer === inFile && origin?.blob === blob && messages[inFile!]?.[blob];
        return asItIs ? reader.messageOf(asItIs) : { shape, read: read! };
      }),
    };
  });
}

/** The blob messages of each layer of a file, in the order of its layers, whatever format it has. */
function blobsOfFile({ layer, layers }: NetParameter): (readonly BlobProto[])[] {
  if (layer) return layer.map(({ blobs = [] }: LayerParameter) => blobs);
  return (layers ?? []).map(({ blobs, layer: v0 }) => (v0 ? v0.blobs : blobs) ?? []);
}
