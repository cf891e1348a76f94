/** net-facts: shapes and costs of a net that is being edited: of all of it, or of the layers before the one that cannot be built. */
import { NetspecError, type Address } from '../errors.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { graphOfNet, graphOfProto, type NetGraph } from '../draw/graph.js';
import { addressOf } from '../proto/message.js';
import { derive } from '../proto/derive.js';
import type { Schema } from '../proto/schema.js';
import { needsUpgrade, upgradeNet } from '../proto/upgrade.js';
import { Net } from '../runtime/net.js';
import { filterNet } from '../runtime/state-filter.js';
import { withState } from '../runtime/net-options.js';

/** What is known of one layer. */
export interface LayerCost {
  /** Multiply-accumulates of one pass; undefined where the layer is not run here. */
  readonly macs: number | undefined;
  /** Shapes of its parameters. */
  readonly params: readonly (readonly number[])[];
}

/** Shapes, costs and the graph of a net that is being edited. */
export interface NetFacts {
  readonly graph: NetGraph;
  /** Shapes of the blobs, as far as they are known. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** By the line and column of each layer. */
  readonly layers: ReadonlyMap<string, LayerCost>;
  /** Where the layer of each index of the graph stands; undefined for those that are not in the text. */
  readonly addresses: readonly (Address | undefined)[];
  /** Why not all of the net was built. */
  readonly problem: NetspecError | undefined;
}

/** The key of {@link NetFacts.layers} for a layer of the text. */
export function keyOf(layer: object): string {
  const { line = 0, column = 0 } = addressOf(layer) ?? {};
  return `${line}:${column}`;
}

/** @param written the net, in any format */
export async function netFacts(
  written: NetParameter,
  { schema, phase = 'TEST' }: { schema?: Schema; phase?: 'TEST' | 'TRAIN' } = {},
): Promise<NetFacts> {
  const today = needsUpgrade(written, { schema }) ? upgradeNet(written, { schema }) : written;
  const whole = await build(today, { schema, phase });
  if (!(whole instanceof NetspecError)) return whole;
  const state = withState(today, { phase });
  const layers = filterNet(state).layer ?? [];
  const at = indexOfProblem(layers, whole);
  const first = at > 0 ? await build(derive(today, { layer: layers.slice(0, at) }), { schema, phase }) : whole;
  const built = first instanceof NetspecError ? undefined : first;
  // All layers are in the picture, those that could be built with their shapes.
  const shapes = built?.shapes ?? new Map<string, readonly number[]>();
  const graph = graphOfProto(derive(today, { layer: layers }));
  for (const node of graph.nodes) node.tops = node.tops.map(({ name }) => ({ name, shape: shapes.get(name) }));
  return {
    graph,
    shapes,
    layers: built?.layers ?? new Map<string, LayerCost>(),
    addresses: layers.map((layer) => addressOf(layer)),
    problem: whole,
  };
}

async function build(
  net: NetParameter,
  { schema, phase }: { schema?: Schema; phase: 'TEST' | 'TRAIN' },
): Promise<NetFacts | NetspecError> {
  try {
    const built = await Net.load(net, { schema, phase, shapesOnly: true, stepOver: 'open' });
    try {
      const { unshaped } = built;
      const shapes = new Map(
        [...built.blobs].flatMap(([name, { shape }]) => (unshaped.has(name) ? [] : [[name, [...shape]] as const])),
      );
      const layers = new Map(
        built.layers.map((layer, index): [string, LayerCost] => {
          const isKnown = [...built.bottomNamesOf(index), ...built.topNamesOf(index)].every(
            (blob) => !unshaped.has(blob),
          );
          const params = layer.blobs.map(({ shape }) => [...shape]);
          return [keyOf(layer.param), { macs: isKnown ? built.macsOf(index) : undefined, params }];
        }),
      );
      const addresses = built.layers.map(({ param }) => addressOf(param));
      return { graph: graphOfNet(built), shapes, layers, addresses, problem: undefined };
    } finally {
      built.dispose();
    }
  } catch (error) {
    if (error instanceof NetspecError) return error;
    throw error;
  }
}

function indexOfProblem(layers: readonly LayerParameter[], { details }: NetspecError): number {
  const name = details.layer?.name;
  if (name === undefined) return -1;
  const same = layers.flatMap((layer, i) => (layer.name === name ? [i] : []));
  return same.find((i) => addressOf(layers[i]!)?.line === details.line) ?? same[0] ?? -1;
}
