/** AbsVal: ONNX's Abs. */
import { AbsValLayer } from '../../../layers/abs-val.js';
import type { LayerExport } from '../layer-export.js';

export const absVal: LayerExport = {
  layers: [AbsValLayer],
  becomes: 'Abs',
  emit: ({ ops, bottoms: [x] }) => [ops.unary('Abs', x!)],
};
