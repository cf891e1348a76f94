/** Writes the tables of docs/onnx.md from the operators' and patterns' own files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { implementationName } from '../src/layers/facts.js';
import { FORK_LAYERS } from '../src/onnx/emit/fork-layers.js';
import { targetNamed } from '../src/onnx/emit/target.js';
import { EXPORTS } from '../src/onnx/export/layers/index.js';
import { NO_FORM } from '../src/onnx/export/layers/no-form.js';
import { OPERATORS } from '../src/onnx/operators/index.js';
import { PATTERNS } from '../src/onnx/patterns/index.js';
import { forks } from '../src/proto/forks/catalog.js';

const FILE = new URL('../docs/onnx.md', import.meta.url);

/** Targets that a row names. */
const MOST_NAMES = 10;

/** The text with each table in its place, between comments that name it. */
export function withTables(text: string): string {
  const cell = (value: string): string => value.replaceAll('|', '\\|');
  const rows = OPERATORS.filter(({ grade }) => grade !== 'refused').toSorted((a, b) => (a.type < b.type ? -1 : 1));
  const operators = [
    '| ONNX | Caffe | | remarks |',
    '|---|---|---|---|',
    ...rows.map(({ type, caffe, grade, notes = '' }) => `| ${type} | ${cell(caffe)} | ${grade} | ${cell(notes)} |`),
  ];
  const refused = [
    '| ONNX | why not |',
    '|---|---|',
    ...OPERATORS.filter(({ grade }) => grade === 'refused')
      .toSorted((a, b) => (a.type < b.type ? -1 : 1))
      .map(({ type, notes = '' }) => `| ${type} | ${cell(notes)} |`),
  ];
  const patterns = [
    '| pattern | what becomes of it |',
    '|---|---|',
    ...PATTERNS.map(({ name, doc }) => `| ${name} | ${cell(doc)} |`),
  ];
  const targets = [
    '| layer | in place of | targets |',
    '|---|---|---|',
    ...FORK_LAYERS.map(({ type, instead }) => {
      const names = forks().flatMap(({ name }) => (targetNamed(name).has(type) ? [name] : []));
      const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} others` : '';
      return `| ${type.replace(/\..*/, '')} | ${cell(instead)} | ${names.slice(0, MOST_NAMES).join(', ')}${more} |`;
    }),
  ];
  const types = (layers: (typeof EXPORTS)[number]['layers']): string =>
    layers
      .map(({ facts }) => implementationName(facts))
      .toSorted()
      .join(', ');
  const exports = [
    '| Caffe | ONNX |',
    '|---|---|',
    ...EXPORTS.map(({ layers, becomes }) => `| ${types(layers)} | ${cell(becomes)} |`).toSorted((a, b) =>
      a < b ? -1 : 1,
    ),
  ];
  const unexported = [
    '| Caffe | why not |',
    '|---|---|',
    ...NO_FORM.map(({ layers, why }) => `| ${types(layers)} | ${cell(why)} |`),
  ];
  return Object.entries({ operators, refused, patterns, targets, exports, unexported }).reduce((all, [name, lines]) => {
    const region = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n<!-- /${name} -->)`);
    if (!region.test(all)) throw new Error(`docs/onnx.md has lost the comments around ${name}`);
    return all.replace(region, (_, before: string, after: string) => `${before}\n${lines.join('\n')}\n${after}`);
  }, text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(FILE, withTables(readFileSync(FILE, 'utf8')));
