import { describe, expect, test } from '@jest/globals';
import { fromBytes } from '../../src/proto/random-access.js';
import { FiniteCheck, floatPieces } from '../../src/weights/float-pieces.js';

/** Values in a piece, as the module has it. */
const PIECE = 2 ** 16;

describe('floatPieces', () => {
  test.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])('%i values', async (count) => {
    const values = Float32Array.from({ length: count }, (_, i) => i);
    // An odd offset: files are under no obligation to align their values.
    const file = new Uint8Array(13 + values.byteLength);
    file.set(new Uint8Array(values.buffer), 13);
    const joined = new Float32Array(count);
    let at = 0;
    for await (const piece of floatPieces({ access: fromBytes(file), offset: 13, count })) {
      joined.set(piece, at);
      at += piece.length;
    }
    expect(at).toBe(count);
    expect(joined.every((value, i) => value === i)).toBe(true);
  });

  test('a read under way is awaited when the caller stops early, and its failure is not left unhandled', async () => {
    let reads = 0;
    const access = {
      size: 0,
      read: () => (reads++ === 0 ? Promise.resolve() : Promise.reject(new Error('closed'))),
      close: () => Promise.resolve(),
    };
    for await (const piece of floatPieces({ access, offset: 0, count: 2 * PIECE })) {
      expect(piece).toHaveLength(PIECE);
      break;
    }
    expect(reads).toBe(2);
  });

  test('a failing read reaches the caller', async () => {
    const pieces = floatPieces({ access: fromBytes(new Uint8Array(7), 'x.npy'), offset: 0, count: 2 });
    await expect(pieces.next()).rejects.toThrow('x.npy: truncated: 8 bytes wanted at byte 0, the file has 7');
  });
});

describe('FiniteCheck', () => {
  const check = (...pieces: number[][]) => {
    const finite = new FiniteCheck();
    for (const piece of pieces) finite.add(Float32Array.from(piece));
    return finite.result;
  };

  test('the largest finite numbers, subnormals and zeros are finite', () => {
    const largest = 2 ** 128 - 2 ** 104;
    expect(check([largest, -largest, 2 ** -149, -(2 ** -149), 0, -0])).toBeUndefined();
    expect(check([], [])).toBeUndefined();
  });

  test.each([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
  ])('%s is counted, and the first one remembered over pieces', (first, value) => {
    expect(check([1, 2, 3], [4, value, NaN], [NaN])).toEqual({ count: 3, firstIndex: 4, first });
  });
});
