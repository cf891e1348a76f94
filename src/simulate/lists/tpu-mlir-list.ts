/** tpu-mlir-list: the data list of run_calibration: a line for each sample, the files of its inputs with commas between. */
import { lineForSample, type ListFormat } from './list.js';

export const TPU_MLIR_LIST: ListFormat = {
  name: 'tpu-mlir-list',
  describe: 'data list of run_calibration (--data_list): a line for each sample, with the file of each input',
  source: 'the tpu-mlir manual, "run_calibration"',
  write: (list) => [lineForSample(list, ',', 'tpu-mlir')],
};
