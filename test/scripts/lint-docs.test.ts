/** The tables of docs/lint.md and docs/targets.md are those that scripts/generate-lint-docs.ts writes. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PAGES } from '../../scripts/generate-lint-docs.js';

test.each(PAGES.map(([file, fill]) => [file.pathname.replace(/.*\//, ''), file, fill] as const))(
  '%s',
  (_, file, fill) => {
    const page = readFileSync(file, 'utf8');
    expect(page).toBe(fill(page));
  },
);
