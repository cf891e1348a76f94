/** Tensors of a checkpoint as entries of a source: the same for both file formats, which differ in where storages lie. */
import { NetspecError } from '../errors.js';
import { fromBytes, type RandomAccess } from '../proto/random-access.js';
import { ELEMENT_TYPES } from './elements.js';
import type { NamedTensor } from './checkpoint.js';
import { problemEntry, storedEntry, type TensorEntry } from './stored.js';
import { TorchStorage } from './torch-pickle.js';

/**
 * @param storages what holds each storage's values, by key, from its first byte on
 * @param bigEndian whether storages hold big-endian values
 */
export function torchEntries(
  tensors: readonly NamedTensor[],
  storages: ReadonlyMap<string, RandomAccess>,
  file: string | undefined,
  bigEndian = false,
): TensorEntry[] {
  return tensors.map(({ name, tensor }): TensorEntry => {
    const { dtype, shape, strides, values, offset } = tensor;
    const info = { name, shape, dtype };
    const refuse = (reason: string): TensorEntry => problemEntry(info, new NetspecError(reason), file);
    if (tensor.problem !== undefined) return refuse(tensor.problem);
    const element = ELEMENT_TYPES.get(dtype);
    if (!element) return refuse(`its element type is ${dtype}: expected floats, integers or bool`);
    const stored = values instanceof TorchStorage;
    const access = stored ? storages.get(values.key) : values && fromBytes(values, file);
    if (!access) return refuse(`its values are missing${stored ? `: there is no storage '${values.key}'` : ''}`);
    return storedEntry(
      name,
      {
        shape,
        element,
        access,
        offset: offset * element.bytes,
        strides,
        bigEndian: stored ? bigEndian : tensor.bigEndian,
      },
      file,
    );
  });
}
