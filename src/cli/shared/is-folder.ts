/** is-folder: whether a path that was given names a folder. */
import { existsSync, statSync } from 'node:fs';

/** False where nothing is there, and where the path leads through a file. */
export function isFolder(name: string): boolean {
  return existsSync(name) && statSync(name).isDirectory();
}
