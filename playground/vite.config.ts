/** Builds the playground into playground/dist/: `npm run playground`. */
import { fileURLToPath } from 'node:url';
import { lezer } from '@lezer/generator/rollup';
import { defineConfig, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [lezer() as Plugin],
  worker: { format: 'es', plugins: () => [lezer() as Plugin] },
  // ELK in a thread of its own: the bundled one works on the page's, and not in a worker.
  resolve: { alias: { 'elkjs/lib/elk.bundled.js': path('src/elk.ts') } },
  build: { outDir: path('dist'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 4000 },
});
