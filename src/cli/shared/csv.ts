/** csv: rows for spreadsheets, quoted as RFC 4180 says. */

/** The lines of a table with a header. */
export function csvLines(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return [titles, ...rows].map((row) => row.map(cell).join(','));
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
