/** Log: ONNX's Log of a multiple with a shift, divided by the logarithm of the base. */
import { LogLayer } from '../../../layers/log.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const log: LayerExport = {
  layers: [LogLayer],
  becomes: 'Log of a multiple with a shift, divided by the logarithm of the base',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { base, scale, shift } = resolve('LogParameter', param.log_param);
    const scaled = scale === 1 ? x! : ops.mul(x!, scale);
    const y = ops.unary('Log', shift === 0 ? scaled : ops.add(scaled, shift));
    return [base === -1 ? y : ops.mul(y, 1 / Math.log(base))];
  },
};
