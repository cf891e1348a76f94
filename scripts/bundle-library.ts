/**
 * Puts the library's modules into a few files under dist/: one for each entry of package.json's `exports`, and what entries share
 * into dist/chunks/. A program that imports netspec waits four times less than for seven hundred small files, and a TypeScript
 * program that runs under tsx, which looks into each file that it loads, far less.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Readonly<Record<string, string | Readonly<Record<'types' | 'node' | 'default', string>>>>;
};
const entries = Object.values(exports)
  .flatMap((files) => (typeof files === 'string' ? [] : [files.node, files.default]))
  .map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, '$1'));

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  // Of entries for browsers, test/exports.test.ts shows that they have nothing of Node's.
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  metafile: true,
  logLevel: 'warning',
});

// src/node/own-package.ts looks for package.json two folders above its own file.
for (const [file, { inputs }] of Object.entries(metafile.outputs))
  if ('src/node/own-package.ts' in inputs && !/^dist\/[^/]+\/[^/]+$/.test(file))
    throw new Error(`${file}: expected src/node/own-package.ts in a file one folder below dist`);
