import { beforeEach, describe, expect, test } from '@jest/globals';
import { Blob } from '../../src/engine/blob.js';
import { shapeString } from '../../src/shapes.js';
import { createArena, type WasmArena } from '../../src/engine/wasm-arena.js';

let arena: WasmArena;
beforeEach(async () => {
  arena = await createArena();
});

const blobOf = (values: readonly number[]): Blob => {
  const blob = new Blob(arena, [values.length]);
  blob.overwrite().set(values);
  return blob;
};
const values = (blob: Blob): number[] => [...blob.peek()];

describe('shape', () => {
  test('a scalar has no axes and one element', () => {
    const blob = new Blob(arena, []);
    expect([blob.numAxes, blob.count]).toEqual([0, 1]);
    expect(blob.data).toHaveLength(1);
  });
  test('a new blob has no elements', () => {
    expect(new Blob(arena).count).toBe(0);
  });
  test('an empty dimension makes an empty blob, which has an address all the same', () => {
    const blob = new Blob(arena, [2, 0, 3]);
    expect(blob.data).toHaveLength(0);
    expect(blob.ptr).toBeGreaterThan(0);
  });
  test('as Caffe writes it', () => {
    expect(shapeString([1, 3, 4])).toBe('1 3 4 (12)');
    expect(shapeString([])).toBe('(1)');
  });
  test('negative axes count from the end', () => {
    const blob = new Blob(arena, [2, 3, 4]);
    expect([blob.dim(-1), blob.dim(0), blob.countOf(1), blob.countOf(0, 2)]).toEqual([4, 2, 12, 6]);
  });
  test('an axis that does not exist is refused', () => {
    expect(() => new Blob(arena, [2, 3]).dim(2)).toThrow(
      new Error('axis 2 out of range for 2-D Blob with shape 2 3 (6)'),
    );
  });
  test.each([[[1.5]], [[-1]], [[NaN]]])('dimensions %p are refused', (shape) => {
    expect(() => new Blob(arena, shape)).toThrow(
      new Error(`blob dimensions must be whole and not negative, got [${shape.join()}]`),
    );
  });
  test('more than 32 axes are refused', () => {
    expect(() => new Blob(arena, Array<number>(33).fill(1))).toThrow(new Error('a blob has at most 32 axes, got 33'));
  });
  test('more than WebAssembly can address is refused', () => {
    expect(() => new Blob(arena, [2 ** 30])).toThrow(
      new Error('blob of shape 1073741824 (1073741824) exceeds the 4 GiB that WebAssembly can address'),
    );
  });
});

describe('storage', () => {
  test('is taken at the first look and zeroed', () => {
    const blob = new Blob(arena, [3]);
    expect([blob.isAllocated, arena.usedBytes]).toEqual([false, 0]);
    expect([...blob.data]).toEqual([0, 0, 0]);
    expect(blob.isAllocated).toBe(true);
  });
  test('is filled by the initializer at the first look, once', () => {
    const blob = new Blob(arena, [3]);
    let calls = 0;
    blob.setInitializer((data) => data.fill(++calls));
    expect([...blob.data]).toEqual([1, 1, 1]);
    expect([...blob.data]).toEqual([1, 1, 1]);
  });
  test('is not filled when a loader overwrites it', () => {
    const blob = new Blob(arena, [3]);
    blob.setInitializer((data) => data.fill(1));
    blob.overwrite();
    expect([...blob.data]).toEqual([0, 0, 0]);
  });
  test('keeps its values when the blob shrinks and grows back', () => {
    const blob = blobOf([1, 2, 3, 4]);
    blob.reshape([2]);
    expect(values(blob)).toEqual([1, 2]);
    blob.reshape([2, 2]);
    expect(values(blob)).toEqual([1, 2, 3, 4]);
  });
  test('is given back when the blob outgrows it', () => {
    const blob = blobOf([1, 2]);
    blob.reshape([1000]);
    expect(arena.usedBytes).toBe(0);
    expect(blob.data).toHaveLength(1000);
  });
  test('release gives it back', () => {
    const blob = blobOf([1, 2]);
    blob.release();
    expect([arena.usedBytes, blob.isAllocated]).toEqual([0, false]);
  });
});

