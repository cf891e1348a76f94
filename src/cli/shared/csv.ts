/** csv: rows for spreadsheets, quoted as RFC 4180 says. */
import { ReadyLine } from './print.js';
import { visibleText } from './visible.js';

/** The lines of a table with a header. */
export function csvLines(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): ReadyLine[] {
  return [titles, ...rows].map(csvLine);
}

/** One row. A quoted cell may hold line feeds. */
export function csvLine(row: readonly (string | number)[]): ReadyLine {
  return new ReadyLine(row.map(cell).join(','));
}

function cell(value: string | number): string {
  const text = visibleText(String(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
