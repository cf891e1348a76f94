/** optimizeNet: makes a net smaller for inference, and says what it did. The weights are read when they are written. */
import { OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import type { CaffemodelReader } from '../proto/caffemodel-reader.js';
import type { ByteSink } from '../proto/random-access.js';
import { readNet } from '../runtime/net-options.js';
import { product } from '../shapes.js';
import { dropIdentities } from './identity.js';
import { mergeAffine } from './merge.js';
import { openReader, prepare, withoutBlobs, type PrepareOptions } from './prepare.js';
import { prune } from './prune.js';
import { PASSES, type Change, type OptimizeReport, type Pass } from './report.js';
import { shareParameters } from './share.js';
import { toNet, type WorkingNet } from './work.js';
import { writeChanged, writtenBlobs } from './written-blobs.js';

/** How {@link optimizeNet} optimizes. */
export interface OptimizeOptions extends PrepareOptions {
  /** Passes to run, whatever order they are given in. Default: all. */
  passes?: readonly Pass[];
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
    writeWeights: (sink) => writeChanged(sink, net, working.steps, places, { reader, blobs, schema }),
  };
}
