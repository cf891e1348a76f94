/** importModule: a user's own JavaScript or TypeScript file, which may import netspec wherever it stands. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { NetspecError } from '../errors.js';
import { detectModuleSyntax, provideOwnPackage } from './own-package.js';

/** Whether a name is that of a module: .js, .ts, .mjs, .mts, .cjs, .cts. */
export function isModuleName(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * What a module exports, by name; what a CommonJS module exports stands there as it stands in the module.
 * @throws NetspecError naming the file when there is none, or when running it fails.
 */
export function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  return explained(file, () => run(file));
}

/**
 * What a module exports as its default; of a function, also an async one, what it returns.
 * @throws NetspecError naming the file when there is none, or when running it fails.
 */
export function importDefault(file: string): Promise<unknown> {
  return explained(file, async () => {
    const { default: exported } = await run(file);
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  });
}

async function explained<T>(file: string, action: () => Promise<T>): Promise<T> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new NetspecError(`no file ${file}`);
  if (!stats.isFile()) throw new NetspecError('expected a module, got no regular file', { file });
  try {
    return await action();
  } catch (cause) {
    // The module may have brought a netspec of its own along, so the class may be another one of the same name.
    const why = cause instanceof Error && cause.name === 'NetspecError' ? cause.message : String(cause);
    const [reason = '', ...items] = why.split('\n').map((line) => line.trim());
    const hints = items.slice(-1).filter((line) => line.startsWith(HINT));
    const hint = hints[0]?.slice(HINT.length);
    throw new NetspecError(`fails: ${reason}`, {
      file,
      items: items.slice(0, items.length - hints.length),
      hint,
      cause,
    });
  }
}

/** How the last line of a NetspecError begins, if it has one. */
const HINT = 'hint: ';

async function run(file: string): Promise<Record<string, unknown>> {
  const location = path.resolve(file);
  provideOwnPackage(location);
  const exported = await load(location);
  // The exports of a CommonJS module arrive one level deeper.
  const { default: whole } = exported;
  return typeof whole === 'object' && whole !== null && '__esModule' in whole ? whole : exported;
}

async function load(location: string): Promise<Record<string, unknown>> {
  if (!/\.[cm]?ts$/.test(location)) return (await import(pathToFileURL(location).href)) as Record<string, unknown>;
  detectModuleSyntax();
  const { tsImport } = await import('tsx/esm/api');
  return (await tsImport(location, import.meta.url)) as Record<string, unknown>;
}
