/** table: rows in aligned columns without borders, so that a terminal shows them and grep and awk can read them. */
import Table from 'cli-table3';

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((part) => [part, '']),
);

/** What takes one column of the terminal a character. */
const ASCII = /^[\x20-\x7e]*$/;

/** The lines of a table; trailing blanks removed. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  // A net has hundreds of rows, for which the library takes longer than the commands that print them.
  if ([titles, ...rows].every((row) => row.every((cell) => ASCII.test(cell)))) return asciiLines(columns, rows);
  const table = new Table({
    head: titles,
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function asciiLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((row) => row[i]?.length ?? 0)));
  return lines.map((row) =>
    columns
      .map(({ align }, i) =>
        align === 'right' ? (row[i] ?? '').padStart(widths[i]!) : (row[i] ?? '').padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd(),
  );
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
