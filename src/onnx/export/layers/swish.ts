/** Swish: x times Sigmoid of its multiple. */
import { SwishLayer } from '../../../layers/swish.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const swish: LayerExport = {
  layers: [SwishLayer],
  becomes: 'x times Sigmoid of its multiple',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { beta } = resolve('SwishParameter', param.swish_param);
    return [ops.mul(x!, ops.unary('Sigmoid', beta === 1 ? x! : ops.mul(x!, beta)))];
  },
};
