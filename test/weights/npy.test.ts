import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dump } from 'npyjs';
import { NetspecError } from '../../src/errors.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { formatNpy, parseNpy, readNpy, readNpyHeader } from '../../src/weights/npy.js';

const folder = 'test/fixtures/weights/npy';

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${folder}/${name}.npy`));
}

const halfSteps = Array.from({ length: 24 }, (_, i) => i * 0.5 - 1);
const fromMinusOne = Array.from({ length: 24 }, (_, i) => i - 1);
const fromZero = Array.from({ length: 24 }, (_, i) => i);

/** An .npy file with any header text. */
function npy(header: string, payload: ArrayLike<number> = [], version: readonly [number, number] = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version[0] === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), ...version, ...length, ...text, ...Array.from(payload)]);
}

function message(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof NetspecError) return error.message;
    throw error;
  }
  throw new Error('expected an error');
}

describe('files that numpy wrote', () => {
  test.each([
    ['le_f2', 'float16', Float32Array, halfSteps],
    ['be_f2', 'float16', Float32Array, halfSteps],
    ['le_f4', 'float32', Float32Array, halfSteps],
    ['be_f4', 'float32', Float32Array, halfSteps],
    ['le_f8', 'float64', Float64Array, halfSteps],
    ['be_f8', 'float64', Float64Array, halfSteps],
    ['le_i1', 'int8', Int8Array, fromMinusOne],
    ['le_i2', 'int16', Int16Array, fromMinusOne],
    ['be_i2', 'int16', Int16Array, fromMinusOne],
    ['le_i4', 'int32', Int32Array, fromMinusOne],
    ['be_i4', 'int32', Int32Array, fromMinusOne],
    ['le_i8', 'int64', Float64Array, fromMinusOne],
    ['be_i8', 'int64', Float64Array, fromMinusOne],
    ['le_u1', 'uint8', Uint8Array, fromZero],
    ['le_u2', 'uint16', Uint16Array, fromZero],
    ['le_u4', 'uint32', Uint32Array, fromZero],
    ['le_u8', 'uint64', Float64Array, fromZero],
    ['bool', 'bool', Uint8Array, fromZero.map((i) => (i % 3 === 0 ? 1 : 0))],
    ['fortran_f4', 'float32', Float32Array, halfSteps],
    ['version_2', 'float32', Float32Array, halfSteps],
    ['version_3', 'float32', Float32Array, halfSteps],
  ] as const)('%s', async (name, dtype, arrayType, values) => {
    const parsed = parseNpy(fixture(name));
    expect(parsed.shape).toEqual([2, 3, 4]);
    expect(parsed.dtype).toBe(dtype);
    expect(parsed.data).toBeInstanceOf(arrayType);
    expect(Array.from(parsed.data)).toEqual(values);
    expect(await readNpy(fromBytes(fixture(name)))).toEqual(parsed);
  });

  test('fortran order and big-endian at once', () => {
    const { shape, data } = parseNpy(fixture('fortran_be_f8'));
    expect(shape).toEqual([6, 4]);
    expect(Array.from(data)).toEqual(halfSteps);
  });

  test('a scalar has no dimensions and one value', () => {
    expect(parseNpy(fixture('scalar'))).toEqual({ shape: [], dtype: 'float32', data: Float32Array.of(-1) });
  });

  test('an array with a dimension of zero has no values', () => {
    expect(parseNpy(fixture('empty'))).toEqual({ shape: [0, 3], dtype: 'float32', data: new Float32Array(0) });
  });

  test('half precision: zeros, subnormals, the largest, infinities and NaN', () => {
    expect(Array.from(parseNpy(fixture('specials_f2')).data)).toEqual([
      0,
      -0,
      2 ** -24,
      2 ** -14 - 2 ** -24,
      2 ** -14,
      65504,
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  test('the header alone', async () => {
    expect(await readNpyHeader(fromBytes(fixture('fortran_be_f8')))).toEqual({
      shape: [6, 4],
      descr: '>f8',
      dtype: 'float64',
      fortranOrder: true,
      dataOffset: 128,
      count: 24,
    });
  });
});

describe('parseNpy', () => {
  test('shares memory with aligned little-endian bytes, and copies others', () => {
    const bytes = fixture('le_f4');
    expect(parseNpy(bytes).data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(Array.from(parseNpy(shifted.subarray(1)).data)).toEqual(halfSteps);
  });

  test('leaves big-endian bytes as they are, a Buffer (whose slice does not copy) included', () => {
    const bytes = Buffer.from(fixture('be_f4'));
    const before = Buffer.from(bytes);
    expect(Array.from(parseNpy(bytes).data)).toEqual(halfSteps);
    expect(bytes.equals(before)).toBe(true);
  });

  test('a header with double quotes, long integers and no trailing commas', () => {
    const bytes = npy(`{"shape": (2L, 1L), "fortran_order": False, "descr": "|u1"}`, [7, 8]);
    expect(parseNpy(bytes)).toEqual({ shape: [2, 1], dtype: 'uint8', data: Uint8Array.of(7, 8) });
  });

  test('a header longer than what is read at first', async () => {
    const bytes = npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }${' '.repeat(5000)}\n`, [7]);
    expect((await readNpy(fromBytes(bytes))).data).toEqual(Uint8Array.of(7));
  });
});

