/** resolve-package: where a package is for a file elsewhere, such as one in the working directory. */
import { createRequire } from 'node:module';

/** The file that `require(name)` loads in another file; undefined where it finds none. */
export function resolvePackage(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
