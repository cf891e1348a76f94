/** table: rows in aligned columns without borders, so that a terminal shows them and grep and awk can read them. */
import stringWidth from 'string-width';
import { ReadyLine, withLook, type Output } from './print.js';
import { visible } from './visible.js';

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Whether a cell says that something is wrong, which is shown in a colour. */
  isBad?: (cell: string) => boolean;
}

/** What takes one column of the terminal a character. */
const ASCII = /^[\x20-\x7e]*$/;

/** The lines of a table, for the stream that they will be printed to; trailing blanks removed. */
export function tableLines(out: Output, columns: readonly Column[], rows: readonly (readonly string[])[]): ReadyLine[] {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(visible));
  const widths = columns.map((_, i) => cells.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), 0));
  const paint = (cell: string, row: number, column: number): string => {
    if (row === 0) return withLook(out, 'heading', cell);
    return columns[column]?.isBad?.(cell.trim()) ? withLook(out, 'bad', cell) : cell;
  };
  return cells.map((row, i) => {
    const last = row.findLastIndex((cell) => cell !== '');
    const line = columns.slice(0, last + 1).map(({ align }, j) => {
      const cell = row[j] ?? '';
      const blanks = ' '.repeat(widths[j]! - widthOf(cell));
      const padded = align === 'right' ? blanks + cell : j === last ? cell : cell + blanks;
      return paint(padded, i, j);
    });
    return new ReadyLine(line.join('  '));
  });
}

/** Columns of a terminal that a text takes; the library takes its time, and most texts do not need it. */
function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
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
