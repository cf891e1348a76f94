/** table: what a simulation writes for toolchains: files of scales, of layers that stay in floating point, and of samples. */
import type { Quantizer, Range } from '../quantizer.js';
import type { WeightScales } from '../twin.js';

/** What int8 needs to know of a layer with weights. */
export interface WeightedLayer {
  readonly name: string;
  readonly type: string;
  /** What it reads. */
  readonly input: Quantizer;
  /** The scales of its weights: one, or one for each output channel. */
  readonly weights: WeightScales;
  /** It stays in floating point. */
  readonly kept: boolean;
}

/** What int8 needs to know of a value between layers. */
export interface ValueScale {
  /** The blob, and the layer that writes it. */
  readonly blob: string;
  readonly layer: string;
  readonly quantizer: Quantizer;
  /** The range that was chosen for it, and the whole range of what was seen. */
  readonly range: Range;
  readonly seen: Range;
}

/** The scales of a net. */
export interface ScaleTable {
  readonly method: string;
  readonly samples: number;
  readonly weighted: readonly WeightedLayer[];
  readonly values: readonly ValueScale[];
  /** Names of the layers that stay in floating point. */
  readonly kept: readonly string[];
}

/** Scales that a file gives, by name. */
export interface GivenScales {
  /** What layers with weights read, by the layer's name. */
  readonly inputs?: ReadonlyMap<string, Quantizer>;
  /** What layers give, by the layer's name. */
  readonly layers?: ReadonlyMap<string, Quantizer>;
  /** Values between layers, by the blob's name; `blob@layer` where several layers write the blob. */
  readonly blobs?: ReadonlyMap<string, Quantizer>;
  /** Scales of weights, by the layer's name. */
  readonly weights?: ReadonlyMap<string, WeightScales>;
}

/** A form of file for scales. */
export interface TableFormat {
  /** `ncnn`: what users call it. */
  readonly name: string;
  /** One line for lists. */
  readonly describe: string;
  /** The page or program that says how the file looks. */
  readonly source: string;
  readonly write: (table: ScaleTable) => string;
  /** Left out where the form cannot be read back, since it holds no scales. */
  readonly read?: (text: string) => GivenScales;
}
