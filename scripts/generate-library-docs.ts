/** Writes the lists of public names in docs/library.md, from the docstrings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readApiReference, type ApiName } from './api-reference.js';

const FILE = new URL('../docs/library.md', import.meta.url);
const REGION = /(<!-- names: .*? -->\n)[^]*?(<!-- end of names -->)/;

/** The page with the lists of these names in their place. Types are left out: the reference has them. */
export function withNames(page: string, entries: ReadonlyMap<string, readonly ApiName[]>): string {
  if (!REGION.test(page)) throw new Error('docs/library.md has lost the comments around its lists of names');
  const [[, whole], ...subpaths] = [...entries] as [[string, readonly ApiName[]], ...[string, readonly ApiName[]][]];
  const inSubpaths = new Set(subpaths.flatMap(([, names]) => names.map(({ name }) => name)));
  const lists = [
    ['`netspec` alone', whole.filter(({ name }) => !inSubpaths.has(name))] as const,
    ...subpaths.map(([entry, names]) => [`\`${entry}\``, names] as const),
  ];
  const text = lists.map(([title, names]) => `\n### ${title}\n\n${tableOf(names)}`).join('');
  return page.replace(REGION, (_, begin: string, end: string) => `${begin}${text}\n${end}`);
}

function tableOf(names: readonly ApiName[]): string {
  const rows = names
    .filter(({ kind, name }) => kind !== 'type' && name !== 'NetspecError')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, summary }) => `| \`${name}\` | ${summary.replaceAll('|', '\\|')} |\n`);
  return `| name | |\n|---|---|\n${rows.join('')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(FILE, withNames(readFileSync(FILE, 'utf8'), readApiReference().entries));
