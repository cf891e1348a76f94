/** read-input: the values of an input from a file: an .npy, or an .npz with an array of the input's name or with one alone. */
import { NetspecError, didYouMean } from '../../errors.js';
import type { NpyArray } from '../../weights/npy.js';

/** @throws NetspecError when the file cannot be read, or does not say which of its arrays is meant. */
export async function readInput(name: string, file: string): Promise<NpyArray> {
  const { openWeights, readNpyFile } = await import('../../node.js');
  if (!file.endsWith('.npz')) return readNpyFile(file);
  const source = await openWeights(file);
  try {
    const names = source.list().map((each) => each.name);
    const [own = names.length === 1 ? names[0] : undefined] = names.filter((each) => each === name);
    if (own === undefined)
      throw new NetspecError(`has no array '${name}'; it has ${names.join(', ') || 'none'}`, {
        file,
        hint: didYouMean(name, names),
      });
    const { shape, data, dtype } = (await source.read(own)) as NpyArray;
    return { shape, data, dtype };
  } finally {
    await source.close();
  }
}