describe('shareData makes one blob of two', () => {
  test('a write to either is seen by both', () => {
    const [a, b] = [blobOf([1, 2]), new Blob(arena, [2, 1])];
    b.shareData(a);
    b.data[0] = 5;
    a.data[1] = 6;
    expect([values(a), values(b)]).toEqual([
      [5, 6],
      [5, 6],
    ]);
  });
  test('the memory of the one that shares is given back', () => {
    const [a, b] = [blobOf([1, 2]), blobOf([3, 4])];
    const used = arena.usedBytes;
    b.shareData(a);
    expect(arena.usedBytes).toBe(used / 2);
  });
  test('goes through several', () => {
    const [a, b, c] = [blobOf([1]), new Blob(arena, [1]), new Blob(arena, [1])];
    b.shareData(a);
    c.shareData(b);
    expect(c.ptr).toBe(a.ptr);
    expect(c.storage).toBe(a);
  });
  test('back to oneself is left alone', () => {
    const [a, b] = [blobOf([1]), new Blob(arena, [1])];
    b.shareData(a);
    a.shareData(b);
    expect([a.storage, b.storage]).toEqual([a, a]);
  });
  test('ends when the one that shares outgrows the owner', () => {
    const [a, b] = [blobOf([1, 2]), new Blob(arena, [2])];
    b.shareData(a);
    b.reshape([4]);
    b.data.fill(9);
    expect(values(a)).toEqual([1, 2]);
  });
  test('another count is refused', () => {
    expect(() => {
      new Blob(arena, [3]).shareData(blobOf([1, 2]));
    }).toThrow(new Error('cannot share 2 (2) as 3 (3): counts differ'));
  });
});

describe('merge holds equal values once', () => {
  test('and gives the second memory back', () => {
    const [a, b] = [blobOf([1, 2]), blobOf([1, 2])];
    const used = arena.usedBytes;
    expect(b.merge(a)).toBe(true);
    expect(b.ptr).toBe(a.ptr);
    expect(arena.usedBytes).toBe(used / 2);
  });
  test('until someone asks for a view to write through', () => {
    const [a, b, c] = [blobOf([1, 2]), blobOf([1, 2]), blobOf([1, 2])];
    b.merge(a);
    c.merge(a);
    b.data[0] = 9;
    expect([values(a), values(b), values(c)]).toEqual([
      [1, 2],
      [9, 2],
      [1, 2],
    ]);
    a.data[1] = 8;
    expect([values(a), values(c)]).toEqual([
      [1, 8],
      [1, 2],
    ]);
  });
  test('a view to write through that was taken before stays one', () => {
    const a = blobOf([1, 2]);
    const view = a.data;
    const b = blobOf([1, 2]);
    expect([b.merge(a), a.merge(b)]).toEqual([false, false]);
    view[0] = 9;
    expect([values(a), values(b)]).toEqual([
      [9, 2],
      [1, 2],
    ]);
  });
  test('a loader that overwrites one leaves the other', () => {
    const [a, b] = [blobOf([1, 2]), blobOf([1, 2])];
    b.merge(a);
    b.overwrite().set([3, 4]);
    expect([values(a), values(b)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
  test('releasing one leaves the other, and both leave nothing', () => {
    const [a, b] = [blobOf([1, 2]), blobOf([1, 2])];
    b.merge(a);
    a.release();
    expect(values(b)).toEqual([1, 2]);
    b.release();
    expect(arena.usedBytes).toBe(0);
  });
  test('a blob that grows leaves the other', () => {
    const [a, b] = [blobOf([1, 2]), blobOf([1, 2])];
    b.merge(a);
    b.reshape([1000]);
    b.data.fill(7);
    expect(values(a)).toEqual([1, 2]);
  });
  test.each([
    ['a value differs', [1, 2], [1, 3]],
    ['the sign of a zero differs', [0], [-0]],
    ['the count differs', [1], [1, 1]],
  ])('not when %s', (_what, x, y) => {
    expect(blobOf(x).merge(blobOf(y))).toBe(false);
  });
  test('a NaN equals itself', () => {
    expect(blobOf([NaN]).merge(blobOf([NaN]))).toBe(true);
  });
  test('shapes may differ', () => {
    const b = blobOf([1, 2]);
    b.reshape([1, 2]);
    expect(b.merge(blobOf([1, 2]))).toBe(true);
  });
  test('with what another shares, all that share it are meant', () => {
    const [a, b, c] = [blobOf([1, 2]), new Blob(arena, [2]), blobOf([1, 2])];
    b.shareData(a);
    expect(c.merge(b)).toBe(true);
    b.data[0] = 9;
    expect([values(a), values(b), values(c)]).toEqual([
      [9, 2],
      [9, 2],
      [1, 2],
    ]);
  });
});

test('memory that grows leaves the values where they are', () => {
  const blob = blobOf([1, 2]);
  arena.allocate(1 << 22);
  expect(values(blob)).toEqual([1, 2]);
});

test('a private copy may need memory that grows', () => {
  const [a, b] = [new Blob(arena, [1 << 20]), new Blob(arena, [1 << 20])];
  for (const blob of [a, b]) blob.overwrite().fill(3);
  b.merge(a);
  // Nothing free is left, so the copy is beyond the end.
  arena.allocate(arena.memory.buffer.byteLength);
  const view = b.data;
  expect([view[0], view.at(-1), b.ptr === a.ptr]).toEqual([3, 3, false]);
});
