/** HardSwish and HSwish: x times HardSigmoid with a slope of 1/6, which is ONNX's HardSwish in every opset. */
import { HardSwishLayer } from '../../../layers/hard-swish.js';
import { HSwishLayer } from '../../../layers/hswish.js';
import type { LayerExport } from '../layer-export.js';

export const hardSwish: LayerExport = {
  layers: [HardSwishLayer, HSwishLayer],
  becomes: 'x times HardSigmoid with a slope of 1/6, which is HardSwish in every opset',
  emit: ({ ops, bottoms: [x] }) => [
    ops.mul(x!, ops.unary('HardSigmoid', x!, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })),
  ],
};
