/** result: what a simulation finds. */
import type { FormatName } from './formats/format.js';
import type { Histogram } from './histogram.js';
import type { Quantizer, Range } from './quantizer.js';
import type { SimulationError } from './figures.js';
import type { ScaleTable } from './tables/table.js';

/** One top of a layer, as both nets give it. */
export interface SimulatedLayer {
  /** Position among the net's layers. */
  readonly index: number;
  readonly name: string;
  readonly type: string;
  /** Blob name of the top. */
  readonly top: string;
  readonly shape: readonly number[];
  /** What the layer was computed in. */
  readonly precision: FormatName | 'float32';
  /** Against the float net. */
  readonly error: SimulationError;
  /** Against the reference of the original model, where it has one: the float net and the simulated one. */
  readonly reference?: { readonly name: string; readonly float: SimulationError; readonly simulated: SimulationError };
}

/** A value between layers, over all samples. */
export interface SimulatedRange {
  readonly index: number;
  readonly layer: string;
  readonly blob: string;
  /** The least and the largest value. */
  readonly seen: Range;
  /** For int8: the range that was chosen, its integers, and the part of the values that is clamped, from 0 to 1. */
  readonly range?: Range;
  readonly quantizer?: Quantizer;
  readonly clamped?: number;
  readonly histogram: Histogram;
}

/** What a layer alone in the format does to the outputs. */
export interface SensitiveLayer {
  readonly name: string;
  readonly type: string;
  /** Of the output that suffers most, in decibels. */
  readonly sqnr: number;
  /** By the output's name. */
  readonly outputs: Readonly<Record<string, SimulationError>>;
}

/** Layers that are to stay in float32. */
export interface KeptLayers {
  readonly wanted: number;
  /** The output's SQNR with these layers in float32. */
  readonly reached: number;
  readonly layers: readonly string[];
  /** How many layers there are to choose from. */
  readonly of: number;
}

/** What a user should know of a layer before the chip says it. */
export interface SimulationWarning {
  readonly kind:
    | 'overflow'
    | 'subnormal'
    | 'not-finite'
    | 'far-values'
    | 'clamped'
    | 'constant'
    | 'channels'
    | 'accumulator'
    | 'not-folded'
    | 'scales';
  readonly layer?: string;
  readonly text: string;
}

/** What {@link simulate} found. */
export interface SimulationReport {
  readonly format: FormatName;
  /** In words: format, scales, calibration. */
  readonly settings: string;
  readonly samples: number;
  readonly calibrationSamples: number;
  /** One entry for each top of each layer, in network order; what only feeds or splits is left out. */
  readonly layers: readonly SimulatedLayer[];
  /** By the output's name: the simulated net against the float net. */
  readonly outputs: Readonly<Record<string, SimulationError>>;
  /** SQNR of the output that suffers most. */
  readonly sqnr: number;
  readonly ranges: readonly SimulatedRange[];
  /** The layers that harm most first; undefined where it was not measured. */
  readonly sensitivity?: readonly SensitiveLayer[];
  /** Undefined where it was not asked for. */
  readonly keep?: KeptLayers;
  readonly warnings: readonly SimulationWarning[];
  /** The scales, for files of toolchains; undefined for floating-point formats. */
  readonly scales?: ScaleTable;
}
