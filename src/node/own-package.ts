/**
 * own-package: lets a user's module `import 'netspec'` where no such package is installed: it gets the package that is
 * running.
 */
import { readFileSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';

let provided = false;

/**
 * From now on, imports of `netspec` and its subpaths that find no package find this one. A package that is installed where
 * the importing file stands goes first. Does nothing when the file can import netspec already.
 * @param file the module that is going to be imported, as an absolute path
 */
export function provideOwnPackage(file: string): void {
  if (provided || findsPackage(file)) return;
  provided = true;
  // Of import statements; the hook runs in a thread of its own, so it is handed over as text.
  nodeModule.register(`data:text/javascript,${encodeURIComponent(RESOLVE_HOOK)}`, { data: OWN_PACKAGE });
  // Of require(), which is what import statements become in TypeScript files of a CommonJS package.
  const resolver = nodeModule as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const original = resolver._resolveFilename;
  const own = createRequire(OWN_PACKAGE);
  resolver._resolveFilename = function (this: unknown, request, ...rest) {
    try {
      return original.call(this, request, ...rest);
    } catch (error) {
      if (!OWN_NAME.test(request)) throw error;
      return own.resolve(request);
    }
  };
}

/** Where this package imports itself from: two folders up, from the sources as from the bundle. */
const OWN_PACKAGE = new URL('../../package.json', import.meta.url).href;
const OWN_NAME = /^netspec($|\/)/;

const RESOLVE_HOOK = `
let own;
export function initialize(data) {
  own = data;
}
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!${OWN_NAME}.test(specifier)) throw error;
    return next(specifier, { ...context, parentURL: own });
  }
}
`;

/** The version of this package. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL(OWN_PACKAGE), 'utf8')) as { version: string }).version;
}

function findsPackage(file: string): boolean {
  try {
    createRequire(file).resolve('netspec');
    return true;
  } catch {
    return false;
  }
}
