/**
 * openWeights: whatever holds weights, by its path: a file of any known format, or a folder.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../errors.js';
import { WEIGHT_FORMATS } from '../weights/formats/index.js';
import { entryOf } from '../weights/entry.js';
import { openWeightFile, type OpenWeightsOptions } from '../weights/open.js';
import type { WeightSource } from '../weights/source.js';
import { explained } from './explain.js';
import { openFile } from './files.js';
import { NpyFolderSource } from './npy-folder.js';

/** What a folder of a split or single model holds. An index goes before the files that it names, and stands after them. */
const MODEL_FILES = WEIGHT_FORMATS.toReversed().flatMap(({ inFolder = [] }) => inFolder);

/** How {@link openWeights} opens weights. */
export type OpenOptions = Omit<OpenWeightsOptions, 'openBeside'>;

/**
 * Opens weights of any kind as a source; close it when done. The content decides, not the name:
 *
 * - a folder of .npy files, or one with a single checkpoint or index of checkpoints in it
 * - .npz, .npy
 * - PyTorch checkpoints (.pth, .pt, .bin), zip and legacy; nothing in them is executed
 * - safetensors, and the index (`*.index.json`) of a model that is split over several files
 * - a caffemodel
 *
 * Values are read when asked for, one tensor at a time. Of a file that holds several sets of tensors, `options.entry` says
 * which to take: `ema`.
 * @throws NetspecError naming the path when there is nothing, it is none of these, it is damaged or truncated, or a pickle
 * in it would call something that tensors do not need
 * @example
 * const source = await openWeights('model.npz'); // or a folder, .pth, .safetensors, .caffemodel
 * (await source.read('conv1.weight')).shape; // → [4, 3, 3, 3]
 * await source.close();
 */
export async function openWeights(from: string, options: OpenOptions = {}): Promise<WeightSource> {
  const stats = await explained('read', from, () => stat(from));
  if (stats.isDirectory()) return openFolder(from, options);
  return openWeightFile(await openFile(from), {
    ...options,
    openBeside: (file) => openFile(path.join(path.dirname(from), file)),
  });
}

async function openFolder(folder: string, options: OpenOptions): Promise<WeightSource> {
  const names = await explained('read', folder, () => readdir(folder));
  for (const pattern of names.some((name) => name.endsWith('.npy')) ? [] : MODEL_FILES) {
    const found = names.filter((name) => pattern.test(name)).sort();
    if (found.length > 1)
      throw new NetspecError(`the folder has several weight files: ${found.join(', ')}`, {
        hint: 'name one of them',
        file: folder,
      });
    if (found.length === 1) return openWeights(path.join(folder, found[0]!), options);
  }
  const source = await NpyFolderSource.open(folder);
  return options.entry === undefined ? source : entryOf(source, options.entry);
}
