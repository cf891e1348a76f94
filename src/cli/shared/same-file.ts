/** same-file: whether two paths name one file, so that no command writes over what it reads. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';

export function sameFile(a: string, b: string): boolean {
  const real = (file: string): string => (existsSync(file) ? realpathSync(file) : path.resolve(file));
  return real(a) === real(b);
}

/** @throws NetspecError where a file that is read would be written */
export function checkNotRead(written: readonly string[], read: readonly string[]): void {
  for (const file of written)
    if (read.some((each) => sameFile(file, each)))
      throw new NetspecError(`${file} would be overwritten, which is read`, { hint: 'write somewhere else' });
}
