/** folded-net: a net with BatchNorm, Scale and Bias folded into the weights before them, as toolchains do before they round. */
import { factsOfLayer } from '../../layers/registry.js';
import type { Net } from '../../runtime/net.js';
import type { ReferenceMap } from '../../weights/maps/index.js';
import type { CommandContext } from './command.js';
import type { NetOptions } from './load-net.js';
import { readNet } from './net-file.js';
import { print } from './print.js';
import { withWrittenWeights } from './written-weights.js';

/** A net, and how names of layers that were folded are found again. */
export interface FoldedNet {
  readonly net: Net;
  /** The map for references of the net as it was. */
  readonly mapOf: (map: ReferenceMap) => ReferenceMap;
}

/** The net as it is. */
export function unfolded(net: Net): FoldedNet {
  return { net, mapOf: (map) => map };
}

/** Folds what can be folded of a net that is loaded; the net itself is given back where that is nothing, and disposed otherwise. */
export async function foldedNet(
  net: Net,
  options: NetOptions & { weights: string },
  context: CommandContext,
): Promise<FoldedNet> {
  if (!net.layers.some((layer) => factsOfLayer(layer)?.affine)) return unfolded(net);
  const {
    CaffemodelReader,
    copyInputs,
    Net: LoadedNet,
    openFile,
    optimizeNet,
    toBytes,
  } = await import('../../node.js');
  const { net: param, options: state } = await readNet(options.net, options, 'text');
  const source = await openFile(options.weights);
  try {
    const reader = await CaffemodelReader.open(source, { schema: state.schema });
    const optimized = await optimizeNet(param, reader, { ...state, passes: ['merge'] });
    const changes = optimized.report.passes.flatMap((pass) => pass.changes);
    if (changes.length === 0) return unfolded(net);
    const sink = toBytes();
    await optimized.writeWeights(sink);
    const { algorithm, threads } = options;
    const written = { net: optimized.net, schema: state.schema };
    const folded = await withWrittenWeights(sink.bytes(), written, (weights) =>
      LoadedNet.load(optimized.net, { ...state, ...{ file: undefined, weights, algorithm, threads } }),
    );
    copyInputs(net, folded);
    net.dispose();
    print(
      context.stderr,
      `note: ${changes.length} layers are folded into the weights before them; --no-fold leaves them`,
    );
    const into = new Map(changes.flatMap(({ layer, into: target }) => (target === undefined ? [] : [[target, layer]])));
    /** The last layer that was folded into this one. */
    const lastOf = (layer: string): string => (into.has(layer) ? lastOf(into.get(layer)!) : layer);
    return {
      net: folded,
      mapOf: (map) =>
        map.topReferenceNames
          ? map
          : { ...map, referenceNames: (name, type) => map.referenceNames(lastOf(name), type) },
    };
  } finally {
    await source.close();
  }
}
