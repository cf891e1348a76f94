/** The tutorials, followed step by step: each command ends as the page says, and prints what the page shows. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runTutorial } from '../support/tutorial.js';

/** Without the digits of rounding differences, times and the name of what ran a model: they are not the same on every machine. */
function plain(text: string): string {
  return text
    .replace(/compared with .*?: /g, 'compared: ')
    .replace(/\d+(?:\.\d+)?e-\d+/g, 'x')
    .replace(/ {2,}/g, ' ')
    .replace(/^time: .*$/gm, 'time:');
}

test.each(['port-a-detector', 'from-onnx'])(
  'docs/%s.md shows what its commands print; run npx tsx scripts/generate-tutorials.ts',
  (name) => {
    const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    expect(plain(runTutorial(page))).toBe(plain(page));
  },
  240_000,
);
