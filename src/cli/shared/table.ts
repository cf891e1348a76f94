/** table: rows in aligned columns without borders, so that a terminal shows them and grep and awk can read them. */
import Table from 'cli-table3';
import { ReadyLine, withLook, type Output } from './print.js';
import { visible } from './visible.js';

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Whether a cell says that something is wrong, which is shown in a colour. */
  isBad?: (cell: string) => boolean;
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((part) => [part, '']),
);

/** What takes one column of the terminal a character. */
const ASCII = /^[\x20-\x7e]*$/;

/** Puts a look on a cell that is as wide as its column, or as wide as it is. */
type Paint = (cell: string, row: number, column: number) => string;

/** The lines of a table, for the stream that they will be printed to; trailing blanks removed. */
export function tableLines(out: Output, columns: readonly Column[], rows: readonly (readonly string[])[]): ReadyLine[] {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(visible));
  const paint: Paint = (cell, row, column) => {
    if (row === 0) return withLook(out, 'heading', cell);
    return columns[column]?.isBad?.(cell.trim()) ? withLook(out, 'bad', cell) : cell;
  };
  // A net has hundreds of rows, for which the library takes longer than the commands that print them.
  const lines = cells.every((row) => row.every((cell) => ASCII.test(cell))) ? asciiLines : wideLines;
  return lines(columns, cells, paint).map((line) => new ReadyLine(line));
}

function wideLines(columns: readonly Column[], cells: readonly string[][], paint: Paint): string[] {
  const table = new Table({
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...cells.map((row, i) => row.map((cell, j) => paint(cell, i, j))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function asciiLines(columns: readonly Column[], cells: readonly string[][], paint: Paint): string[] {
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells.map((row, i) => {
    const last = row.findLastIndex((cell) => cell !== '');
    return columns
      .slice(0, last + 1)
      .map(({ align }, j) => {
        const cell = row[j] ?? '';
        const padded = align === 'right' ? cell.padStart(widths[j]!) : j === last ? cell : cell.padEnd(widths[j]!);
        return paint(padded, i, j);
      })
      .join('  ');
  });
}

/** 1234567 → "1.2 MB"; decimal units, as file listings give them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]!}`;
}

/** 463400000 → "463.4 M" */
export function formatCount(count: number): string {
  if (count < 1e4) return String(count);
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} k`;
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} M`;
  if (count < 1e12) return `${(count / 1e9).toFixed(2)} G`;
  return `${(count / 1e12).toFixed(2)} T`;
}
