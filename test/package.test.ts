/** The package's list of files: the links of its pages lead into it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const { files } = JSON.parse(read('package.json')) as { files: string[] };
// npm packs these whatever `files` says.
const packed = [...files, 'LICENSE', 'README.md', 'package.json'];
const isPacked = (file: string): boolean => packed.some((each) => file === each || file.startsWith(`${each}/`));

const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.startsWith('.'))
      .map((file) => `${folder}/${file}`),
  ),
];
/** Links to files, without code blocks and headings. */
const linksOf = (page: string): string[] =>
  [
    ...read(page)
      .replace(/^( *)```[^]*?^\1```/gm, '')
      .matchAll(/\]\((?!https?:|#)([^)#\s]+)/g),
  ].map(([, link]) => path.join(path.dirname(page), link!));

test('the pages are in the package', () => {
  expect(pages).toEqual(expect.arrayContaining(['docs/layers.md', 'docs/lint/batch-norm-statistics.md']));
  expect(linksOf('README.md').length).toBeGreaterThan(20);
  expect(pages.filter((page) => !isPacked(page))).toEqual([]);
});

test.each(pages)('what %s links to is in the package', (page) => {
  expect(linksOf(page).filter((file) => !existsSync(path.join(root, file)) || !isPacked(file))).toEqual([]);
});
