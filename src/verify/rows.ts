/** rows: what the passes saw as the entries of a report, one for each top, and one for a module of several layers. */
import { factsOfLayer } from '../layers/registry.js';
import type { Layer } from '../layers/layer.js';
import type { Net } from '../runtime/net.js';
import type { TensorInfo } from '../weights/source.js';
import type { ClaimState, Seen } from './claim-state.js';
import type { IsolatedResult, LayerResult } from './result.js';
import { topKey, type TopKey } from './wiring.js';

/** Names of a module's layers that a label lists one by one. */
const MOST_NAMED = 3;

/** What the whole pass saw of one claim. */
export interface Saw {
  place: number;
  reference: TensorInfo;
  seen: Seen | undefined;
}

/** Whether a layer holds or hands on data and computes nothing: it is listed only when a reference bears its name. */
export function isPassive(layer: Layer): boolean {
  const { fed, idle } = factsOfLayer(layer) ?? {};
  return fed === true || idle === true;
}

/** Whether a layer is wrong by itself: it diverges although it was fed references. */
export function isFailing({ status }: IsolatedResult): boolean {
  return status === 'diverges' || status === 'shape differs';
}

/** The entry of a claim at one of its places. */
export function rowOf(net: Net, { claim }: ClaimState, { place, reference, seen }: Saw): LayerResult {
  const { layer, top, module } = claim.places[place]!;
  const row = emptyRow(net, layer, top);
  const includes = module.slice(0, -1);
  const shape = seen?.shape ?? row.shape;
  const { comparison, agrees = false, measures, failed, tolerance } = seen ?? {};
  return {
    ...row,
    shape,
    ...(includes.length > 0 && { includes, label: moduleLabel([...module].map((index) => net.layerNames[index]!)) }),
    status: agrees ? 'agrees' : comparison ? 'diverges' : 'shape differs',
    reference: reference.name,
    ...(reference !== claim.reference && { ownReference: claim.reference.name }),
    ...(comparison ? { comparison } : { referenceShape: reference.shape }),
    ...(measures && { measures }),
    ...(failed && { failed }),
    ...(tolerance && { tolerance }),
  };
}

/** `bn1 + bn1_scale`, `se_pool + … + se_scale` */
function moduleLabel(names: readonly string[]): string {
  return names.length <= MOST_NAMED ? names.join(' + ') : `${names[0]!} + … + ${names.at(-1)!}`;
}

/** All entries in network order: the claims' own, and those of tops that no reference was held against. */
export function allRows(net: Net, claimed: readonly LayerResult[]): LayerResult[] {
  const byTop = new Map<TopKey, LayerResult>(claimed.map((row) => [topKey(row.index, row.topIndex), row]));
  const covered = new Set(claimed.flatMap(({ includes = [] }) => includes));
  return net.layers.flatMap((layer, index) =>
    net.topNamesOf(index).flatMap((_, top) => {
      const known = byTop.get(topKey(index, top));
      if (known) return [known];
      return isPassive(layer) || covered.has(index) ? [] : [emptyRow(net, index, top)];
    }),
  );
}

function emptyRow(net: Net, index: number, topIndex: number): LayerResult {
  const { name, type } = net.layers[index]!;
  const tops = net.topNamesOf(index);
  const top = tops[topIndex]!;
  const label = tops.length > 1 ? `${name}: ${top}` : name;
  return { index, name, type, top, topIndex, label, shape: net.blobs.get(top)!.shape, status: 'no reference' };
}
