/**
 * own-package: how a user's module is resolved. It can `import 'netspec'` where no such package is installed: it gets the package
 * that is running. TypeScript with import or export statements is an ECMAScript module where no package.json says otherwise.
 */
import { existsSync, readFileSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolvePackage } from './resolve-package.js';

let provided = false;
let typed = false;

/**
 * From now on, a .ts file that has import or export statements and stands where no package.json gives a `type` is an ECMAScript
 * module, as from Node 22.7 on. tsx alone takes it for CommonJS: `await` at its top fails, and to load netspec takes five times
 * as long, since all of it is made CommonJS. A file that names what only CommonJS has, `require` for instance, stays CommonJS.
 */
export function detectModuleSyntax(): void {
  if (typed) return;
  typed = true;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(FORMAT_HOOK)}`);
}

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

const FORMAT_HOOK = `
import { readFileSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const { url } = resolved;
  return /^file:.*[.]ts($|[?])/.test(url) && isUntyped(url) && hasModuleSyntax(url) ? { ...resolved, format: 'module' } : resolved;
}
const read = (url) => readFileSync(new URL(url.href.replace(/[?].*/, '')), 'utf8');
function isUntyped(url) {
  for (let folder = new URL('.', url); ; folder = new URL('..', folder)) {
    try {
      return JSON.parse(read(new URL('package.json', folder))).type === undefined;
    } catch {
      if (folder.pathname === new URL('..', folder).pathname) return true;
    }
  }
}
function hasModuleSyntax(url) {
  try {
    const text = read(new URL(url));
    return /^(import|export)\\b/m.test(text) && !/\\b(require|module[.]exports|__dirname|__filename)\\b/.test(text);
  } catch {
    return false;
  }
}
`;

/**
 * What a package.json in a folder writes to depend on the package that runs. One that npm installed from its registry has a version. A
 * checkout has a folder, and one that was installed from a tarball or a folder has that, as npm noted.
 * @param project folder of the package.json
 * @param own folder of the package that runs
 */
export function ownDependency(project: string, own: string = ownFolder()): string {
  const from = (file: string): string => {
    const relative = path.relative(path.resolve(project), file).replaceAll(path.sep, '/');
    return `file:${path.isAbsolute(relative) || relative.startsWith('.') ? relative : `./${relative}`}`;
  };
  const folder = path.resolve(own);
  const modules = path.dirname(folder);
  if (path.basename(modules) !== 'node_modules') return from(folder);
  const local = localSource(modules, path.basename(folder));
  return local === undefined ? `^${versionIn(folder)}` : from(local);
}

/** The tarball or folder that a package in a node_modules was installed from; undefined where it is from elsewhere, or gone. */
function localSource(modules: string, name: string): string | undefined {
  try {
    const lock = JSON.parse(readFileSync(path.join(modules, '.package-lock.json'), 'utf8')) as Lock;
    const { resolved, link } = lock.packages?.[`node_modules/${name}`] ?? {};
    if (resolved === undefined || !(link || resolved.startsWith('file:'))) return undefined;
    const file = path.resolve(modules, '..', resolved.replace(/^file:/, ''));
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** As much of npm's notes on what it installed as is read here. */
interface Lock {
  packages?: Readonly<Record<string, { resolved?: string; link?: boolean }>>;
}

/** The version of this package. */
export function ownVersion(): string {
  return versionIn(ownFolder());
}

function ownFolder(): string {
  return fileURLToPath(new URL('.', OWN_PACKAGE));
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function findsPackage(file: string): boolean {
  return resolvePackage('netspec', file) !== undefined;
}
