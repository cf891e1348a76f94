/** Files beside a model, for its external data: in its folder or below, links followed. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../errors.js';
import type { RandomAccess } from '../proto/random-access.js';
import { explained } from './explain.js';
import { openFile } from './files.js';

/**
 * Opens files by their path from the folder that `file` is in.
 * @throws NetspecError when there is none, or when it is a link that leads out of the folder
 */
export function besideFile(file: string): (name: string) => Promise<RandomAccess> {
  return async (name) => {
    const folder = await explained('read', file, () => realpath(path.dirname(path.resolve(file))));
    const wanted = path.join(folder, name);
    const real = await explained('read', wanted, () => realpath(wanted));
    if (real !== folder && !real.startsWith(folder + path.sep))
      throw new NetspecError(`it leads out of the model's folder, to ${real}`, { file: wanted });
    return openFile(real);
  };
}
