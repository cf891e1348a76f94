/** format: what is known of a format of weight files. Each has a file of its own here, and a row in index.ts. */
import type { FileHead } from '../../proto/file-kinds/index.js';
import type { ByteSink, RandomAccess } from '../../proto/random-access.js';
import type { Schema } from '../../proto/schema.js';
import type { WeightSource } from '../source.js';
import type { TensorToWrite } from '../write-archive.js';
import type { ZipArchive } from '../zip.js';

/** A file that is to be opened as weights. */
export interface WeightFile {
  readonly access: RandomAccess;
  readonly head: FileHead;
  /**
   * The directory of a file that is a zip archive; it is read once.
   * @throws NetspecError when the archive is damaged, or the file is none
   */
  readonly archive: () => Promise<ZipArchive>;
  /** A vendor's schema, for caffemodels. */
  readonly schema?: Schema;
  /** Opens weights that lie beside the file, by the file's name; undefined where nothing can lie beside it. */
  readonly openBeside?: (name: string) => Promise<WeightSource>;
  /** The entry to take of a file that holds several sets of tensors; of formats that have {@link WeightFormat.takesEntry}. */
  readonly entry?: string;
}

export interface WeightFormat {
  /** Unique: the name of its file here, and of the folder with examples in test/fixtures/weights/. */
  readonly name: string;
  /** Endings that the names of such files usually have. The content decides, not the name. */
  readonly extensions: readonly string[];
  /** What docs/weights.md says, in Markdown: which files they are, and what their tensors are called. */
  readonly docs: { readonly files: string; readonly tensors: string };
  /** A folder without .npy files is opened as its one file whose name matches; the first expression that finds one counts. */
  readonly inFolder?: readonly RegExp[];
  /** It looks for {@link WeightFile.entry} itself. Of other formats an entry is what names begin with. */
  readonly takesEntry?: boolean;
  /** Whether a file is of this format. It looks at the head, and at the directory of a zip archive. */
  readonly match: (file: WeightFile) => boolean | Promise<boolean>;
  /**
   * Opens a file that matched: reads its directory. The source closes the file when it is closed.
   * @throws NetspecError when the file is damaged or truncated
   */
  readonly open: (file: WeightFile) => Promise<WeightSource>;
  /** Writes tensors into one file. `extract` offers the formats that have it, by their first ending. */
  readonly write?: (sink: ByteSink, tensors: readonly TensorToWrite[]) => Promise<unknown>;
}
