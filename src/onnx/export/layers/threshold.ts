/** Threshold: Greater, as a number. */
import { ThresholdLayer } from '../../../layers/threshold.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const threshold: LayerExport = {
  layers: [ThresholdLayer],
  becomes: 'Greater, as a number',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { threshold: limit } = resolve('ThresholdParameter', param.threshold_param);
    return [ops.cast(ops.greater(x!, limit), 'float')];
  },
};
