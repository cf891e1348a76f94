/**
 * openWeightFile: a file of weights as a WeightSource, whatever its format, which its content tells and not its name.
 */
import { NetspecError } from '../errors.js';
import type { CaffemodelReaderOptions } from '../proto/caffemodel-reader.js';
import type { RandomAccess } from '../proto/random-access.js';
import { openCaffemodelSource } from './caffemodel-source.js';
import { isNpz, openNpz } from './npz.js';
import { readNpy, readNpyHeader } from './npy.js';
import { looksLikeSafetensors, openSafetensors, openShards, parseShardIndex } from './safetensors.js';
import type { WeightSource } from './source.js';
import { sourceOfEntries } from './stored.js';
import { isTorchZip, openTorchZip } from './torch-zip.js';
import { openTorchLegacy } from './torch-legacy.js';
import { ZipArchive } from './zip.js';

export interface OpenWeightsOptions extends CaffemodelReaderOptions {
  /** Opens a file that lies beside this one, by its name: for the index of weights that are split over several files. */
  openBeside?: (file: string) => Promise<RandomAccess>;
}

/** Enough to tell the formats apart. */
const HEAD_BYTES = 512;
/** An index of ten thousand tensors takes a megabyte. */
const LARGEST_INDEX = 2 ** 26;

/**
 * Opens a file of weights: .npz, .npy, PyTorch's checkpoints of both kinds, safetensors, an index of several such files, a
 * caffemodel. Only its directory is read; unpickling executes nothing. `access` is closed with the source, or at once when
 * it cannot be opened.
 * @throws NetspecError naming the file when it is none of these, is damaged or truncated
 */
export async function openWeightFile(access: RandomAccess, options: OpenWeightsOptions = {}): Promise<WeightSource> {
  try {
    return await open(access, options);
  } catch (error) {
    await access.close();
    throw error instanceof NetspecError ? error.within({ file: access.name }) : error;
  }
}

async function open(access: RandomAccess, options: OpenWeightsOptions): Promise<WeightSource> {
  const start = new Uint8Array(Math.min(HEAD_BYTES, access.size));
  await access.read(0, start);
  const head = String.fromCharCode(...start);
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return openZip(access);
  if (head.startsWith('\x93NUMPY')) return openNpy(access);
  if (head.startsWith('\x80')) return openTorchLegacy(access);
  if (looksLikeSafetensors(start)) return openSafetensors(access);
  if (/^\s*\{/.test(head)) return openIndex(access, options);
  if (head.startsWith('ustar', TAR_MAGIC_AT))
    throw new NetspecError("a tar archive: PyTorch's format from before 2017 is not read", {
      hint: 'load it in Python and save it again with torch.save',
    });
  return openOther(access, options);
}

const TAR_MAGIC_AT = 257;

/** A caffemodel begins with any of many bytes: it is what is left. */
async function openOther(access: RandomAccess, options: OpenWeightsOptions): Promise<WeightSource> {
  if (access.size === 0) throw new NetspecError('the file is empty');
  try {
    return await openCaffemodelSource(access, options);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const hint = 'expected .npz, .npy, a PyTorch checkpoint, safetensors or a caffemodel';
    throw new NetspecError(error.reason, { ...error.details, hint: error.details.hint ?? hint, cause: error });
  }
}

async function openZip(access: RandomAccess): Promise<WeightSource> {
  const archive = await ZipArchive.open(access);
  if (isTorchZip(archive)) return openTorchZip(access, archive);
  if (isNpz(archive)) return openNpz(access, archive);
  const [first] = archive.entries.keys();
  throw new NetspecError(
    `a zip archive ${first === undefined ? 'without entries' : `with '${first}'`}: ` +
      'expected .npy files (.npz) or a data.pkl (a PyTorch checkpoint)',
  );
}

/** A single array, called by its file's name. */
async function openNpy(access: RandomAccess): Promise<WeightSource> {
  const { shape, dtype, descr, fortranOrder, dataOffset, count } = await readNpyHeader(access);
  const name = (access.name ?? 'array').replace(/^.*[/\\]/, '').replace(/\.npy$/, '');
  const streams = descr === '<f4' && !fortranOrder;
  const entry = {
    info: { name, shape, dtype },
    read: () => readNpy(access),
    ...(streams && { stored: { access, offset: dataOffset, count } }),
  };
  return sourceOfEntries(access.name ?? 'array', [entry], () => access.close());
}

async function openIndex(access: RandomAccess, options: OpenWeightsOptions): Promise<WeightSource> {
  if (access.size > LARGEST_INDEX)
    throw new NetspecError(`JSON of ${access.size} bytes: an index of weight files has at most ${LARGEST_INDEX}`);
  const bytes = new Uint8Array(access.size);
  await access.read(0, bytes);
  const index = parseShardIndex(bytes, access.name);
  const { openBeside } = options;
  if (!openBeside) throw new NetspecError('an index of several weight files: open it where these can be found');
  const source = await openShards(access.name ?? 'index of weight files', index, async (file) =>
    // A shard is no index itself: nothing may lead round in a circle.
    openWeightFile(await openBeside(file), { ...options, openBeside: undefined }),
  );
  await access.close();
  return source;
}
