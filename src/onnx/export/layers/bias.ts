/** Bias: Add. */
import { BiasLayer } from '../../../layers/bias.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';
import { spanningValue } from '../span.js';

export const bias: LayerExport = {
  layers: [BiasLayer],
  becomes: 'Add',
  emit: (context) => {
    const { ops, param, bottoms } = context;
    const { axis } = resolve('BiasParameter', param.bias_param);
    return [ops.add(bottoms[0]!, spanningValue(context, axis, bottoms.length > 1 ? undefined : 0))];
  },
};
