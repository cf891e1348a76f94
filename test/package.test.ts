/** The package's list of files: the links of its README lead into it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test('what the README links to is in the package', () => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const links = [...read('README.md').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(20);
  // npm packs these whatever `files` says.
  const packed = [...files, 'LICENSE', 'README.md', 'package.json'];
  expect(links.filter((link) => !packed.some((each) => link === each || link.startsWith(`${each}/`)))).toEqual([]);
  expect(files).toContain('examples');
});
