/** target: what a toolchain that reads Caffe's files accepts, as data. Each JSON file beside this one is a target. */
/** What limits are set to; see measures.ts for how each is computed. */
export type MeasureName =
  | 'kernel'
  | 'stride'
  | 'pad'
  | 'dilation'
  | 'kernelArea'
  | 'strideArea'
  | 'averageBuffer'
  | 'hasTwoValues'
  | 'group'
  | 'poolMethod'
  | 'isGlobalPooling'
  | 'eltwiseOperation'
  | 'reductionOperation'
  | 'topK'
  | 'power'
  | 'usesStoredStatistics'
  | 'eta'
  | 'axis'
  | 'isAxisNegative'
  | 'isAxisInnermost'
  | 'transpose'
  | 'bottoms'
  | 'tops'
  | 'isInPlace'
  | 'inputRank'
  | 'outputRank'
  | 'batch'
  | 'inputChannels'
  | 'outputChannels'
  | 'inputSize'
  | 'outputSize'
  | 'inputArea'
  | 'outputDims'
  | 'isPlainConvolution'
  | 'upsampleScale'
  | 'hasStateRules';

/** A fact that its makers state. */
export interface Stated {
  /** Key in {@link Target.sources}. */
  readonly source: string;
}

/** Which layer types a toolchain reads. */
export interface LayerList extends Stated {
  /** These and no others. */
  readonly only?: readonly string[];
  /** Of the types that BVLC's Caffe does not have, these and no others. */
  readonly beyondBvlc?: readonly string[];
  /** Not these. */
  readonly without?: readonly string[];
  /** Types that it reads in more than one way, with what to do about it; the lint warns of them. */
  readonly ambiguous?: Readonly<Record<string, string>>;
  /** What to write in the place of a type. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** What a measure of a layer must be. Where a layer has several, one for each axis, all must. */
export interface Limit extends Stated {
  /** Of which types; of all by default. */
  readonly types?: readonly string[];
  /** Where another measure of the layer is this. */
  readonly when?: { readonly measure: MeasureName; readonly is: string | number | boolean };
  readonly measure: MeasureName;
  readonly is?: string | number | boolean;
  readonly oneOf?: readonly (string | number)[];
  readonly min?: number;
  readonly max?: number;
  readonly multipleOf?: number;
  /** At most another measure times a factor, plus an offset; axis by axis. */
  readonly atMost?: { readonly measure: MeasureName; readonly times?: number; readonly plus?: number };
  /** What to do about it. */
  readonly hint?: string;
  /** `warning` where the toolchain reads the layer and computes something else. Default: `error`. */
  readonly severity?: 'error' | 'warning';
  /** A layer, or layers, that break the limit, over a blob `data` of 1x16x40x40: for tests and documentation. */
  readonly example: string;
}

/** A toolchain, as its file describes it. */
export interface Target {
  /** As on the command line: `ascend`. */
  readonly name: string;
  /** As its makers call it, with the versions that the facts are of. */
  readonly title: string;
  /** Reads Caffe's files no longer: for those who stay with an old version. */
  readonly isLegacy?: boolean;
  /** Where the facts are from. */
  readonly sources: Readonly<Record<string, string>>;
  readonly layers?: LayerList;
  /** It reads today's format alone: V0 and V1 nets are refused. */
  readonly todaysFormat?: Stated;
  /** Fields of LayerParameter's messages that its schema lacks: `pooling_param.round_mode`. */
  readonly unknownFields?: Stated & { readonly fields: readonly string[]; readonly example: string };
  /** Fields beyond BVLC's that its schema has: `pooling_param.ceil_mode`. */
  readonly extraFields?: Stated & { readonly fields: readonly string[] };
  readonly limits?: readonly Limit[];
}
