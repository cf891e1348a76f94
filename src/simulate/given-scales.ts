/** given-scales: which values of a net the scales of a file belong to. */
import { NetspecError, didYouMean } from '../errors.js';
import type { Net } from '../runtime/net.js';
import type { TopKey } from '../verify/wiring.js';
import type { Quantizer } from './quantizer.js';
import type { GivenScales } from './tables/table.js';
import type { UnitGraph } from './units.js';

/** Scales that were found a place, and names that have none in this net. */
export interface PlacedScales {
  readonly quantizers: ReadonlyMap<TopKey, Quantizer>;
  readonly unknown: readonly string[];
}

/** @throws NetspecError when no name is of this net. */
export function placedScales(net: Net, graph: UnitGraph, given: GivenScales): PlacedScales {
  const { inputs, layers, blobs, weights } = given;
  const quantizers = new Map<TopKey, Quantizer>();
  const used = new Set<string>();
  const take = (names: ReadonlyMap<string, Quantizer> | undefined, name: string, key: TopKey): void => {
    const quantizer = names?.get(name);
    if (!quantizer) return;
    quantizers.set(key, quantizer);
    used.add(name);
  };
  for (const { key, layer, blob } of graph.values.values()) {
    const name = net.layerNames[layer]!;
    take(layers, name, key);
    take(blobs, blob, key);
    take(blobs, `${blob}@${name}`, key);
  }
  net.layerNames.forEach((name, index) => {
    const [read] = graph.wiring.reads[index]!;
    const value = read && graph.valueOf(read);
    if (value) take(inputs, name, value.key);
    if (weights?.has(name)) used.add(name);
  });
  const names = [inputs, layers, blobs, weights].flatMap((map) => [...(map?.keys() ?? [])]);
  const unknown = [...new Set(names)].filter((name) => !used.has(name));
  if (names.length > 0 && used.size === 0)
    throw new NetspecError(`none of the ${names.length} names in the scales is of this net: '${names[0]!}' …`, {
      hint: didYouMean(names[0]!, [...net.layerNames, ...net.blobs.keys()]) ?? 'are these the scales of another net?',
    });
  checkWeights(net, weights);
  return { quantizers, unknown };
}

/** @throws NetspecError for another number of scales than 1 and that of the output channels. */
function checkWeights(net: Net, weights: GivenScales['weights']): void {
  for (const layer of net.layers) {
    const scales = weights?.get(layer.name);
    const outputs = layer.param.convolution_param?.num_output ?? layer.param.inner_product_param?.num_output;
    if (!scales || outputs === undefined || scales.length === 1 || scales.length === outputs) continue;
    throw new NetspecError(`expected 1 or ${outputs} scales for its weights, got ${scales.length}`, {
      layer: { name: layer.name, type: layer.type },
    });
  }
}
