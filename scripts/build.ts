/**
 * Builds netspec: `tsx scripts/build.ts [stage…] [--force]`. A stage whose inputs have not changed is left out, so that a second
 * build, as `npx` in a clone of the repository asks for, takes a moment. Types are not checked here: `npm run typecheck` does.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runStages, type Stage } from './stages.js';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(...words: string[]): void {
  const { status, signal } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(signal ? 1 : (status ?? 1));
}

const tsx = (script: string): void => run('--import', 'tsx', script);

/** The kernels' files in src/generated/; the others there are made from the schema. */
const isKernel = (name: string): boolean => /^(kernels.*|finite)\.ts$/.test(name);

/** Read by every stage. */
const BUILD = ['scripts/build.ts', 'scripts/stages.ts'];

/** Whose version decides what the kernels are compiled to. */
const TOOLS = ['assemblyscript', 'typescript'].map((name) => `node_modules/${name}/package.json`);

const STAGES: readonly Stage[] = [
  {
    name: 'kernels',
    inputs: [...BUILD, 'assembly', 'scripts/build-kernels.ts', ...TOOLS],
    folder: 'src/generated',
    isOutput: isKernel,
    run: () => tsx('scripts/build-kernels.ts'),
  },
  {
    name: 'schema',
    inputs: [...BUILD, 'caffe.proto', 'forks', 'scripts', 'src', 'package-lock.json'],
    folder: 'src/generated',
    isOutput: (name: string) => !isKernel(name),
    run: () => tsx('scripts/generate-schema.ts'),
  },
  {
    name: 'dist',
    // What V8 compiled, which is kept in dist/, is for one version of Node.
    inputs: [...BUILD, 'src', 'scripts', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'],
    host: `${process.version} ${process.arch}`,
    folder: 'dist',
    run: () => {
      rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
      run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
      tsx('scripts/bundle-library.ts');
      tsx('scripts/bundle-cli.ts');
      tsx('scripts/compile-cli.ts');
    },
  },
];

/** Built when they are asked for by name only: a clone of the repository does without. */
const MORE_STAGES: readonly Stage[] = [
  {
    name: 'playground',
    inputs: [
      ...BUILD,
      'src',
      'playground/src',
      'playground/index.html',
      'playground/public',
      'playground/vite.config.ts',
      'package-lock.json',
    ],
    folder: 'playground/dist',
    run: () =>
      run('node_modules/vite/bin/vite.js', 'build', '--config', 'playground/vite.config.ts', '--logLevel', 'warn'),
  },
];

const words = process.argv.slice(2);
const names = words.filter((word) => word !== '--force');
const all = [...STAGES, ...MORE_STAGES];
const unknown = names.find((name) => !all.some((stage) => stage.name === name));
if (unknown !== undefined) {
  console.error(`no stage '${unknown}'; there are ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
await runStages(root, names.length > 0 ? all.filter(({ name }) => names.includes(name)) : STAGES, {
  force: words.includes('--force'),
});
