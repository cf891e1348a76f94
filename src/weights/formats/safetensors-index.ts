/**
 * safetensors-index: the index of a model that is split over several files, safetensors or PyTorch's, as one source.
 * Format: Hugging Face's `model.safetensors.index.json`, and PyTorch's index of the same form.
 */
import { NetspecError } from '../../errors.js';
import { parseJsonObject } from '../json-object.js';
import type { WeightSource } from '../source.js';
import { sourceOfEntries, type TensorEntry } from '../stored.js';
import type { WeightFile, WeightFormat } from './format.js';

/** An index of ten thousand tensors takes a megabyte. */
const LARGEST_INDEX = 2 ** 26;

export const safetensorsIndex: WeightFormat = {
  name: 'safetensors-index',
  extensions: ['.index.json'],
  docs: {
    files: "`*.index.json` of a model that is split over several `.safetensors`, or over PyTorch's files",
    tensors: 'their names',
  },
  inFolder: [/\.safetensors\.index\.json$/, /\.bin\.index\.json$/],
  match: ({ head }) => /^\s*\{/.test(head.text),
  open: openIndex,
};

async function openIndex({ access, openBeside }: WeightFile): Promise<WeightSource> {
  if (access.size > LARGEST_INDEX)
    throw new NetspecError(`JSON of ${access.size} bytes: an index of weight files has at most ${LARGEST_INDEX}`);
  const bytes = new Uint8Array(access.size);
  await access.read(0, bytes);
  const index = parseShardIndex(bytes, access.name);
  if (!openBeside) throw new NetspecError('an index of several weight files: open it where these can be found');
  const source = await openShards(access.name ?? 'index of weight files', index, openBeside);
  await access.close();
  return source;
}

/** What an index of several files says: which of them holds each tensor. */
interface ShardIndex {
  /** File names by tensor name; each lies beside the index. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Parses `model.safetensors.index.json`, and PyTorch's index of the same form.
 * @param file what errors call it
 * @throws NetspecError when it is no such index, or names a file elsewhere than beside it
 */
function parseShardIndex(bytes: Uint8Array, file?: string): ShardIndex {
  try {
    const { weight_map: map } = parseJsonObject(bytes, 'index of weight files');
    if (typeof map !== 'object' || map === null || Array.isArray(map))
      throw new NetspecError('malformed index of weight files: it has no weight_map');
    const files = new Map<string, string>();
    for (const [name, shard] of Object.entries(map)) {
      if (typeof shard !== 'string' || shard === '')
        throw new NetspecError(`malformed index of weight files: tensor '${name}' has no file name`);
      if (/[/\\\0]/.test(shard) || shard === '.' || shard === '..')
        throw new NetspecError(`the index names '${shard}' for tensor '${name}': expected a file beside the index`);
      files.set(name, shard);
    }
    if (files.size === 0) throw new NetspecError('the index of weight files names no tensors');
    return { files };
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/**
 * The files of an index as one source: its tensors, in its order.
 * @param openShard opens a file that lies beside the index
 * @throws NetspecError when a file cannot be opened or lacks a tensor; files that are open by then are closed
 */
async function openShards(
  description: string,
  { files }: ShardIndex,
  openShard: (file: string) => Promise<WeightSource>,
): Promise<WeightSource> {
  const shards = new Map<string, WeightSource>();
  const close = async (): Promise<void> => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  try {
    for (const file of new Set(files.values())) shards.set(file, await openShard(file));
    const infos = new Map([...shards].map(([file, s]) => [file, new Map(s.list().map((info) => [info.name, info]))]));
    const entries = [...files].map(([name, file]): TensorEntry => {
      const shard = shards.get(file)!;
      const info = infos.get(file)!.get(name);
      if (!info) throw new NetspecError(`the index says that '${file}' has tensor '${name}', which it has not`);
      return { info, read: () => shard.read(name), stored: shard.stored?.(name) };
    });
    return sourceOfEntries(description, entries, close);
  } catch (error) {
    await close();
    throw error;
  }
}
