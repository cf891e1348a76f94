/** Split: copies. */
import { SplitLayer } from '../../../layers/split.js';
import type { LayerExport } from '../layer-export.js';

export const split: LayerExport = {
  layers: [SplitLayer],
  becomes: 'nothing, or Identity',
  emit: ({ topShapes, bottoms: [x] }) => topShapes.map(() => x!),
};
