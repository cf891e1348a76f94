/** What a packing does, or did, as data: for tables, for --json, for scripts. */

/** A parameter blob of the net. */
export interface BlobId {
  layer: string;
  type: string;
  /** Position among the layer's blobs. */
  blob: number;
  shape: readonly number[];
}

/** What a packing does, or did. */
export interface PackReport {
  /** The net's name. */
  net: string;
  /** The source's description, and the name map's name. */
  source: string;
  map: string;
  /** Values in the file. */
  parameters: number;
  /** Length of the file. */
  bytes: number;
  /** Blobs that hold tensors of the source, in the file's order. */
  filled: (BlobId & {
    /** Names of the tensors. */
    sources: string[];
    /** What was calculated from them; absent when the tensor was taken as it is. */
    operation?: string;
    /** Optional tensors that the source has not. */
    absent?: string[];
    /** Shape of the tensor where it differs from the blob's by dimensions of one. */
    reshapedFrom?: readonly number[];
  })[];
  /** Blobs whose values are known without the source: upsampling kernels. */
  computed: (BlobId & { operation: string })[];
  /** Layers that are not in the file because Caffe gives them the blobs of an earlier one. */
  shared: { layer: string; type: string; owner: string }[];
  /** Blobs without values. `leftOut`: its layer is not in the file; else the filler's constant is. */
  unfilled: (BlobId & { lookedFor: string[]; leftOut: boolean })[];
  /** Blobs whose tensors have another shape; their layers are not in the file. */
  mismatched: (BlobId & { reason: string; hint?: string })[];
  /** Number of tensors in the source, and of those that were used. */
  sources: number;
  usedSources: number;
  /** Tensors that belong to no parameter of the net. */
  unusedSources: { name: string; shape: readonly number[] }[];
  /** Tensors that the name map knows to be of no use to a net. */
  ignoredSources: string[];
  /** Remarks for the user. */
  notes: string[];
  /** Blobs with values that are infinite or not a number; known only once the values were read. */
  nonFinite?: NonFinite[];
  /** Blobs that a variance below 0 makes NaN, or their layer's outputs; known only once the values were read. */
  negativeVariances?: NegativeVariances[];
  /** Blobs with values that half precision cannot hold, where it was asked for; known only once the values were read. */
  outOfRange?: OutOfRange[];
}

/** Values that half precision cannot hold. */
export interface OutOfRange extends BlobId {
  /** How many became infinite: those beyond 65504. */
  overflow: number;
  /** How many became 0: those below 3e-8. */
  underflow: number;
}

/** Variances whose root is not a number. */
export interface NegativeVariances extends BlobId {
  /** The tensor that holds them. */
  source: string;
  /** How many of them, and of how many. */
  count: number;
  of: number;
}

/** Values that will spoil every output. */
export interface NonFinite extends BlobId {
  sources: string[];
  /** How many values are not finite. */
  count: number;
  /** Flat index of the first one, and what it is. */
  firstIndex: number;
  first: 'NaN' | 'Infinity' | '-Infinity';
}
