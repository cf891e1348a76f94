/** open-references: what the options of `verify` say of references, and references that were found. */
import type { Net } from '../../runtime/net.js';
import type { NetReferences } from '../../verify/against.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NetOptions, ShapesOfSteppedOver } from './load-net.js';
import type { ModelSummary } from './model-summary.js';

export interface ReferenceOptions extends NetOptions {
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
  close: () => Promise<void>;
}
