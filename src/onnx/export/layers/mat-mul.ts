/** MatMul of Synopsys: ONNX's MatMul, after Transpose where the settings say so. */
import { MatMulLayer } from '../../../layers/matmul.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

export const matMul: LayerExport = {
  layers: [MatMulLayer],
  becomes: 'MatMul, after Transpose where the settings say so',
  emit: ({ ops, param, blob, bottoms: [a, second] }) => {
    const given = settingsOf<{ transpose_a: boolean; transpose_b: boolean }>(param, 'matmul_param');
    const { transpose_a = false, transpose_b = false } = given;
    const turned = (x: Value, isTurned: boolean): Value => {
      const last = x.shape.length - 1;
      const perm = x.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
      return isTurned ? ops.transpose(x, perm) : x;
    };
    return [ops.matMul(turned(a!, transpose_a), turned(second ?? blob(0), transpose_b))];
  },
};
