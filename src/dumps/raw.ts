/** raw: values of one element type without a head, as boards write them. Neither shape nor type is in the file. */
import { didYouMean, NetspecError } from '../errors.js';
import { ELEMENT_TYPES } from '../weights/elements.js';
import type { DumpTensor } from './format.js';

/** Endings of such files. */
export const RAW_FILE = /\.(bin|raw|dat)$/i;

/**
 * The tensor of a raw file, little-endian.
 * @param dtype in numpy's words
 * @throws NetspecError for an unknown type, and for a file that ends within a value
 */
export function parseRaw(bytes: Uint8Array, file: string, dtype: string): DumpTensor {
  const type = ELEMENT_TYPES.get(dtype);
  if (!type) {
    const names = [...ELEMENT_TYPES.keys()];
    throw new NetspecError(`there is no element type '${dtype}'`, {
      hint: didYouMean(dtype, names) ?? `element types are ${names.join(', ')}`,
    });
  }
  const count = bytes.length / type.bytes;
  if (!Number.isSafeInteger(count))
    throw new NetspecError(`${bytes.length} bytes are no whole number of ${dtype} values`, { file });
  // A typed array cannot begin at every byte.
  const aligned = bytes.slice();
  return { name: file.replace(/\.[^.]*$/, ''), dtype, data: type.view(aligned.buffer, 0, count) };
}
