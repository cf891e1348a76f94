/** folders: making folders, with words for what stands in the way. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../errors.js';
import { explained } from './explain.js';

/**
 * Makes a folder, and those above it, unless it is there. One after the other: where a file system refuses new folders
 * (/proc), Node's recursive mkdir never comes back.
 * @param onMade is told each folder that was made, the outermost first
 * @throws NetspecError naming the path at which it is not possible.
 */
export async function makeFolder(folder: string, onMade?: (folder: string) => void): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found) throw new NetspecError('cannot make a folder: it is a file', { file: folder });
  const parent = path.dirname(folder);
  if (parent !== folder) await makeFolder(parent, onMade);
  try {
    await explained('write', folder, () => mkdir(folder));
    onMade?.(folder);
  } catch (error) {
    // Another process may have been quicker.
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw error;
  }
}
