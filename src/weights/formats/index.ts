/**
 * formats: the table of the formats that weights are read from. What opens a file, the help of the command line, the error
 * for a file of no format, docs/weights.md and the fuzzer all follow it.
 */
import { caffemodel } from './caffemodel.js';
import type { WeightFormat } from './format.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { safetensors } from './safetensors.js';
import { safetensorsIndex } from './safetensors-index.js';
import { torchLegacy } from './torch-legacy.js';
import { torchZip } from './torch-zip.js';

export type { WeightFile, WeightFormat } from './format.js';

/**
 * The formats in the order in which they are tried. A checkpoint may hold .npy files too, so it comes before .npz. The last
 * takes every file that may be one of its kind.
 */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  npy,
  torchZip,
  npz,
  torchLegacy,
  safetensors,
  safetensorsIndex,
  caffemodel,
];

/** The formats that tensors are written in too, by the ending of the file's name. */
export const WRITTEN_FORMATS: ReadonlyMap<string, NonNullable<WeightFormat['write']>> = new Map(
  WEIGHT_FORMATS.flatMap(({ extensions: [extension], write }) => (write ? [[extension!, write] as const] : [])),
);

/** Endings of the names of files that weights are read from. */
export const WEIGHT_EXTENSIONS: readonly string[] = [
  ...new Set(WEIGHT_FORMATS.flatMap(({ extensions }) => extensions)),
];