describe('refused', () => {
  const hint = '\nhint: save it as float32: numpy.save(file, array.astype(numpy.float32))';

  test.each([
    ['refused_complex', `x.npy: its element type is <c8 (complex numbers): expected floats, integers or bool${hint}`],
    ['refused_text', `x.npy: its element type is <U2 (text): expected floats, integers or bool${hint}`],
    ['refused_bytes', `x.npy: its element type is |S2 (byte strings): expected floats, integers or bool${hint}`],
    [
      'refused_object',
      `x.npy: its element type is |O (pickled Python objects): expected floats, integers or bool${hint}`,
    ],
    ['refused_record', `x.npy: its element type is record: expected floats, integers or bool${hint}`],
    ['refused_date', `x.npy: its element type is <M8[D] (dates): expected floats, integers or bool${hint}`],
    ['refused_beyond_2_53', 'x.npy: value 9007199254740992 at index 1 of the int64 array is beyond 2^53'],
  ])('%s', async (name, expected) => {
    expect(message(() => parseNpy(fixture(name), 'x.npy'))).toBe(expected);
    await expect(readNpy(fromBytes(fixture(name), 'x.npy'))).rejects.toHaveProperty('message', expected);
  });

  test.each([
    [
      'a zip archive',
      [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0],
      'it is a zip archive: an .npz file or a PyTorch checkpoint',
    ],
    ['a pickle', [0x80, 2, 0x7d, 0x71, 0, 0, 0, 0, 0, 0], 'it is a Python pickle'],
    ['an HDF5 file', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0], 'it is an HDF5 file'],
  ])('%s', (_, bytes, hint) => {
    expect(message(() => parseNpy(Uint8Array.from(bytes), 'x.npy'))).toBe(
      `x.npy: not an .npy file: it does not begin with \\x93NUMPY\nhint: ${hint}`,
    );
  });

  const header = (shape: string, descr = `'<f4'`): string =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;

  test.each([
    [
      'an unknown version',
      npy(header('()'), [], [4, 0]),
      'version 4.0 of the .npy format is not known; expected 1.0, 2.0 or 3.0',
    ],
    [
      'an unknown minor version',
      npy(header('()'), [], [1, 1]),
      'version 1.1 of the .npy format is not known; expected 1.0, 2.0 or 3.0',
    ],
    [
      'more bytes than the shape takes',
      npy(header('(2,)'), new Array(9).fill(0)),
      '1 bytes too many: (2,) of <f4 takes 8 bytes after the header, the file has 9',
    ],
    [
      'fewer bytes than the shape takes',
      npy(header('(2, 1)'), [0, 0, 0]),
      'truncated: (2, 1) of <f4 takes 8 bytes after the header, the file has 3',
    ],
    [
      'a shape of 2^50 elements in a file of none',
      npy(header('(33554432, 33554432)')),
      'truncated: (33554432, 33554432) of <f4 takes 4503599627370496 bytes after the header, the file has 0',
    ],
    [
      'a shape of 2^60 elements',
      npy(header('(1073741824, 1073741824)')),
      'malformed .npy header: no file holds an array of shape (1073741824, 1073741824)',
    ],
    [
      'a huge dimension beside one of zero',
      npy(header('(0, 10000000000000000000000)')),
      'malformed .npy header: no file holds an array of shape (0, 1e+22)',
    ],
    ['a negative dimension', npy(header('(-1,)')), 'malformed .npy header: no file holds an array of shape (-1,)'],
    [
      'a dimension that is no whole number',
      npy(header('(1.5,)')),
      `malformed .npy header: expected ',' or ')' at character 52, found '.5,), }'`,
    ],
    ['a dimension in quotes', npy(header(`('1',)`)), `malformed .npy header: 'shape' is not a tuple of whole numbers`],
    ['no shape', npy(`{'descr': '<f4', 'fortran_order': False}`), `malformed .npy header: it has no 'shape'`],
    [
      'an order that is none',
      npy(`{'descr': '<f4', 'fortran_order': 1, 'shape': ()}`),
      `malformed .npy header: 'fortran_order' is neither True nor False`,
    ],
    ['an element type that is no string', npy(header('()', '4')), `malformed .npy header: 'descr' is not a string`],
    [
      'an unknown element type',
      npy(header('()', `'<f16'`)),
      `its element type is <f16 (extended-precision floats): expected floats, integers or bool${hint}`,
    ],
    ['no dictionary', npy('import os'), `malformed .npy header: expected '{' at character 0, found 'import os'`],
    [
      'a dictionary that does not end',
      npy(`{'descr': '<f4', `),
      `malformed .npy header: expected a string, a number, True, False or a tuple at character 17, found its end`,
    ],
    [
      'something after the dictionary',
      npy(`${header('()')} + x`),
      `malformed .npy header: expected its end at character 56, found '+ x'`,
    ],
    [
      'deep nesting',
      npy(`{'descr': ${'('.repeat(10)}`),
      `malformed .npy header: expected a string, a number, True, False or a tuple at character 20, found its end`,
    ],
  ])('%s', (_, bytes, expected) => {
    expect(message(() => parseNpy(bytes, 'x.npy'))).toBe(`x.npy: ${expected}`);
  });

  test('a header that is longer than any real one', () => {
    const bytes = npy('', new Array(70_000).fill(32), [2, 0]);
    new DataView(bytes.buffer).setUint32(8, 70_000, true);
    expect(message(() => parseNpy(bytes, 'x.npy'))).toBe(
      'x.npy: the header has 70000 bytes; more than 65536 are not read',
    );
  });

  test('every prefix of a file', async () => {
    const whole = fixture('vector');
    for (let length = 0; length < whole.length; length++) {
      const reason =
        length === 0
          ? 'not an .npy file: it does not begin with \\x93NUMPY'
          : length < 10
            ? `truncated: the header begins at byte 10, the file has ${length}`
            : length < 128
              ? `truncated: the header ends at byte 128, the file has ${length}`
              : `truncated: (24,) of <f4 takes 96 bytes after the header, the file has ${length - 128}`;
      const bytes = whole.slice(0, length);
      expect(message(() => parseNpy(bytes, 'x.npy'))).toBe(`x.npy: ${reason}`);
      await expect(readNpy(fromBytes(bytes, 'x.npy'))).rejects.toHaveProperty('message', `x.npy: ${reason}`);
    }
  });

  test('any change of any bytes is read or refused with the file named', () => {
    const originals = ['le_f4', 'be_f2', 'fortran_be_f8', 'bool', 'version_3', 'scalar'].map(fixture);
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (original, changes) => {
          const bytes = original.slice();
          for (const [at, value] of changes) bytes[(at % 140) % bytes.length] = value;
          try {
            const { shape, data } = parseNpy(bytes, 'x.npy');
            expect(data.length).toBe(shape.reduce((product, dim) => product * dim, 1));
          } catch (error) {
            if (!(error instanceof NetspecError)) throw error;
            expect(error.message).toMatch(/^x\.npy: [^\n]+/);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('formatNpy', () => {
  // 'boundary': a header that would fill 128 bytes exactly, and gets 64 more.
  test.each(['vector', 'scalar', 'one', 'empty', 'le_f4', 'boundary'])('gives the bytes of numpy.save: %s', (name) => {
    const bytes = fixture(name);
    const { shape, data } = parseNpy(bytes);
    expect(Buffer.from(formatNpy(shape, data as Float32Array)).equals(Buffer.from(bytes))).toBe(true);
  });

  test("gives the bytes of numpy.save for a model's weights and outputs", () => {
    const folder = 'test/fixtures/detection-v2-tiny/npy_save';
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(`${folder}/${file}`);
      const { shape, data } = parseNpy(bytes);
      expect([file, Buffer.from(formatNpy(shape, data as Float32Array)).equals(bytes)]).toEqual([file, true]);
    }
  });

  test('reads what it wrote, of any shape', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 5 }), (shape) => {
        const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i / 3);
        expect(parseNpy(formatNpy(shape, data))).toEqual({ shape, dtype: 'float32', data });
      }),
    );
  });

  test('reads what npyjs writes', () => {
    const bytes = new Uint8Array(dump(Float32Array.from(halfSteps), [2, 3, 4]));
    expect(parseNpy(bytes)).toEqual({ shape: [2, 3, 4], dtype: 'float32', data: Float32Array.from(halfSteps) });
  });

  test('refuses values that do not fill the shape', () => {
    expect(message(() => formatNpy([2, 3], new Float32Array(5)))).toBe('shape (2, 3) has 6 values, the data 5');
  });
});
