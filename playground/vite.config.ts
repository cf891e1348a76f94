/** Builds the playground into playground/dist/: `npm run playground`. */
import { fileURLToPath } from 'node:url';
import { lezer } from '@lezer/generator/rollup';
import { defineConfig, type Plugin } from 'vite';
import { WEIGHT_EXTENSIONS } from '../src/weights/formats/index.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The endings of the files that a page may be given as references; a file of several dots is one of several files. */
const weightFiles: Plugin = {
  name: 'weight-files',
  transformIndexHtml: (html) =>
    html.replace('%WEIGHT_FILES%', [...WEIGHT_EXTENSIONS.filter((ending) => /^\.\w+$/.test(ending)), '.zip'].join(',')),
};

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [lezer() as Plugin, weightFiles],
  worker: { format: 'es', plugins: () => [lezer() as Plugin] },
  // ELK in a thread of its own: the bundled one works on the page's, and not in a worker.
  resolve: { alias: { 'elkjs/lib/elk.bundled.js': path('src/elk.ts') } },
  build: { outDir: path('dist'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 4000 },
});
