/** result: what verify is asked, and what it finds: one entry for each compared top of a layer. */
import type { Comparison, Tolerance } from '../compare/compare.js';
import type { Schema } from '../proto/schema.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import type { NumericArray, WeightSource } from '../weights/source.js';
import type { Mend } from './causes.js';
import type { Cause, Evidence, Trial } from './diagnosis.js';
import type { ToleranceRules } from './limits/tolerance-rules.js';
import type { NonFiniteValue } from './non-finite.js';

/**
 * What the comparison of a top says. `stepped over`: the layer is not run, since netspec cannot, or since nobody knows what it reads. What reads it is fed its
 * reference.
 */
export type LayerStatus = 'agrees' | 'diverges' | 'shape differs' | 'no reference' | 'stepped over';

/** How a layer compares when it is fed the references of what it reads. */
export interface IsolatedResult {
  /** `not fed`: it cannot be run on them. */
  status: Exclude<LayerStatus, 'stepped over'> | 'not fed';
  /** Figures; absent where the shapes differ. */
  comparison?: Comparison;
  /** Why it could not be fed. */
  reason?: string;
}

/** One top of a layer of the net, as compared. */
export interface LayerResult {
  /** Position among the net's layers, split layers included. */
  index: number;
  name: string;
  type: string;
  /** Blob name of the top that was compared. */
  top: string;
  /** Position of the top among the layer's. */
  topIndex: number;
  /**
   * What reports call it: the layer's name, and the top's too where the layer has several: `slice: left`. Where a module is
   * several layers, all of them: `bn1 + bn1_scale`.
   */
  label: string;
  /** Positions of the layers before it that are one module with it: the BatchNorm of a Scale. Absent where there are none. */
  includes?: readonly number[];
  shape: readonly number[];
  /** How the layer compares in the net, where each layer reads what those before it gave. */
  status: LayerStatus;
  /** Name of the reference that this layer was compared with. */
  reference?: string;
  /**
   * Name of the reference that bears the layer's name and is not what it gives, since other layers were folded into it.
   */
  ownReference?: string;
  /** Given when the reference's shape is another one. */
  referenceShape?: readonly number[];
  /** The reference had its channels last, and was turned before it was compared. */
  channelsLast?: boolean;
  /** Figures; absent without a reference or where the shapes differ. */
  comparison?: Comparison;
  /** The measures that were asked for and apply, by name. */
  measures?: Readonly<Record<string, number>>;
  /** Limits of measures that do not hold: `cosine 0.97, at least 0.99`. */
  failed?: readonly string[];
  /** The tolerance that holds for this layer, where that is another one than the report's. */
  tolerance?: Tolerance;
  /** The isolated pass; absent when none was made, or without a reference. */
  isolated?: IsolatedResult;
}

/** A layer at which a cause was looked for, and what came of it. */
export interface Point {
  /** Its entry among the report's layers. */
  result: LayerResult;
  /** What was tried there, in order; empty where a cause that was found before explains it. */
  tried: Trial[];
  /** What makes it agree, as far as it was not found before: none or one. */
  causes: Cause[];
  /** A cause found before whose mend makes this layer agree too. */
  mendedBy?: Cause;
  /** Where nothing explains the difference: where it lies, and what range the values have. */
  remarks?: readonly string[];
}

/** What {@link verify} found. */
export interface VerifyReport {
  tolerance: Tolerance;
  /** The name map that found the references, where it has a name. */
  map?: string;
  /** Convolution algorithm that the net ran with. */
  algorithm: string;
  /**
   * One entry a top, in network order: most layers have one. What layers give that only feed or split is left out unless it
   * has a reference.
   */
  layers: LayerResult[];
  /** Number of references that were held against a top, and of references there are. */
  matched: number;
  references: number;
  /** References that belong to no layer of this net. */
  unusedReferences: string[];
  /** The first top, in network order, that is outside the tolerance; undefined when all agree. */
  firstDivergence?: LayerResult;
  /** Where NaN or infinity first appears, when a comparison met one. */
  nonFinite?: NonFiniteValue;
  /** What has no reference between the first divergence and what was compared before it: equally suspect. */
  uncheckedBefore: LayerResult[];
  /**
   * The first layer that is outside the tolerance although it is fed the references of what it reads: where an error
   * arises. Undefined when there is none, or no isolated pass was made.
   */
  firstIsolated?: LayerResult;
  /** The layers where a cause was looked for, in order. */
  points: Point[];
  /** The first layer where a cause was looked for; undefined when none was. */
  diagnosed?: LayerResult;
  /**
   * What explains the difference at that layer, then what explains those at later layers that fail by themselves, one cause
   * for each; empty when nothing tried does. Their patches can be applied one after the other.
   */
  causes: Cause[];
  /** Everything that was tried, in the order in which it was. */
  tried: Trial[];
  /** What mends the causes, for {@link mendPort}, and the prototxt with the edits made. Not part of the JSON. */
  mends?: readonly Mend[];
  mendedText?: string;
  /** The values of the first layer that diverges. Not part of the JSON. */
  evidence?: Evidence;
  /** True when every matched reference is within the tolerance. */
  ok: boolean;
}

/** What {@link verify} compares, and how. */
export interface VerifyOptions extends Partial<Tolerance> {
  /** Reference outputs by name. */
  references: WeightSource;
  /** Which reference names belong to a layer. */
  map: ReferenceMap;
  /** Measures to take besides, by name: `rmse`, `sqnr` … See {@link measure}. */
  metrics?: readonly string[];
  /** Tolerances and limits of measures for some layers, and for all that have no others. */
  tolerances?: ToleranceRules;
  /**
   * Where something diverges, run every layer on the references of what it reads, and look for the cause at the first
   * that fails then. Default true.
   */
  diagnose?: boolean;
  /** Multiply-accumulates that the search for a cause may take. Default 1e11: about ten seconds of one core. */
  work?: number;
  /**
   * Give the memory of a blob back once no later layer of a pass reads it; of a large net that is most of the memory. Inputs and
   * outputs keep their values, other blobs do not. Default false.
   */
  freeBlobs?: boolean;
  /** The schema that the net was loaded with, when it is not BVLC's. Edits are written in it. */
  schema?: Schema;
  /** The net's file and what it holds, which patches are then of. Default: the net as netspec prints it. */
  prototxt?: { readonly file: string; readonly text: string };
  /** Called after each compared top; the isolated pass, and the search for a cause, count from 1 again. */
  onProgress?: (done: number, total: number, layer: string) => void;
  /** Given both sides of each comparison of the whole pass, for who wants more of them than figures; valid only during the call. */
  onCompared?: (result: LayerResult, actual: Float32Array, reference: NumericArray) => void;
}
