/** What a layer type says of its form in ONNX, and what it is given to write it. */
import type { Layer } from '../../layers/layer.js';
import type { LayerRow } from '../../layers/table.js';
import type { LayerParameter, Phase } from '../../generated/messages.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** A layer that is being written, with the values that it reads. */
export interface ExportContext {
  readonly layer: Layer;
  readonly param: LayerParameter;
  readonly phase: Phase;
  readonly ops: Ops;
  readonly bottoms: readonly Value[];
  readonly topShapes: readonly (readonly number[])[];
  /** Whether a bottom and a top are one blob. */
  readonly inPlace: (bottom: number, top?: number) => boolean;
  /** A parameter blob, in its own shape or another of as many elements. */
  readonly blob: (index: number, shape?: readonly number[]) => Value;
  /**
   * A constant that is computed of parameter blobs when it is written.
   * @param role ends its name
   */
  readonly computed: (
    role: string,
    shape: readonly number[],
    blobs: readonly number[],
    compute: (...values: Float32Array[]) => ArrayLike<number>,
  ) => Value;
  /** What the layer gives when it is run alone, for tops that depend on no values of bottoms. */
  readonly run: () => Promise<readonly Float32Array[]>;
  /** Says something that the user should know. */
  readonly remark: (text: string) => void;
}

/** A layer type's form in ONNX. */
export interface LayerExport {
  /** The layers that it is for. Those that a class derived from one of them stand beside it. */
  readonly layers: readonly LayerRow[];
  /** The operators that it becomes, in few words: a row of docs/onnx.md. */
  readonly becomes: string;
  /**
   * Import does not bring it back: its operators read whole numbers that are computed, select by values, or have no layer of BVLC's.
   */
  readonly isOneWay?: true;
  /**
   * Writes the layer.
   * @returns the values of the tops, in order
   * @throws Refusal when these settings have no form in ONNX
   */
  readonly emit: (context: ExportContext) => readonly Value[] | Promise<readonly Value[]>;
}
