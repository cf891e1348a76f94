/** Writes the tables of docs/lint.md and docs/targets.md from the rules and the targets. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { RULES } from '../src/lint/rules/index.js';
import { TARGETS } from '../src/lint/targets/index.js';
import { MEASURES } from '../src/lint/targets/measures.js';
import type { Limit, Target } from '../src/lint/targets/target.js';

const REGION = /(<!-- table: .*? -->\n)[^]*?(<!-- end of table -->)/;

const inCell = (text: string): string => text.replaceAll('|', '\\|');

function withTable(page: string, table: string): string {
  if (!REGION.test(page)) throw new Error('the page has lost the comments around its table');
  return page.replace(REGION, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
}

/** docs/lint.md with the list of the rules. */
export function lintPage(page: string): string {
  const rows = RULES.map(
    ({ name, severity, doc }) => `| [${name}](lint/${name}.md) | ${severity} | ${inCell(doc)} |\n`,
  );
  return withTable(page, `| rule | severity | finds |\n|---|---|---|\n${rows.join('')}`);
}

/** docs/targets.md with the facts of all targets. */
export function targetsPage(page: string): string {
  return withTable(page, TARGETS.map(sectionOf).join('\n'));
}

function sectionOf({
  name,
  title,
  isLegacy,
  sources,
  layers,
  todaysFormat,
  unknownFields,
  extraFields,
  limits = [],
}: Target): string {
  const rows: [string, string][] = [];
  const add = (fact: string, source: string): void => void rows.push([fact, sources[source]!]);
  if (todaysFormat) add("reads today's format alone", todaysFormat.source);
  if (layers?.only) add(`layers: ${layers.only.join(', ')}; no others`, layers.source);
  if (layers?.beyondBvlc)
    add(
      layers.beyondBvlc.length > 0
        ? `layers beyond BVLC's: ${layers.beyondBvlc.join(', ')}; no others`
        : "no layers beyond BVLC's",
      layers.source,
    );
  if (layers?.without) add(`no layers of type ${layers.without.join(', ')}`, layers.source);
  if (layers?.ambiguous) add(`more than one way to read ${Object.keys(layers.ambiguous).join(', ')}`, layers.source);
  if (unknownFields) add(`no field ${unknownFields.fields.join(', ')}`, unknownFields.source);
  if (extraFields) add(`a field ${extraFields.fields.join(', ')}`, extraFields.source);
  for (const limit of limits) add(limitText(limit), limit.source);
  const head = `## ${name}\n\n${title}${isLegacy ? '; later versions do not read Caffe' : ''}.\n\n`;
  if (rows.length === 0) return `${head}No limits are known beside those of Caffe.\n`;
  const lines = rows.map(([fact, source]) => `| ${inCell(fact)} | ${inCell(source)} |\n`);
  return `${head}| fact | source |\n|---|---|\n${lines.join('')}`;
}

function limitText({ types, when, measure, is, oneOf, min, max, multipleOf, atMost }: Limit): string {
  const who = types?.join(', ') ?? 'all layers';
  const where = when ? ` where ${MEASURES[when.measure].title} is ${String(when.is)}` : '';
  const bounds = [
    is !== undefined ? String(is) : undefined,
    oneOf?.join(' or '),
    min !== undefined && max !== undefined ? `${min} to ${max}` : undefined,
    min !== undefined && max === undefined ? `at least ${min}` : undefined,
    max !== undefined && min === undefined ? `at most ${max}` : undefined,
    multipleOf !== undefined ? `a multiple of ${multipleOf}` : undefined,
    atMost
      ? `at most ${MEASURES[atMost.measure].title}${atMost.times === undefined ? '' : ` times ${atMost.times}`}${atMost.plus === undefined ? '' : ` plus ${atMost.plus}`}`
      : undefined,
  ].filter((text) => text !== undefined);
  return `${who}${where}: ${MEASURES[measure].title} ${bounds.join(', ')}`;
}

/** Each generated page with the function that fills it. */
export const PAGES = [
  [new URL('../docs/lint.md', import.meta.url), lintPage],
  [new URL('../docs/targets.md', import.meta.url), targetsPage],
] as const;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const [file, fill] of PAGES) writeFileSync(file, fill(readFileSync(file, 'utf8')));
