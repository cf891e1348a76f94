/** MatMul of Sophgo: ONNX's Gemm of what the settings take for matrices. */
import { MatMulSophgoLayer } from '../../../layers/matmul-sophgo.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { countOf, type Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

export const matMulSophgo: LayerExport = {
  layers: [MatMulSophgoLayer],
  becomes: 'Gemm of what the settings take for matrices',
  emit: ({ ops, param, bottoms: [a, b] }) => {
    const given = settingsOf<{ dim_1: number; dim_2: number; dim_3: number }>(param, 'matmul_param');
    const { dim_1: m = 1, dim_2: k = 1, dim_3: n = 1 } = given;
    // Values behind those that the sizes need are not read.
    const matrix = (x: Value, rows: number): Value =>
      ops.reshape(ops.slice(ops.reshape(x, [countOf(x)]), [{ axis: 0, start: 0, end: rows * k }]), [rows, k]);
    return [ops.gemm(matrix(a!, m), matrix(b!, n), undefined)];
  },
};
