import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assign } from '../../../../src/weights/maps/propose/assignment.js';

type Scores = readonly (readonly (number | undefined)[])[];

function total(scores: Scores, columns: readonly (number | undefined)[]): { placed: number; sum: number } {
  const chosen = columns.flatMap((column, row) => (column === undefined ? [] : [scores[row]![column]!]));
  return { placed: chosen.length, sum: chosen.reduce((sum, score) => sum + score, 0) };
}

/** The best of all ways: most rows placed, then the largest sum. */
function best(scores: Scores, row = 0, used = new Set<number>()): { placed: number; sum: number } {
  if (row === scores.length) return { placed: 0, sum: 0 };
  let most = best(scores, row + 1, used);
  for (const [column, score] of scores[row]!.entries()) {
    if (score === undefined || used.has(column)) continue;
    const rest = best(scores, row + 1, new Set([...used, column]));
    const found = { placed: rest.placed + 1, sum: rest.sum + score };
    if (found.placed > most.placed || (found.placed === most.placed && found.sum > most.sum)) most = found;
  }
  return most;
}

describe('assign', () => {
  test('a row gives way where that is better for all', () => {
    const scores = [
      [5, 4],
      [5, 1],
    ];
    expect(assign(2, 2, (row, column) => scores[row]![column])).toEqual([1, 0]);
  });

  test('nothing to assign', () => {
    expect(assign(2, 0, () => 1)).toEqual([undefined, undefined]);
    expect(assign(0, 2, () => 1)).toEqual([]);
    expect(assign(1, 1, () => undefined)).toEqual([undefined]);
  });

  test('is the best of all ways, with more rows, more columns, and pairs that cannot be', () => {
    const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) => {
      const score = fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined });
      const row = fc.array(score, { minLength: columns, maxLength: columns });
      return fc.array(row, { minLength: rows, maxLength: rows });
    });
    fc.assert(
      fc.property(matrix, (scores) => {
        const found = assign(scores.length, scores[0]!.length, (row, column) => scores[row]![column]);
        const taken = found.filter((column) => column !== undefined);
        expect(new Set(taken).size).toBe(taken.length);
        expect(total(scores, found)).toEqual(best(scores));
      }),
      { numRuns: 300 },
    );
  });
});
