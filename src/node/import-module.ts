/** importModule: the default export of a user's own JavaScript or TypeScript file. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { NetspecError } from '../errors.js';

/** Whether a name is that of a module: .js, .ts, .mjs, .mts, .cjs, .cts. */
export function isModuleName(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * What a module exports as its default; of a function, also an async one, what it returns.
 * @throws NetspecError naming the file when there is none, or when running it fails.
 */
export async function importDefault(file: string): Promise<unknown> {
  const location = path.resolve(file);
  if (!existsSync(location)) throw new NetspecError(`no file ${file}`);
  try {
    let exported: unknown = (await importModule(location)).default;
    // A CommonJS module's default export arrives one level deeper.
    if (typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported)
      exported = exported.default;
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (cause) {
    // The module may have brought a netspec of its own along, so the class may be another one of the same name.
    const why = cause instanceof Error && cause.name === 'NetspecError' ? cause.message : String(cause);
    throw new NetspecError(`fails: ${why}`, { file, cause });
  }
}

async function importModule(location: string): Promise<{ default?: unknown }> {
  if (!/\.[cm]?ts$/.test(location)) return (await import(pathToFileURL(location).href)) as { default?: unknown };
  const { tsImport } = await import('tsx/esm/api');
  return (await tsImport(location, import.meta.url)) as { default?: unknown };
}
