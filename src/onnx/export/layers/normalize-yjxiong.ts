/** Normalize of yjxiong: Div by the L2 norm of each image. */
import { NormalizeYjxiongLayer } from '../../../layers/normalize-yjxiong.js';
import type { LayerExport } from '../layer-export.js';

export const normalizeYjxiong: LayerExport = {
  layers: [NormalizeYjxiongLayer],
  becomes: 'Div by the L2 norm of each image',
  emit: ({ ops, bottoms: [bottom], topShapes: [shape] }) => {
    const x = ops.reshape(bottom!, shape!);
    return [ops.div(x, ops.reduce('ReduceL2', x, [1, 2, 3]))];
  },
};
