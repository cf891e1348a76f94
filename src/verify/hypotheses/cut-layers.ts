/** cut-layers: layers that leave out rows and columns in front and behind: Slice, and Silence for what is not wanted. */
import type { LayerParameter } from '../../generated/messages.js';

/** What is kept of an axis of the blob. */
export interface Cut {
  readonly axis: number;
  readonly size: number;
  readonly from: number;
  readonly kept: number;
}

const NAMES = ['', '', 'rows', 'columns'];

/** Layers that make `top` of `bottom`, each named after the layer `name`. */
export function cutLayers(name: string, bottom: string, top: string, cuts: readonly Cut[]): LayerParameter[] {
  const needed = cuts.filter(({ size, kept }) => kept !== size);
  const rest: string[] = [];
  let from = bottom;
  const slices = needed.map(({ axis, size, from: start, kept }, i): LayerParameter => {
    const what = NAMES[axis] ?? `axis_${axis}`;
    const to = i === needed.length - 1 ? top : `${name}_${what}`;
    const before = start > 0 ? [`${name}_${what}_before`] : [];
    const behind = start + kept < size ? [`${name}_${what}_behind`] : [];
    rest.push(...before, ...behind);
    const slice_point = [...(start > 0 ? [start] : []), ...(start + kept < size ? [start + kept] : [])];
    const layer: LayerParameter = {
      name: `${name}_${what}`,
      type: 'Slice',
      bottom: [from],
      top: [...before, to, ...behind],
      slice_param: { axis, slice_point },
    };
    from = to;
    return layer;
  });
  return rest.length === 0 ? [] : [...slices, { name: `${name}_rest`, type: 'Silence', bottom: rest }];
}
