/** Transpose of caffe_ocr: ONNX's Transpose. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { TransposeLayer } from '../../../layers/transpose.js';
import type { LayerExport } from '../layer-export.js';

export const transpose: LayerExport = {
  layers: [TransposeLayer],
  becomes: 'Transpose',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { dim = [] } = settingsOf<{ dim: number[] }>(param, 'transpose_param');
    return [ops.transpose(x!, dim)];
  },
};
