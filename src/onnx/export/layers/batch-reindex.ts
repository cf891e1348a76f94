/** BatchReindex: ONNX's Gather. */
import { BatchReindexLayer } from '../../../layers/batch-reindex.js';
import type { LayerExport } from '../layer-export.js';
import { countOf } from '../graph-builder.js';

export const batchReindex: LayerExport = {
  layers: [BatchReindexLayer],
  becomes: 'Gather',
  isOneWay: true,
  emit: ({ ops, bottoms: [x, index] }) => {
    const items = ops.reshape(index!, [countOf(index!)]);
    return [ops.gather(x!, ops.cast(items, 'int64'), 0)];
  },
};
