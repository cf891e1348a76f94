/** version: the package's version and folder. This file stands as deep as the bundle does, which finds package.json from where it is. */
import { readFileSync } from 'node:fs';

/** The folder that holds package.json. */
export function packageFolder(): URL {
  return new URL('../../', import.meta.url);
}

export function version(): string {
  const file = new URL('package.json', packageFolder());
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
