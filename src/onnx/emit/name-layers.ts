/** Gives layers and blobs their names and makes a NetParameter of them. */
import type { NetParameter } from '../../generated/messages.js';
import type { Bottom, Top } from '../../netspec/top.js';
import { collectLayers } from '../../netspec/top.js';
import { L } from '../../netspec/layers.js';
import type { Node } from '../graph/graph.js';
import type { Blob, MadeLayer } from './builder.js';
import { UniqueNames } from './names.js';

export interface NamedNet {
  readonly net: NetParameter;
  /** For each layer of the net. */
  readonly made: readonly (MadeLayer | undefined)[];
  /** By the blob's name, the value of the model that it holds. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * @param blobs by the value's name
 * @param outputs values whose blobs bear their names; the inputs' layers bear theirs already
 */
export function nameLayers(
  layers: readonly MadeLayer[],
  blobs: ReadonlyMap<string, Blob>,
  { inputs, outputs }: { inputs: readonly string[]; outputs: readonly string[] },
  nodeNames: ReadonlyMap<Node, string>,
): NamedNet {
  const needed = neededLayers(
    layers,
    [...inputs, ...outputs].map((name) => blobs.get(name)!.top),
  );
  const names = new Map<Bottom, string>();
  const unique = new UniqueNames();
  for (const name of [...inputs, ...outputs]) {
    unique.reserve(name);
    names.set(blobs.get(name)!.top, name);
  }
  const valueOf = new Map<Top, string>();
  for (const [value, { top }] of blobs) if (!valueOf.has(top) || outputs.includes(value)) valueOf.set(top, value);

  /** Layers whose blob has an output's name, and their own. */
  const layerNames = new Map<MadeLayer, string>();
  // Main layers first, so that a helper never takes their name.
  for (const layer of needed) {
    const base = layer.node && nodeNames.get(layer.node);
    if (base === undefined) continue;
    layer.tops.forEach(({ top }, i) => {
      const place = layer.node!.outputs.findIndex((output) => blobs.get(output)?.top === top);
      if (place < 0) return;
      const isOnly = layer.node!.outputs.filter((output) => output !== '').length === 1;
      const wanted = isOnly ? base : `${base}_${place}`;
      if (!names.has(top)) names.set(top, unique.take(wanted));
      else if (i === 0 && !inputs.includes(names.get(top)!) && wanted !== names.get(top))
        layerNames.set(layer, unique.take(wanted));
    });
  }
  for (const layer of needed)
    layer.tops.forEach(({ top }, i) => {
      if (names.has(top)) return;
      const base = layer.node && nodeNames.get(layer.node);
      const stem = base === undefined ? layer.role : `${base}_${layer.role}`;
      names.set(top, unique.take(layer.tops.length > 1 ? `${stem}_${i}` : stem));
    });

  const read = new Set(needed.flatMap(({ fn }) => fn.inputs));
  const unread = needed.flatMap(({ tops }) =>
    tops.flatMap(({ top }) => (read.has(top) || outputs.includes(names.get(top)!) ? [] : [top])),
  );
  const roots: Bottom[] = needed.flatMap(({ fn }) => [...fn.tops]);
  if (unread.length > 0) {
    const silence = L.Silence(...(unread as [Top]), { ntop: 0 });
    names.set(silence, unique.take('unused'));
    roots.push(silence);
  }
  const layer = collectLayers(roots, (key) => names.get(key)!);
  needed.forEach((each, i) => {
    const own = layerNames.get(each);
    if (own !== undefined) layer[i]!.name = own;
  });
  const values = new Map(
    needed.flatMap(({ tops }) =>
      tops.flatMap(({ top }) => {
        const value = valueOf.get(top);
        return value === undefined ? [] : [[names.get(top)!, value] as const];
      }),
    ),
  );
  return { net: { layer }, made: layer.map((_, i) => needed[i]), values };
}

/** Layers that lead to the tops, in order. */
function neededLayers(layers: readonly MadeLayer[], tops: readonly Top[]): MadeLayer[] {
  const wanted = new Set(tops);
  const kept: MadeLayer[] = [];
  for (const layer of layers.toReversed()) {
    if (!layer.fn.tops.some((top) => wanted.has(top))) continue;
    kept.push(layer);
    for (const input of layer.fn.inputs) wanted.add(input);
  }
  return kept.reverse();
}
