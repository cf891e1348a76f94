/** npy: a single array of numpy's as a source of one tensor, called by its file's name. */
import { isOfKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { readNpy, readNpyHeader } from '../npy.js';
import type { WeightSource } from '../source.js';
import { sourceOfEntries } from '../stored.js';
import type { WeightFormat } from './format.js';

export const npy: WeightFormat = {
  name: 'npy',
  extensions: ['.npy'],
  docs: { files: 'a single `.npy`', tensors: "the file's name, without `.npy`" },
  match: ({ head }) => isOfKind('numpy', head),
  open: ({ access }) => openNpy(access),
};

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
