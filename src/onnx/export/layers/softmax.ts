/** Softmax: ONNX's Softmax. */
import { SoftmaxLayer } from '../../../layers/softmax.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const softmax: LayerExport = {
  layers: [SoftmaxLayer],
  becomes: 'Softmax',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { axis } = resolve('SoftmaxParameter', param.softmax_param);
    return [ops.softmax(x!, axisIn(x!, axis))];
  },
};
