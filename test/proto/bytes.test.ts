/**
 * The small parts below the codec: strings that may be no UTF-8, random access, blobs as messages.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkCount, countOf, floatsOfBlob, formatShape, shapeOfBlob } from '../../src/proto/blob-proto.js';
import { decodeUtf8, encodeUtf8 } from '../../src/proto/utf8.js';
import { fromBlob, fromBytes, toBytes } from '../../src/proto/random-access.js';
import { refusal } from '../support/refusal.js';

describe('strings', () => {
  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeUtf8(decodeUtf8(bytes))).toEqual(bytes);
      }),
    );
  });

  test('any text comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
        expect(Buffer.from(encodeUtf8(text)).toString('utf8')).toBe(text);
      }),
    );
  });

  test.each<[string, number[], string]>([
    ['a byte order mark is text like any other', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    ['bytes that are no UTF-8 become lone surrogates', [0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82], 'a\udcffé\udce2\udc82'],
    ['overlong sequences are no UTF-8', [0xc0, 0x80], '\udcc0\udc80'],
    ['encoded surrogates are no UTF-8', [0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
  ])('%s', (_what, bytes, text) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBe(text);
    expect([...encodeUtf8(text)]).toEqual(bytes);
  });

  test('a surrogate that stands for no byte is written as U+FFFD', () => {
    expect([...encodeUtf8('a\ud800')]).toEqual([0x61, 0xef, 0xbf, 0xbd]);
  });
});

describe.each([
  ['bytes', fromBytes(Uint8Array.of(0, 1, 2, 3), 'x')],
  ["a browser's Blob", fromBlob(new Blob([Uint8Array.of(0, 1, 2, 3)]), 'x')],
])('random access to %s', (_what, source) => {
  test('reads at any place', async () => {
    expect(source).toMatchObject({ size: 4, name: 'x' });
    const target = new Uint8Array(2);
    await source.read(1, target);
    expect([...target]).toEqual([1, 2]);
    await source.read(4, new Uint8Array());
    await source.close();
  });

  test('refuses to read past the end', async () => {
    expect(await refusal(() => source.read(3, new Uint8Array(2)))).toBe(
      'x: truncated: 2 bytes wanted at byte 3, the file has 4',
    );
  });
});

test('a sink in memory copies what it is given', async () => {
  const sink = toBytes();
  const bytes = Uint8Array.of(1, 2);
  await sink.write(bytes);
  bytes.fill(9);
  await sink.write(bytes.subarray(1));
  expect([...sink.bytes()]).toEqual([1, 2, 9]);
});

describe('blobs as messages', () => {
  test.each([
    [{}, [], false],
    [{ shape: {} }, [], false],
    [{ shape: { dim: [2, 3] } }, [2, 3], false],
    [{ num: 1, channels: 2, height: 3, width: 4 }, [1, 2, 3, 4], true],
    [{ width: 4 }, [0, 0, 0, 4], true],
    [{ num: 0, shape: { dim: [2] } }, [0, 0, 0, 0], true],
  ])('the shape of %j', (blob, shape, legacy) => {
    expect(shapeOfBlob(blob)).toEqual({ shape, legacy });
  });

  test('values are shared where they are float32, converted elsewhere, doubles first', () => {
    const data = Float32Array.of(1, 2);
    expect(floatsOfBlob({ data, shape: { dim: [2] } })).toBe(data);
    expect(floatsOfBlob({ data: [1, 2], shape: { dim: [2] } })).toEqual(data);
    expect(floatsOfBlob({ data, double_data: [3], shape: { dim: [1] } })).toEqual(Float32Array.of(3));
  });

  test('counts', async () => {
    expect(countOf([])).toBe(1);
    expect(countOf([2, 0, 3])).toBe(0);
    expect(countOf([2 ** 31 - 1])).toBe(2 ** 31 - 1);
    expect(await refusal(() => countOf([2 ** 31]))).toBe('blob size exceeds INT_MAX: the shape is 2147483648');
    expect(await refusal(() => countOf([1, NaN]))).toBe('a blob cannot have the shape 1xNaN');
    expect(await refusal(() => checkCount([2, 2], 3))).toBe('the shape 2x2 has 4 values, the data has 3');
    expect(await refusal(() => floatsOfBlob({ shape: { dim: [2] } }))).toBe(
      'the shape 2 has 2 values, the data is missing',
    );
    expect(formatShape([64, 3, 7, 7])).toBe('64x3x7x7');
  });
});
