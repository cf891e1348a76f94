/**
 * openWeightFile: a file of weights as a WeightSource, whatever its format, which its content tells and not its name.
 */
import { FUNCTION, OPTIONS, checkArguments, fields } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { CaffemodelReaderOptions } from '../proto/caffemodel-reader.js';
import { isOfKind, readHead, wrongKind } from '../proto/file-kinds/index.js';
import type { RandomAccess } from '../proto/random-access.js';
import { entryOf } from './entry.js';
import { WEIGHT_EXTENSIONS, WEIGHT_FORMATS, type WeightFile } from './formats/index.js';
import type { WeightSource } from './source.js';
import { ZipArchive } from './zip.js';

/** How {@link openWeightFile} opens a file. */
export interface OpenWeightsOptions extends CaffemodelReaderOptions {
  /** Opens a file that lies beside this one, by its name: for the index of weights that are split over several files. */
  openBeside?: (file: string) => Promise<RandomAccess>;
  /** The entry to take of a file that holds several sets of tensors: `ema` of a checkpoint. */
  entry?: string;
}

/**
 * Opens a file of weights: .npz, .npy, PyTorch's checkpoints of both kinds, safetensors, an index of several such files, a
 * caffemodel. Only its directory is read; unpickling executes nothing. `access` is closed with the source, or at once when
 * it cannot be opened.
 * @throws NetspecError naming the file when it is none of these (saying what it is), is damaged or truncated
 * @example
 * const source = await openWeightFile(await openFile('model.npz')); // in a browser: fromBlob(file)
 * source.list().map(({ name }) => name); // → ['conv1.weight', 'conv1.bias', 'fc.weight', 'fc.bias']
 */
export async function openWeightFile(access: RandomAccess, options: OpenWeightsOptions = {}): Promise<WeightSource> {
  checkArguments('openWeightFile()', {
    access: [access, fields('a file, such as openFile() gives', { read: FUNCTION, close: FUNCTION })],
    options: [options, OPTIONS],
  });
  try {
    return await open(await weightFile(access, options));
  } catch (error) {
    await access.close();
    throw error instanceof NetspecError ? error.within({ file: access.name }) : error;
  }
}

async function weightFile(access: RandomAccess, options: OpenWeightsOptions): Promise<WeightFile> {
  const { schema, openBeside, entry } = options;
  let archive: Promise<ZipArchive> | undefined;
  return {
    access,
    head: await readHead(access),
    archive: () => (archive ??= ZipArchive.open(access)),
    schema,
    entry,
    ...(openBeside && {
      // What lies beside it is no index itself: nothing may lead round in a circle.
      openBeside: async (name: string) =>
        openWeightFile(await openBeside(name), { ...options, openBeside: undefined, entry: undefined }),
    }),
  };
}

async function open(file: WeightFile): Promise<WeightSource> {
  const { access, head } = file;
  if (access.size === 0) throw new NetspecError('the file is empty');
  for (const format of WEIGHT_FORMATS) {
    if (!(await format.match(file))) continue;
    try {
      const source = await format.open(file);
      return file.entry === undefined || format.takesEntry ? source : entryOf(source, file.entry);
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      // The last format takes what it is given: some other kind of file may have come to it.
      throw format === WEIGHT_FORMATS.at(-1) ? explained(wrongKind(head, 'weights', true) ?? error) : error;
    }
  }
  if (isOfKind('zip', head)) throw otherArchive(await file.archive());
  throw explained(wrongKind(head, 'weights', true)!);
}

/** The error with the formats that there are, unless it has other advice. */
function explained(error: NetspecError): NetspecError {
  if (error.details.hint !== undefined) return error;
  const hint = `weights are read from ${WEIGHT_EXTENSIONS.join(', ')}`;
  return new NetspecError(error.reason, { ...error.details, hint, cause: error });
}

function otherArchive({ entries }: ZipArchive): NetspecError {
  const [first] = entries.keys();
  return new NetspecError(
    `a zip archive ${first === undefined ? 'without entries' : `with '${first}'`}: ` +
      'expected .npy files (.npz) or a data.pkl (a PyTorch checkpoint)',
  );
}
