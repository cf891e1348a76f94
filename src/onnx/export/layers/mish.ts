/** Mish: x times Tanh of Softplus. */
import { MishLayer } from '../../../layers/mish.js';
import type { LayerExport } from '../layer-export.js';

export const mish: LayerExport = {
  layers: [MishLayer],
  becomes: 'x times Tanh of Softplus',
  emit: ({ ops, bottoms: [x] }) => [ops.mul(x!, ops.unary('Tanh', ops.unary('Softplus', x!)))],
};
