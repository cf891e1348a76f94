/** Writes the table of weight formats into docs/weights.md, between its two marks, from the table in the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { WEIGHT_FORMATS } from '../src/weights/formats/index.js';

const FILE = fileURLToPath(new URL('../docs/weights.md', import.meta.url));
const BEGIN = '<!-- made by scripts/generate-format-docs.ts -->';
const END = '<!-- end -->';

/** The text with the table as the code has it. @throws Error when the text has no marks */
export function withFormatTable(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/weights.md lacks its marks: ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${tableLines().join('\n')}\n\n${text.slice(end)}`;
}

function tableLines(): string[] {
  return [
    '| source | tensors are called |',
    '|---|---|',
    '| a folder of `.npy` files, at any depth | the path below the folder, without `.npy` |',
    ...WEIGHT_FORMATS.map(({ docs }) => `| ${docs.files} | ${docs.tensors} |`),
    '| a folder with just one such file, or one index, in it | as there |',
  ];
}

/** docs/weights.md as it is. */
export function readFormatDocs(): string {
  return readFileSync(FILE, 'utf8');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(FILE, withFormatTable(readFormatDocs()));
