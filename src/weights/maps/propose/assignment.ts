/**
 * The best assignment: which rows get which columns so that the sum of scores is largest. Kuhn and Munkres' algorithm with
 * potentials (Jonker and Volgenant's shortest augmenting paths), cubic in the smaller side.
 */

/**
 * @param score of row and column; undefined when the two cannot go together
 * @returns the column of each row, undefined for a row that gets none: there are fewer columns, or none fits
 */
export function assign(
  rows: number,
  columns: number,
  score: (row: number, column: number) => number | undefined,
): (number | undefined)[] {
  if (rows === 0 || columns === 0) return new Array<undefined>(rows).fill(undefined);
  if (rows > columns) {
    const turned = assign(columns, rows, (column, row) => score(row, column));
    const result = new Array<number | undefined>(rows).fill(undefined);
    for (const [column, row] of turned.entries()) if (row !== undefined) result[row] = column;
    return result;
  }
  // Costs, with a price for what cannot be that no sum of scores outweighs.
  const forbidden = 1e6;
  const cost = (row: number, column: number) => -(score(row, column) ?? -forbidden);
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  /** Row of each column, counted from 1; 0 is none, and column 0 the row being placed. */
  const rowOf = new Int32Array(columns + 1);
  const cameFrom = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    const shortest = new Float64Array(columns + 1).fill(Infinity);
    const done = new Uint8Array(columns + 1);
    let column = 0;
    do {
      done[column] = 1;
      const at = rowOf[column]!;
      let step = Infinity;
      let next = 0;
      for (let j = 1; j <= columns; j++) {
        if (done[j]) continue;
        const reduced = cost(at - 1, j - 1) - rowPrice[at]! - columnPrice[j]!;
        if (reduced < shortest[j]!) {
          shortest[j] = reduced;
          cameFrom[j] = column;
        }
        if (shortest[j]! < step) [step, next] = [shortest[j]!, j];
      }
      for (let j = 0; j <= columns; j++)
        if (done[j]) {
          rowPrice[rowOf[j]!]! += step;
          columnPrice[j]! -= step;
        } else shortest[j]! -= step;
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = cameFrom[column]!) rowOf[column] = rowOf[cameFrom[column]!]!;
  }
  const result = new Array<number | undefined>(rows).fill(undefined);
  for (let j = 1; j <= columns; j++) {
    const row = rowOf[j]! - 1;
    if (row >= 0 && score(row, j - 1) !== undefined) result[row] = j - 1;
  }
  return result;
}
