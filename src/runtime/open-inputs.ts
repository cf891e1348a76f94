/**
 * open-inputs: inputs for what no layer of a net makes, so that the net can be looked at: one for training alone, one whose inputs a
 * program adds, or a part of a net.
 */
import { nearest } from '../errors.js';
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { derive } from '../proto/derive.js';
import { explainUnknownBottom } from './graph.js';

/** A blob that a layer reads and no layer makes. */
export interface OpenInput {
  readonly blob: string;
  /** The first layer that reads it. */
  readonly layer: string;
  /** What is known of why it is not there. */
  readonly hint?: string;
}

/**
 * The net with an Input layer, without a shape, for each blob that is read and not made. A name that is a slip for one that is made,
 * and a blob that is made too late, get none: the net is wrong, and building it says so.
 * @param filtered the layers that are there in the net's state
 * @param whole the net with all its layers
 */
export function withOpenInputs(
  filtered: NetParameter,
  whole: NetParameter,
): { net: NetParameter; openInputs: readonly OpenInput[] } {
  const layers = filtered.layer ?? [];
  const made = new Set<string>();
  const openInputs: OpenInput[] = [];
  layers.forEach(({ name = '', bottom = [], top = [] }, index) => {
    bottom.forEach((blob, i) => {
      if (made.has(blob) || isMadeBy(layers.slice(index), blob)) return;
      const isLeftOut = isMadeBy(whole.layer ?? [], blob);
      if (!isLeftOut && nearest(blob, made) !== undefined) return;
      const { hint, code } = explainUnknownBottom([blob, index, i], filtered, whole);
      // Else the hint is a list of what is made before.
      const isExplained = isLeftOut || code === 'training-layer';
      openInputs.push({ blob, layer: name, ...(isExplained && { hint }) });
      made.add(blob);
    });
    for (const blob of top) made.add(blob);
  });
  if (openInputs.length === 0) return { net: filtered, openInputs };
  const inputs = openInputs.map(({ blob }): LayerParameter => ({ name: blob, type: 'Input', top: [blob] }));
  return { net: derive(filtered, { layer: [...inputs, ...layers] }), openInputs };
}

function isMadeBy(layers: readonly LayerParameter[], blob: string): boolean {
  return layers.some(({ top = [] }) => top.includes(blob));
}
