/** Runs the tutorials in docs/, and writes what their commands print below them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { runTutorial } from '../test/support/tutorial.js';

for (const name of ['port-a-detector', 'from-onnx']) {
  const file = new URL(`../docs/${name}.md`, import.meta.url);
  writeFileSync(file, runTutorial(readFileSync(file, 'utf8')));
}
