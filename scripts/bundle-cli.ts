/**
 * Puts the command line into few files under dist/cli/: loading a hundred small ones takes longer than what most commands
 * do. Commands stay apart, each loaded when it is asked for. The library in dist/ is not touched.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

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

// What tsc made of src/cli/: the bundle takes its place.
rmSync(path('dist/cli'), { recursive: true, force: true });
await build({
  entryPoints: [path('src/cli/main.ts')],
  outdir: path('dist/cli'),
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'linked',
  sourcemap: true,
  sourcesContent: false,
  // Find their own files beside themselves, native ones too; elkjs is large, and only drawings want it.
  external: ['elkjs', 'sharp', 'tsx'],
  // CommonJS packages call require for Node's modules; an ES module has none.
  banner: {
    js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
  },
  plugins: [lazyUnicode],
  logLevel: 'warning',
});
