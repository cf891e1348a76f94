/**
 * dumps: the table of the forms in which layer outputs are written for toolchains and read back. `forward --format`, the
 * references of `verify` and docs/dumps.md follow it.
 */
import type { DumpFormat } from './format.js';
import { ascend } from './formats/ascend.js';
import { npy } from './formats/npy.js';
import { npz } from './formats/npz.js';
import { sigmastar } from './formats/sigmastar.js';
import { text } from './formats/text.js';
import { tpuMlir } from './formats/tpu-mlir.js';

export type { Dump, DumpedTop, DumpFile, DumpFiles, DumpFormat, DumpReader, DumpTensor } from './format.js';

/** The formats, the default first. */
export const DUMP_FORMATS = [npy, npz, ascend, tpuMlir, text, sigmastar] as const satisfies readonly DumpFormat[];
