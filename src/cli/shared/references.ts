/**
 * references: what `verify` holds a net against, as its options say: a folder of .npy files, an .npz, a dump of a toolchain, an ONNX
 * model, or another net.
 */
import type { WeightSource } from '../../weights/source.js';
import { UsageError, type CommandContext } from './command.js';
import { loadNet, setInputs } from './load-net.js';
import type { DumpOptions, OpenReferences, ReferenceOptions } from './open-references.js';

/**
 * Opens the references, before the net is loaded: a misspelt path is answered at once.
 * @throws UsageError unless there is exactly one of `--reference`, `--onnx` and `--against`.
 */
export async function openReferences(options: ReferenceOptions, context: CommandContext): Promise<OpenReferences> {
  const { reference, onnx, against, map } = options;
  if ([reference, onnx, against].filter((each) => each !== undefined).length > 1)
    throw new UsageError('compare with references, with a model or with another net: one of -r, --onnx and --against');
  if (onnx !== undefined) {
    const { onnxReferences } = await import('./onnx-references.js');
    return onnxReferences(onnx, options, context);
  }
  if (against) {
    if (map !== 'auto')
      throw new UsageError('--map is for references; two nets are compared by the names of their blobs');
    return otherNet(against, options, context);
  }
  if (reference === undefined)
    throw new UsageError('say what to compare with: -r REFERENCES, --onnx MODEL, or --against NET2 W2');
  const { blobMap, chooseMap, loadNameMap } = await import('../../node.js');
  const named = map === 'auto' || map === 'blobs' ? undefined : await loadNameMap(map);
  const { source: references, shapeless } = await openReferenceDump(reference, options);
  const isChannelsLast = options.layout === 'nhwc';
  return {
    shapesOfSteppedOver: async (net, state) => {
      const { shapesFromReferences } = await import('../../verify/reference-shapes.js');
      return shapesFromReferences(net, references, { ...state, map: named });
    },
    forNet: async (net) => {
      const chosen = named ?? (map === 'auto' ? chooseMap(net, references).map : blobMap(net));
      if (shapeless.size === 0) return { references, map: chosen };
      const { shapedReferences } = await import('../../verify/shaped-references.js');
      return { references: shapedReferences(net, chosen, references, { shapeless, isChannelsLast }), map: chosen };
    },
    close: () => references.close(),
  };
}

/** The references as numbers, images with their channels first; those without a shape as they lie. */
async function openReferenceDump(
  reference: string,
  { scales, dtype, layout }: DumpOptions,
): Promise<{ source: WeightSource; shapeless: ReadonlySet<string> }> {
  const { openDump } = await import('../../node/open-dump.js');
  const { source, shapeless } = await openDump(reference, { dtype });
  let values = source;
  if (scales !== undefined) {
    const { dequantized, parseScales } = await import('../../dumps/scales.js');
    const { readText } = await import('../../node/files.js');
    values = dequantized(source, parseScales(await readText(scales), scales), scales);
  }
  if (layout === 'nchw') return { source: values, shapeless };
  const { channelsFirst } = await import('../../verify/shaped-references.js');
  return { source: channelsFirst(values), shapeless };
}

async function otherNet(
  [prototxt = '', weights = '']: readonly string[],
  options: ReferenceOptions,
  context: CommandContext,
): Promise<OpenReferences> {
  const { referencesFromNet } = await import('../../node.js');
  const other = await loadNet({ ...options, net: prototxt, weights }, context);
  return {
    shapesOfSteppedOver: async (net) => {
      const { topsNotRun } = await import('../../verify/reference-shapes.js');
      const shapes = topsNotRun(net).map(({ top }) => [top, other.blobs.get(top)?.shape] as const);
      return new Map(shapes.flatMap(([top, shape]) => (shape ? [[top, shape]] : [])));
    },
    forNet: async (net) => {
      await setInputs(other, options.input, context);
      return referencesFromNet(net, other, prototxt);
    },
    close: () => {
      other.dispose();
      return Promise.resolve();
    },
  };
}
