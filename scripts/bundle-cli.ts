/**
 * Puts the command line into few files under dist/cli/: loading a hundred small ones takes longer than what most commands
 * do. Commands stay apart, each loaded when it is asked for. The library in dist/ is not touched.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

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
  logLevel: 'warning',
});
