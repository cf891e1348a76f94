/**
 * Split insertion: a blob that several layers read is copied, by a Split layer of Caffe's naming, to one blob for each
 * reader. The names show in `net.blobs` and in saved files, so they are Caffe's to the letter.
 */
import { NetspecError, type ErrorCode } from '../errors.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { addressIn, derive, nameAndType } from '../proto/derive.js';

/** A top of a layer, and what becomes of it. In-place layers make a new one under the old name. */
interface Top {
  readonly blob: string;
  readonly layer: string;
  readonly index: number;
  /** How many bottoms read it; being a loss counts as one more. */
  readers: number;
  lossWeight: number;
  /** Index of the next split blob to give away. */
  nextSplit: number;
}

/** What is known of an error beyond its words. */
export interface Explanation {
  readonly hint?: string;
  readonly code?: ErrorCode;
}

/** `conv1_relu1_0_split`: blob, layer that made it, index of the top. */
export function splitLayerName(blob: string, layer: string, topIndex: number): string {
  return `${blob}_${layer}_${topIndex}_split`;
}

/** `conv1_relu1_0_split_2`. */
export function splitBlobName(blob: string, layer: string, topIndex: number, splitIndex: number): string {
  return `${splitLayerName(blob, layer, topIndex)}_${splitIndex}`;
}

/**
 * The net with Split layers after each top that is read more than once, as Caffe's InsertSplits. The loss weight of a
 * split top moves to the first split blob.
 * @param explainUnknown what to say about a bottom that no layer before it makes
 * @throws NetspecError for such a bottom.
 */
export function insertSplits(
  net: NetParameter,
  explainUnknown: (blob: string, layerIndex: number, bottomIndex: number) => Explanation = () => ({}),
): NetParameter {
  const latest = new Map<string, Top>();
  const wired = (net.layer ?? []).map((layer, layerIndex) => {
    const sources = (layer.bottom ?? []).map((blob, index) => {
      const source = latest.get(blob);
      if (!source)
        throw new NetspecError(`Unknown bottom blob '${blob}' (layer '${layer.name ?? ''}', bottom index ${index})`, {
          ...explainUnknown(blob, layerIndex, index),
          layer: nameAndType(layer),
          field: 'bottom',
          ...addressIn(layer, 'bottom'),
        });
      source.readers++;
      return source;
    });
    const tops = (layer.top ?? []).map((blob, index): Top => ({
      blob,
      layer: layer.name ?? '',
      index,
      readers: 0,
      lossWeight: 0,
      nextSplit: 0,
    }));
    for (const top of tops) latest.set(top.blob, top);
    for (const { blob, index } of tops) {
      const weight = layer.loss_weight?.[index] ?? 0;
      if (weight === 0) continue;
      const top = latest.get(blob)!;
      top.lossWeight = weight;
      top.readers++;
    }
    return { layer, sources, tops };
  });

  const layer = wired.flatMap(({ layer, sources, tops }) => {
    const changed = derive(layer, {});
    if (layer.bottom)
      changed.bottom = sources.map((source) =>
        source.readers > 1 ? splitBlobName(source.blob, source.layer, source.index, source.nextSplit++) : source.blob,
      );
    const split = tops.filter((top) => top.readers > 1);
    for (const top of split) {
      if (top.lossWeight === 0) continue;
      top.nextSplit++;
      delete changed.loss_weight;
    }
    return [changed, ...split.map(splitLayer)];
  });
  return derive(net, { layer });
}

function splitLayer({ blob, layer, index, readers, lossWeight }: Top): LayerParameter {
  const split: LayerParameter = {
    name: splitLayerName(blob, layer, index),
    type: 'Split',
    bottom: [blob],
    top: Array.from({ length: readers }, (_, k) => splitBlobName(blob, layer, index, k)),
  };
  if (lossWeight !== 0) split.loss_weight = Array.from({ length: readers }, (_, k) => (k === 0 ? lossWeight : 0));
  return split;
}
