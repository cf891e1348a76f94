/** linear: small systems of linear equations. */

/** Solves a system by elimination with the largest pivot; undefined when it has no single solution. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows.slice(k).reduce((best, row) => (Math.abs(row[k]!) > Math.abs(best[k]!) ? row : best));
    if (!(Math.abs(pivot[k]!) > 0)) return undefined;
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(k, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[k]! / pivot[k]!;
      row.forEach((_, j) => (row[j]! -= factor * pivot[j]!));
    }
  }
  return rows.map((row, k) => row[rows.length]! / row[k]!);
}
