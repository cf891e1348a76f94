/**
 * Puts the command line into one file under dist/cli/, the commands that are done soonest into another, and what loads them into
 * a third: loading a hundred small files takes longer than what most commands do. A module runs when a command asks for it.
 * The library in dist/ is not touched.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { BUNDLES, QUICK_COMMANDS } from '../src/cli/load-bundle.js';

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** What is made once a method of it, or a string's with it, is called. */
const LAZILY = `const lazily = (make) => {
  let made;
  const get = (_, name) => {
    made ??= make();
    return typeof made[name] === 'function' ? made[name].bind(made) : made[name];
  };
  return new Proxy({}, { get });
};
`;
const EAGER = /^const (\w+) = (new Intl\.Segmenter\(\)|\/.*\/v);$/gm;

/**
 * The string-width of yargs makes an Intl.Segmenter and expressions over Unicode's properties as it is loaded: tables are
 * read for 50 ms, as long as Node takes to start, and only help texts want them. Here they are made when they are used.
 */
const lazyUnicode: Plugin = {
  name: 'lazy-unicode',
  setup(build) {
    let found = 0;
    build.onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      if (text.search(EAGER) < 0) return undefined;
      found++;
      return { contents: LAZILY + text.replace(EAGER, 'const $1 = lazily(() => $2);'), loader: 'js' };
    });
    build.onEnd(() => {
      if (found === 0) throw new Error('string-width has changed: see whether lazyUnicode is still of use');
    });
  },
};

/**
 * Packages that take milliseconds to load in every command that loads the library, and that few commands want: protobufjs reads
 * the schemas of `--proto`, re2js the patterns of rule files. What each exports is made when it is used.
 */
const LAZY_PACKAGES: Readonly<Record<string, string>> = {
  protobufjs: `export default lazily(() => require('protobufjs'));`,
  re2js: `export const RE2JS = lazily(() => require('re2js').RE2JS);`,
};

const lazyPackages: Plugin = {
  name: 'lazy-packages',
  setup(build) {
    const namespace = 'lazy';
    const filter = new RegExp(`^(${Object.keys(LAZY_PACKAGES).join('|')})$`);
    build.onResolve({ filter }, ({ path, kind, resolveDir }) =>
      kind === 'import-statement' ? { path, namespace, pluginData: resolveDir } : undefined,
    );
    build.onLoad({ filter: /^/, namespace }, ({ path, pluginData }) => ({
      contents: LAZILY + LAZY_PACKAGES[path]!,
      resolveDir: pluginData as string,
    }));
  },
};

/** Leaves only {@link QUICK_COMMANDS} in the table of commands. */
const quickCommands: Plugin = {
  name: 'quick-commands',
  setup(build) {
    build.onLoad({ filter: /[\\/]commands[\\/]index\.ts$/ }, async ({ path: file }) => {
      let found = 0;
      const text = (await readFile(file, 'utf8')).replace(/^ .*import\('\.\/(.+)\.js'\),\n/gm, (row, name: string) => {
        const isQuick = QUICK_COMMANDS.includes(name);
        if (isQuick) found++;
        return isQuick ? row : '';
      });
      if (found !== QUICK_COMMANDS.length) throw new Error('the table of commands lacks a quick command');
      return { contents: text, loader: 'ts' };
    });
  },
};

// What tsc made of src/cli/: the bundles take its place.
rmSync(path('dist/cli'), { recursive: true, force: true });
mkdirSync(path('dist/cli'), { recursive: true });
// Node begins sooner with a CommonJS module.
writeFileSync(path('dist/cli/package.json'), '{ "type": "commonjs" }\n');
const options = {
  outdir: path('dist/cli'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  legalComments: 'linked',
  define: { 'import.meta.url': 'moduleUrl' },
  logLevel: 'warning',
} satisfies BuildOptions;
const moduleUrl = "const moduleUrl = require('node:url').pathToFileURL(__filename).href;";
// What V8 compiled before has lost the way to import: src/cli/load-bundle.ts gives one.
const dynamicImport = 'const dynamicImport = module.dynamicImport ?? ((specifier) => import (specifier));';

await build({ ...options, entryPoints: [path('src/cli/main.ts')], banner: { js: moduleUrl } });
for (const name of Object.keys(BUNDLES) as (keyof typeof BUNDLES)[]) {
  const { outputFiles } = await build({
    ...options,
    write: false,
    // V8 reads the text whole before it takes back what it compiled of it.
    minifyWhitespace: true,
    entryPoints: { [name]: path('src/cli/process.ts') },
    outExtension: { '.js': '.cjs' },
    // Find their own files beside themselves, native ones too; elkjs is large, and only drawings want it.
    external: ['elkjs', 'sharp', 'tsx', 'vscode-languageserver', 'vscode-languageserver-textdocument'],
    banner: { js: `${moduleUrl}\n${dynamicImport}` },
    plugins: [lazyUnicode, lazyPackages, ...(name === 'quick' ? [quickCommands] : [])],
  });
  for (const { path: file, text } of outputFiles)
    writeFileSync(file, file.endsWith('.cjs') ? asciiOf(text.replace(/\bimport\(/g, 'dynamicImport(')) : text);
}

/** The text as it can be read in any encoding, the shortest one for instance: esbuild escapes all but what is in comments. */
function asciiOf(text: string): string {
  const ascii = text.replace(/^ *(\/\*\*|\*|\/\/).*$/gm, (comment) => comment.replace(/\P{ASCII}/gu, '?'));
  if (Buffer.byteLength(ascii) !== ascii.length) throw new Error('the bundle is not all ASCII');
  return ascii;
}
