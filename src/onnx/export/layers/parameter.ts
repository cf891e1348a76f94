/** Parameter: its blob, as a constant. */
import { ParameterLayer } from '../../../layers/parameter.js';
import type { LayerExport } from '../layer-export.js';

export const parameter: LayerExport = {
  layers: [ParameterLayer],
  becomes: 'a constant',
  emit: ({ blob }) => [blob(0)],
};
