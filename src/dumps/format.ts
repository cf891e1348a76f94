/** format: what is known of a form in which toolchains keep layer outputs. Each has a file in formats/, and a row in index.ts. */
import type { ByteSink } from '../proto/random-access.js';
import type { NumericArray } from '../weights/source.js';

/** One output of a net that is dumped. */
export interface DumpedTop {
  /** Blob that holds it. */
  readonly blob: string;
  /** The layer that made it; of formats that dump blobs, the first layer that has the blob as a top. */
  readonly layer: string;
  /** Position among that layer's tops. */
  readonly index: number;
  /** Types of all layers that write the blob, in their order. */
  readonly writers: readonly string[];
  /** Dimensions, outermost first. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What is dumped, in the net's order. */
export interface Dump {
  /** The net's name; empty where it has none. */
  readonly net: string;
  readonly tops: readonly DumpedTop[];
  /** Microseconds since 1970, for formats that put the time into names. */
  readonly time: number;
}

/** A file of a dump. */
export interface DumpFile {
  /** Its name in the folder of the dump. */
  readonly file: string;
  readonly fill: (sink: ByteSink) => Promise<unknown>;
}

/** Files of a dump, and what the user should know of their names. */
export interface DumpFiles {
  readonly files: readonly DumpFile[];
  readonly notes?: readonly string[];
}

/** A tensor that was read from a dump. */
export interface DumpTensor {
  readonly name: string;
  /** Undefined where the file does not say: the values lie in the order of whatever blob they are held against. */
  readonly shape?: readonly number[];
  /** Element type in numpy's words. */
  readonly dtype: string;
  readonly data: NumericArray;
}

/** Reads files of a format that weights are not read from. */
export interface DumpReader {
  /** Whether a file of a folder is of this format, by its name. */
  readonly match: (file: string) => boolean;
  /**
   * The tensors of a file.
   * @throws NetspecError when the file is malformed
   */
  readonly parse: (bytes: Uint8Array, file: string) => readonly DumpTensor[];
}

export interface DumpFormat {
  /** The word of `--format`, and the name of its file in formats/. */
  readonly name: string;
  /** What docs/dumps.md says, in Markdown: who reads it, how files and tensors are called, and where that was read. */
  readonly docs: { readonly readBy: string; readonly names: string; readonly source: string };
  /** Whether blobs are dumped, as they are after the pass, or the tops of each layer, as they are right after it ran. */
  readonly of: 'blobs' | 'layers';
  /** The one file of a dump, where it is one: `--output-dir` may name it. */
  readonly extension?: string;
  /** @throws NetspecError when two outputs would have one name */
  readonly write: (dump: Dump) => DumpFiles;
  /** How its files are read, where that is not by a format of weights. */
  readonly read?: DumpReader;
  /** The tensor that an .npy file holds, by the file's name without its extension; undefined for a file of another format. */
  readonly nameOfNpy?: (file: string) => string | undefined;
}
