/** Filter: ONNX's Compress. */
import { FilterLayer } from '../../../layers/filter.js';
import { countOf } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

export const filter: LayerExport = {
  layers: [FilterLayer],
  becomes: 'Compress',
  isOneWay: true,
  emit: ({ ops, bottoms }) => {
    const selector = bottoms.at(-1)!;
    const isSelected = ops.cast(ops.reshape(selector, [countOf(selector)]), 'bool');
    return bottoms
      .slice(0, -1)
      .map((x) => ops.node('Compress', [x, isSelected], [-1, ...x.shape.slice(1)], { axis: 0 }));
  },
};
