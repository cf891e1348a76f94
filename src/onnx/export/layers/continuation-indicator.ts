/** ContinuationIndicator: a constant. */
import { ContinuationIndicatorLayer } from '../../../layers/continuation-indicator.js';
import type { LayerExport } from '../layer-export.js';

export const continuationIndicator: LayerExport = {
  layers: [ContinuationIndicatorLayer],
  becomes: 'a constant',
  emit: async ({ ops, run, topShapes: [shape] }) => [ops.floats((await run())[0]!, shape)],
};
