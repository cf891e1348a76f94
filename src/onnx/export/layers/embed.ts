/** Embed: ONNX's Gather of the matrix. */
import { EmbedLayer } from '../../../layers/embed.js';
import type { LayerExport } from '../layer-export.js';

export const embed: LayerExport = {
  layers: [EmbedLayer],
  becomes: 'Gather of the matrix',
  isOneWay: true,
  emit: ({ ops, layer, blob, bottoms: [x] }) => {
    const y = ops.gather(blob(0), ops.cast(x!, 'int64'), 0);
    return [layer.blobs.length > 1 ? ops.add(y, blob(1)) : y];
  },
};
