/** The forms of calibration lists. A new one is a file here and a row in this table. */
import type { ListFormat } from './list.js';
import { NCNN_LIST } from './ncnn-list.js';
import { NNIE } from './nnie.js';
import { RKNN } from './rknn.js';
import { TPU_MLIR_LIST } from './tpu-mlir-list.js';

export const LISTS: readonly ListFormat[] = [RKNN, NNIE, NCNN_LIST, TPU_MLIR_LIST];
