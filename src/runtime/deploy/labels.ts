/** What of a training net is data and labels. */
import type { LayerParameter } from '../../generated/messages.js';
import { factsOf } from '../../layers/registry.js';
import { trainingOf } from './training.js';

/**
 * Types that make their tops of nothing, and are no training data. Facts do not say it: most data layers are types of forks that have no
 * facts here, and MemoryData, which runs, gives training data.
 */
const SOURCES: ReadonlySet<string> = new Set(['Input', 'DummyData', 'Parameter']);

/** Whether a layer reads training data: it makes its tops of nothing that the net has. */
export function isData({ type = '', bottom = [], top = [] }: LayerParameter): boolean {
  return bottom.length === 0 && top.length > 0 && !SOURCES.has(type);
}

/** Whether a blob comes from data layers without passing weights, and only layers of training read it as a label. */
export function isLabelOnly(blob: string, layers: readonly LayerParameter[]): boolean {
  if (dependsOnWeights(blob, layers)) return false;
  const readers = layers.filter(({ bottom = [] }) => bottom.includes(blob));
  return (
    readers.length > 0 &&
    readers.every((layer) => {
      const training = trainingOf(layer);
      if (!training)
        return (
          layer.type === 'Silence' ||
          ((layer.top?.length ?? 0) > 0 && layer.top!.every((top) => top !== blob && isLabelOnly(top, layers)))
        );
      return layer.bottom!.every((each, i) => each !== blob || training.labels.includes(i));
    })
  );
}

/** Whether a blob depends on learned weights. */
export function dependsOnWeights(blob: string, layers: readonly LayerParameter[]): boolean {
  const wanted = new Set([blob]);
  for (const layer of layers.toReversed()) {
    if (!layer.top?.some((top) => wanted.has(top))) continue;
    if (hasWeights(layer)) return true;
    for (const bottom of layer.bottom ?? []) wanted.add(bottom);
  }
  return false;
}

function hasWeights(layer: LayerParameter): boolean {
  const { blobs } = factsOf(layer) ?? {};
  return typeof blobs === 'function' ? blobs(layer).length > 0 : (blobs ?? []).length > 0;
}
