/** Exp: ONNX's Exp of a multiple, times the power of the shift. */
import { ExpLayer } from '../../../layers/exp.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const exp: LayerExport = {
  layers: [ExpLayer],
  becomes: 'Exp of a multiple, times the power of the shift',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { base, scale, shift } = resolve('ExpParameter', param.exp_param);
    const inner = (base === -1 ? 1 : Math.log(base)) * scale;
    const outer = shift === 0 ? 1 : base === -1 ? Math.exp(shift) : Math.pow(base, shift);
    const y = ops.unary('Exp', inner === 1 ? x! : ops.mul(x!, inner));
    return [outer === 1 ? y : ops.mul(y, outer)];
  },
};
