/** PriorBox, in all its kinds: a constant, for the boxes depend on shapes alone. */
import { PriorBoxClusteredLayer } from '../../../layers/prior-box-clustered.js';
import { PriorBoxTextBoxesLayer } from '../../../layers/prior-box-textboxes.js';
import { PriorBoxFaceBoxesLayer } from '../../../layers/prior-box-faceboxes.js';
import { PriorBoxLayer } from '../../../layers/prior-box.js';
import type { LayerExport } from '../layer-export.js';

export const priorBox: LayerExport = {
  layers: [PriorBoxLayer, PriorBoxTextBoxesLayer, PriorBoxClusteredLayer, PriorBoxFaceBoxesLayer],
  becomes: 'a constant',
  emit: async ({ ops, run, topShapes: [shape] }) => [ops.floats((await run())[0]!, shape)],
};
