/** tpu-mlir-qtable: the list of layers that tpu-mlir's model_deploy leaves in half precision (--quantize_table). */
import type { TableFormat } from './table.js';

export const TPU_MLIR_QTABLE: TableFormat = {
  name: 'tpu-mlir-qtable',
  describe: 'quantize table of tpu-mlir: the layers that stay in F16',
  source: 'the tpu-mlir manual, "Mix precision"',
  write: ({ kept }) => ['# op_name   quantize_mode', ...kept.map((name) => `${name} F16`), ''].join('\n'),
};
