import { describe, expect, test } from '@jest/globals';
import { unifiedDiff } from '../../../src/proto/patch/unified-diff.js';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join('');

describe('unifiedDiff', () => {
  test('shows a change with three lines around it, and counts lines as diff -u does', () => {
    const before = lines(1, 9);
    expect(unifiedDiff(before, before.replace('line 5\n', 'five\nand a half\n'), { file: 'a.txt' })).toBe(
      '--- a.txt\n+++ a.txt\n@@ -2,7 +2,8 @@\n line 2\n line 3\n line 4\n-line 5\n+five\n+and a half\n line 6\n line 7\n line 8\n',
    );
  });

  test('changes far apart are hunks of their own; line numbers begin where told', () => {
    const before = lines(1, 20);
    const after = before.replace('line 1\n', '').replace('line 20\n', 'last\n');
    expect(unifiedDiff(before, after, { file: 'f', line: 101, heading: 'layer x' })).toBe(
      '--- f\n+++ f\n@@ -101,4 +101,3 @@ layer x\n-line 1\n line 2\n line 3\n line 4\n' +
        '@@ -117,4 +116,4 @@ layer x\n line 17\n line 18\n line 19\n-line 20\n+last\n',
    );
  });

  test('changes whose contexts touch are one hunk', () => {
    const before = lines(1, 10);
    const after = before.replace('line 2\n', 'two\n').replace('line 9\n', 'nine\n');
    expect(unifiedDiff(before, after, { file: 'f' }).match(/^@@/gm)).toEqual(['@@']);
  });

  test('an insertion alone, and nothing where nothing differs', () => {
    expect(unifiedDiff('a\n', 'a\nb\n', { file: 'f' })).toBe('--- f\n+++ f\n@@ -1,1 +1,2 @@\n a\n+b\n');
    expect(unifiedDiff('a\n', 'a\n', { file: 'f' })).toBe('');
  });
});
