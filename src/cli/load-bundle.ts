/**
 * Loads the command line, which scripts/bundle-cli.ts puts into one file, with what V8 made of it before: to compile two
 * megabytes of JavaScript anew takes longer than most commands.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import type * as CommandLine from './process.js';

const require = createRequire(import.meta.url);

/**
 * Commands that read no weights and run no layer: they have a bundle of their own. V8 takes back all functions at the top of a
 * bundle, whether a command calls them or not, and verification alone has a thousand.
 */
export const QUICK_COMMANDS: readonly string[] = ['list', 'build', 'inspect'];

/** The bundles by name: all commands, and the quick ones. */
export const BUNDLES = { netspec: './netspec.cjs', quick: './quick.cjs' } as const;

/** Where the bundle is that has a command. */
export function bundleOf(command: string): string {
  return require.resolve(QUICK_COMMANDS.includes(command) ? BUNDLES.quick : BUNDLES.netspec);
}

/**
 * With the code that scripts/compile-cli.ts has left beside the bundle, or, from Node 22 on, with what Node keeps itself.
 * @param command the first word of the command line: V8 takes longer for more code, so each command has what it needs
 */
export function loadBundle(command = ''): typeof CommandLine {
  const bundle = bundleOf(command);
  const code = codeFile(bundle);
  if (existsSync(code)) return runBundle(bundle, readCode(code, command)).exports;
  const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown };
  enableCompileCache?.();
  return require(bundle) as typeof CommandLine;
}

/** Where compiled code of a bundle is kept: it is good for one version of V8 on one kind of processor. */
export function codeFile(bundle: string): string {
  return bundle.replace(/cjs$/, `${process.version}-${process.arch}.cache`);
}

/** Of commands that have no code of their own. */
export const OTHER_COMMANDS = '*';
const INDEX_BYTES = 512;

/** The bytes of a code file: a table of where each command's code is, as JSON filled up with blanks, and the codes. */
export function formatCode(codes: ReadonlyMap<string, Buffer>): Buffer {
  let at = INDEX_BYTES;
  const index = [...codes].map(([command, { length }]) => [command, [(at += length) - length, length]] as const);
  const json = JSON.stringify(Object.fromEntries(index)).padEnd(INDEX_BYTES);
  if (json.length > INDEX_BYTES) throw new Error('the table of code has no room for so many commands');
  return Buffer.concat([Buffer.from(json), ...codes.values()]);
}

function readCode(file: string, command: string): Buffer {
  const descriptor = openSync(file, 'r');
  const read = (start: number, length: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length);
    readSync(descriptor, bytes, 0, length, start);
    return bytes;
  };
  const index = JSON.parse(read(0, INDEX_BYTES).toString('latin1')) as Record<string, [number, number]>;
  const [start, length] = (Object.hasOwn(index, command) ? index[command] : index[OTHER_COMMANDS])!;
  const code = read(start, length);
  closeSync(descriptor);
  return code;
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
