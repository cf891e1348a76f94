/** Silence: nothing. */
import { SilenceLayer } from '../../../layers/silence.js';
import type { LayerExport } from '../layer-export.js';

export const silence: LayerExport = { layers: [SilenceLayer], becomes: 'nothing', emit: () => [] };
