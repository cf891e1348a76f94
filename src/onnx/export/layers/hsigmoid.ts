/** HSigmoid: ONNX's HardSigmoid with a slope of 1/6. */
import { HSigmoidLayer } from '../../../layers/hsigmoid.js';
import type { LayerExport } from '../layer-export.js';

export const hsigmoid: LayerExport = {
  layers: [HSigmoidLayer],
  becomes: 'HardSigmoid with a slope of 1/6',
  emit: ({ ops, bottoms: [x] }) => [ops.unary('HardSigmoid', x!, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
};
