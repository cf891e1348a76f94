/**
 * Loads the command line, which scripts/bundle-cli.ts puts into one file, with what V8 made of it before: to compile two
 * megabytes of JavaScript anew takes longer than most commands.
 */
import { existsSync, readFileSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import type * as CommandLine from './process.js';

const require = createRequire(import.meta.url);

/** With the code that scripts/compile-cli.ts has left beside the bundle, or, from Node 22 on, with what Node keeps itself. */
export function loadBundle(): typeof CommandLine {
  const bundle = require.resolve('./netspec.cjs');
  const code = codeFile(bundle);
  if (existsSync(code)) return runBundle(bundle, readFileSync(code)).exports;
  const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown };
  enableCompileCache?.();
  return require(bundle) as typeof CommandLine;
}

/** Where compiled code of a bundle is kept: it is good for one version of V8 on one kind of processor. */
export function codeFile(bundle: string): string {
  return bundle.replace(/cjs$/, `${process.version}-${process.arch}.cache`);
}

/**
 * Runs a bundle as Node runs a CommonJS module, except that it imports by `module.dynamicImport`.
 * @param code what V8 made of it before; V8 goes without when it is of another version, or of other options than today's
 */
export function runBundle(bundle: string, code?: Buffer): { exports: typeof CommandLine; script: Script } {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
  const script = new Script(source, { filename: bundle, cachedData: code });
  const dynamicImport = (specifier: string): Promise<unknown> => import(specifier);
  const module = { exports: {} as typeof CommandLine, dynamicImport };
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run(module.exports, createRequire(bundle), module, bundle, path.dirname(bundle));
  return { exports: module.exports, script };
}
