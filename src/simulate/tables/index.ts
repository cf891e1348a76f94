/** The forms of files that scales are written in. A new one is a file here and a row in this table. */
import { AMCT } from './amct.js';
import { JSON_TABLE } from './json.js';
import { NCNN } from './ncnn.js';
import type { TableFormat } from './table.js';
import { TPU_MLIR } from './tpu-mlir.js';
import { TPU_MLIR_QTABLE } from './tpu-mlir-qtable.js';

export const TABLES: readonly TableFormat[] = [JSON_TABLE, NCNN, AMCT, TPU_MLIR, TPU_MLIR_QTABLE];
