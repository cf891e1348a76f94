/** The number formats that a net can be simulated in. A new one is a file here and a row in this table. */
import { BF16 } from './bf16.js';
import type { FormatName, NumberFormat } from './format.js';
import { FP16 } from './fp16.js';
import { INT8 } from './int8.js';

export const FORMATS = { fp16: FP16, bf16: BF16, int8: INT8 } as const satisfies Record<FormatName, NumberFormat>;

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];
