/** open-references: what the options of `verify` say of references, and references that were found. */
import type { Net } from '../../runtime/net.js';
import type { NetReferences } from '../../verify/against.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NetOptions, ShapesOfSteppedOver } from './load-net.js';
import type { ModelSummary } from './model-summary.js';
import { options, type ValuesOf } from './options.js';

/** How references are read that a toolchain or a board wrote. */
export const DUMP_OPTIONS = options({
  scales: {
    type: 'string',
    describe: 'JSON file with scale and zero_point of quantized references, by name',
  },
  dtype: { type: 'string', describe: 'element type of raw binary references: float32, int8 …' },
  layout: {
    type: 'string',
    choices: ['nchw', 'nhwc'],
    default: 'nchw',
    describe: 'order of the axes of references that are images',
  },
});
export type DumpOptions = ValuesOf<typeof DUMP_OPTIONS>;

export interface ReferenceOptions extends NetOptions, DumpOptions {
  input: string[];
  reference?: string;
  /** An ONNX model. */
  onnx?: string;
  against?: string[];
  map: string;
}

/** References that were found; how they fit a net is asked when the net is there. */
export interface OpenReferences {
  /** Sets the inputs of a net, where the references say what they are; else `--input` says all of it. */
  setInputs?: (net: Net) => Promise<void>;
  /** `net` has its inputs set. */
  forNet: (net: Net) => Promise<NetReferences>;
  /** What the references say of the shapes of what layers make that are not run here. */
  shapesOfSteppedOver: ShapesOfSteppedOver;
  /** What the values of a model are to the net that was verified, where a model gave the references. */
  model?: (net: Net, report: VerifyReport) => ModelSummary;
  /** The values are made anew for the inputs that are given then. */
  forget?: () => void;
  close: () => Promise<void>;
}
