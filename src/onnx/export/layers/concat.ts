/** Concat: ONNX's Concat. */
import { ConcatLayer } from '../../../layers/concat.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const concat: LayerExport = {
  layers: [ConcatLayer],
  becomes: 'Concat',
  emit: ({ ops, param, bottoms }) => {
    const { axis } = resolve('ConcatParameter', param.concat_param);
    return [ops.concat(bottoms, axisIn(bottoms[0]!, param.concat_param?.concat_dim ?? axis))];
  },
};
