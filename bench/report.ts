/**
 * Tables of what was measured, and their place in docs/benchmarks.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { formatBytes, formatCount } from '../src/cli/shared/table.js';
import { LAYER_CASES } from './cases.js';
import { keyOf, median, type CaseResults, type EngineFacts, type Results, type Round } from './results.js';

const TITLES: Readonly<Record<string, string>> = {
  whole: 'detection-v2, the whole net',
  body: 'detection-v2, the body up to C4',
};

/** A machine was somebody else's, too, when others kept more than this much of a core busy. */
export const DISTURBED = 0.1;

/** Ours at its fastest setting: what the others are compared with. */
function reference({ engines }: CaseResults): EngineFacts | undefined {
  return Object.values(engines)
    .filter(({ variant }) => variant === 'auto')
    .sort((a, b) => b.threads - a.threads)[0];
}

/** Median over rounds of one engine's time divided by another's in the same round. */
function ratio(rounds: readonly Round[], key: string, to: string): number | undefined {
  const ratios = rounds.flatMap(({ times }) => (times[key] && times[to] ? [times[key].median / times[to].median] : []));
  return ratios.length > 0 ? median(ratios) : undefined;
}

function figuresOf({ engines, rounds }: CaseResults, key: string) {
  const mine = rounds.flatMap(({ times }) => times[key] ?? []);
  return {
    ...engines[key]!,
    count: mine.length,
    median: median(mine.map((each) => each.median)),
    min: Math.min(...mine.map((each) => each.min)),
    disturbed: mine.filter(({ othersBusy }) => othersBusy > DISTURBED).length,
  };
}

/** The table of one net: a row for each engine. */
export function netTable(results: CaseResults): string[] {
  const ours = reference(results);
  const to = ours && keyOf(ours);
  const rows = Object.keys(results.engines).map((key) => {
    const { engine, threads, median, min, residentBytes, difference, count } = figuresOf(results, key);
    const times = to === undefined ? undefined : ratio(results.rounds, key, to);
    return [
      engine,
      String(threads),
      seconds(median),
      seconds(min),
      String(count),
      ((2 * results.macs) / median / 1e9).toFixed(0),
      times === undefined ? '' : times.toFixed(2),
      residentBytes === undefined ? '' : formatBytes(residentBytes),
      typeof difference !== 'number' ? '' : difference === 0 ? '0' : difference.toExponential(1),
    ];
  });
  const columns = [
    'engine',
    'threads',
    'median',
    'fastest',
    'passes',
    'GFLOP/s',
    "netspec's time ×",
    'resident',
    'difference',
  ];
  return markdown(columns, rows, 1);
}

/** The table of the single layers: a row for each, the other engines as multiples of our time. */
export function layersTable(results: Results): string[] {
  const cases = LAYER_CASES.flatMap(({ name }) => {
    const found = results[`layer ${name}`];
    return found ? [{ name, found }] : [];
  });
  if (cases.length === 0) return [];
  const keys = [...new Set(cases.flatMap(({ found }) => Object.keys(found.engines)))];
  const facts = (key: string): EngineFacts => cases.find(({ found }) => found.engines[key])!.found.engines[key]!;
  const ours = reference(cases[0]!.found);
  if (!ours) return [];
  const to = keyOf(ours);
  const others = keys.filter((key) => key !== to);
  const rows = cases.map(({ name, found }) => {
    const { median } = figuresOf(found, to);
    return [
      name,
      found.macs > 0 ? formatCount(found.macs) : '',
      (median * 1000).toFixed(2),
      found.macs > 0 ? ((2 * found.macs) / median / 1e9).toFixed(1) : '',
      ...others.map((key) => ratio(found.rounds, key, to)?.toFixed(2) ?? ''),
    ];
  });
  const threads = (count: number): string => (count === 1 ? '1 thread' : `${count} threads`);
  const means = others.map((key) => {
    const ratios = cases.flatMap(({ found }) => ratio(found.rounds, key, to) ?? []);
    return Math.exp(ratios.reduce((sum, each) => sum + Math.log(each), 0) / ratios.length).toFixed(2);
  });
  return markdown(
    [
      'layer',
      'MACs',
      `netspec, ${threads(ours.threads)}: ms`,
      'GFLOP/s',
      ...others.map((key) => `${facts(key).engine}, ${threads(facts(key).threads)}: ×`),
    ],
    [...rows, ['geometric mean', '', '', '', ...means]],
    1,
  );
}

/** All tables, with what they were measured on and when. */
export function tables(results: Results): string[] {
  const lines: string[] = [];
  for (const [name, title] of Object.entries(TITLES)) {
    const found = results[name];
    if (found) lines.push(`### ${title}`, '', circumstances([found]), '', ...netTable(found), '');
  }
  const layers = Object.entries(results).flatMap(([name, found]) => (name.startsWith('layer ') ? [found] : []));
  if (layers.length > 0) lines.push('### Single layers', '', circumstances(layers), '', ...layersTable(results), '');
  return lines;
}

/** When, where, and how much others were in the way. */
function circumstances(cases: readonly CaseResults[]): string {
  const rounds = cases.flatMap((each) => each.rounds);
  const dates = [...new Set(rounds.map(({ at }) => at.slice(0, 10)))].sort();
  const times = rounds.flatMap((round) => Object.values(round.times));
  const disturbed = times.filter(({ othersBusy }) => othersBusy > DISTURBED).length;
  return (
    `${[...new Set(cases.map(({ machine }) => machine))].join('; ')}. ${dates.join(', ')}. ` +
    `In ${disturbed} of ${times.length} measurements other processes or guests took more than a tenth of a core.`
  );
}

const [BEGIN, END] = ['<!-- figures: begin, made by npm run bench -- --write -->', '<!-- figures: end -->'];

/** Puts the tables into the document, in place of those that are there. */
export function writeDocument(file: string, results: Results): void {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no ${BEGIN} … ${END}`);
  const inner = ['', '', ...tables(results)].join('\n');
  writeFileSync(file, text.slice(0, begin + BEGIN.length) + inner + text.slice(end));
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 2)} s`;
}

/** A table whose columns are aligned in the source, as prettier wants it: the first `left` to the left. */
export function markdown(titles: readonly string[], rows: readonly (readonly string[])[], left: number): string[] {
  const widths = titles.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(titles), line(rule), ...rows.map(line)];
}
