/**
 * copyFloats: bytes, findings and failures, alone and with the second thread, which takes part from 128 MiB on. Large sources
 * are sparse files: all zeros but where something was written.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copyFloats, expectCopying } from '../../src/node/copy-floats.js';
import type { FloatCopy } from '../../src/proto/random-access.js';
import { temporaryFolder } from '../cli/support.js';
import { refusal } from '../support/refusal.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const MIB = 2 ** 20;
/** Copied at a time, as the module has it. */
const PIECE = 2 ** 19;

const opened: number[] = [];
/** Opens a file, which is closed after the test. */
function open(file: string, flags = 'w+'): number {
  const descriptor = openSync(file, flags);
  opened.push(descriptor);
  return descriptor;
}
afterEach(() => {
  for (const descriptor of opened.splice(0)) closeSync(descriptor);
});

/** A file of so many bytes, zeros but for `floats` at byte offsets. */
function sparse(name: string, bytes: number, floats: Readonly<Record<number, number>> = {}): number {
  const descriptor = open(at(name));
  ftruncateSync(descriptor, bytes);
  for (const [offset, value] of Object.entries(floats))
    writeSync(descriptor, new Uint8Array(Float32Array.of(value).buffer), 0, 4, Number(offset));
  return descriptor;
}

function floatAt(descriptor: number, position: number): number {
  const value = new Float32Array(1);
  expect(readSync(descriptor, new Uint8Array(value.buffer), 0, 4, position)).toBe(4);
  return value[0]!;
}

const copyOf = (input: number | string, start: number, bytes: number, ...positions: number[]): FloatCopy => ({
  from: { file: input, start },
  name: 'source',
  bytes,
  positions,
});

/** Copies to a descriptor; gives what was found, and the bytes that were told of. */
async function copy(descriptor: number, copies: readonly FloatCopy[], meanwhile?: () => Promise<void>) {
  let told = 0;
  const onTurn = (_: number, bytes: number) => {
    told += bytes;
    return Promise.resolve();
  };
  return { nonFinite: await copyFloats({ descriptor, name: 'target' }, copies, onTurn, meanwhile), told };
}

describe('copyFloats', () => {
  test('any stretches to any places, and what is not finite in them', async () => {
    const LARGEST = 2 ** 128 - 2 ** 104;
    const stretches = fc.array(
      fc.record({
        /** Bytes before it in the source, all ones: floats of these are no numbers, and nobody's here. */
        skipped: fc.nat(9),
        count: fc.oneof(fc.nat(70), fc.constantFrom(0, PIECE / 4 - 1, PIECE / 4, PIECE / 4 + 1, PIECE / 2 + 3)),
        special: fc.constantFrom(NaN, Infinity, -Infinity, -0, LARGEST, -LARGEST, 2 ** -149),
        where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        byPath: fc.boolean(),
        places: fc.integer({ min: 0, max: 3 }),
        /** Bytes before each of its places. */
        gap: fc.nat(3),
      }),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(stretches, async (cases) => {
        const input = open(at('source'));
        const source: Uint8Array[] = [];
        const target: Uint8Array[] = [];
        const copies: FloatCopy[] = [];
        const nonFinite: number[] = [];
        let [start, end] = [0, 0];
        for (const [i, { skipped, count, special, where, byPath, places, gap }] of cases.entries()) {
          const values = Float32Array.from({ length: count }, (_, n) => n / 3 - i);
          if (count > 0) values[Math.floor(where * count)] = special;
          if (!values.every(Number.isFinite)) nonFinite.push(i);
          const bytes = new Uint8Array(values.buffer);
          source.push(new Uint8Array(skipped).fill(0xff), bytes);
          const positions = Array.from({ length: places }, (_, n) => end + gap + n * (gap + bytes.length));
          target.push(...positions.flatMap(() => [new Uint8Array(gap), bytes]));
          copies.push(copyOf(byPath ? at('source') : input, start + skipped, bytes.length, ...positions));
          start += skipped + bytes.length;
          end += places * (gap + bytes.length);
        }
        writeFileSync(input, Buffer.concat(source));
        const output = open(at('target'));
        ftruncateSync(output, end);
        const found = await copy(output, copies);
        const told = copies.reduce((sum, { bytes, positions }) => sum + bytes * positions.length, 0);
        expect(found).toEqual({ nonFinite, told });
        expect(Buffer.compare(readFileSync(at('target')), Buffer.concat(target))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  describe.each([false, true])('more than a second thread waits for; announced: %p', (announced) => {
    /** 100 MiB of it go to two places; NaN and a number lie at ends of pieces. */
    const large = () => {
      const name = 'large';
      const input = sparse(name, 160 * MIB, { 0: 1, [PIECE - 4]: 2, [PIECE]: NaN, [150 * MIB - 4]: 3, [150 * MIB]: 4 });
      if (announced) expectCopying(at(name));
      return input;
    };
    const copies = (input: number) => [
      copyOf(input, 0, 100 * MIB, 7, 200 * MIB),
      copyOf(input, 100 * MIB, 50 * MIB, 100 * MIB + 8),
    ];

    test('all of it arrives', async () => {
      const output = open(at('copied'));
      const input = large();
      const meanwhile = () => {
        writeSync(output, Uint8Array.of(9), 0, 1, 300 * MIB);
        return Promise.resolve();
      };
      expect(await copy(output, copies(input), meanwhile)).toEqual({ nonFinite: [0], told: 250 * MIB });
      for (const place of [7, 200 * MIB])
        expect([0, PIECE - 4, PIECE].map((offset) => floatAt(output, place + offset))).toEqual([1, 2, NaN]);
      expect([floatAt(output, 150 * MIB + 4), floatAt(output, 150 * MIB + 8)]).toEqual([3, 0]);
      const last = new Uint8Array(2);
      expect(readSync(output, last, 0, 2, 300 * MIB)).toBe(1);
      expect(last[0]).toBe(9);
    });

    test('a source that is shorter than it was', async () => {
      const input = large();
      ftruncateSync(input, 120 * MIB);
      expect(await refusal(() => copy(open(at('copied')), copies(input)))).toBe(
        'source: truncated while it was being read',
      );
    });

    test('a full disk', async () => {
      expect(await refusal(() => copy(open('/dev/full', 'w'), copies(large())))).toBe(
        'target: cannot write: no space left on the disk',
      );
    });

    test('what is done meanwhile fails', async () => {
      const input = large();
      const failing = copy(open(at('copied')), copies(input), () => Promise.reject(new Error('no more weights')));
      await expect(failing).rejects.toThrow('no more weights');
    });
  });

  test('a source that is gone', async () => {
    expect(await refusal(() => copy(open(at('target')), [copyOf(at('nowhere'), 0, 8, 0)]))).toBe(
      'source: cannot read: no such file or directory',
    );
  });

  test('a source that has another length than when it was listed', async () => {
    writeFileSync(at('listed'), new Uint8Array(12));
    const from = { file: at('listed'), size: 8, start: 0 };
    expect(await refusal(() => copy(open(at('target')), [{ from, name: 'source', bytes: 8, positions: [0] }]))).toBe(
      'source: cannot read: it was changed or replaced meanwhile',
    );
  });

  test('a source that cannot be read', async () => {
    const directory = open(folder, 'r');
    expect(await refusal(() => copy(open(at('target')), [copyOf(directory, 0, 8, 0)]))).toBe(
      'source: cannot read: it is a directory',
    );
  });

  test('announcing what is not there, or small, does nothing', async () => {
    await expectCopying(at('nowhere'))();
    await expectCopying(folder)();
  });
});
