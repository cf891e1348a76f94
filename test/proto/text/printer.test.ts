/**
 * Text as `protoc --decode` prints it. Expected numbers are what C's printf gives; the fixtures are protoc's own output.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../../src/errors.js';
import { Schema } from '../../../src/proto/parse-schema.js';
import { UNKNOWN_FIELDS } from '../../../src/proto/message.js';
import { decodeNet } from '../../../src/proto/codec.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { formatDouble, formatFloat } from '../../../src/proto/text/numbers.js';
import { bytes, int, varint } from '../wire-bytes.js';

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof NetspecError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

const fixtures = new URL('../../fixtures/netspec/', import.meta.url);
const programs = readdirSync(fixtures)
  .filter((file) => file.endsWith('.prototxt'))
  .map((file) => file.replace('.prototxt', ''));

describe.each(programs)("protoc's text of %s", (name) => {
  const text = readFileSync(new URL(`${name}.prototxt`, fixtures), 'utf8');

  test('is printed again as it was', () => {
    expect(formatPrototxt(parsePrototxt(text, { upgrade: false }))).toBe(text);
  });

  test('is printed from the binary message', () => {
    expect(formatPrototxt(decodeNet(readFileSync(new URL(`${name}.pb`, fixtures))))).toBe(text);
  });
});

test('fields are printed by number and not in the order given, explicit defaults included', () => {
  const net = parsePrototxt(
    'layer { top: "b" bottom: "a" type: "ReLU" relu_param { } } force_backward: false name: ""',
  );
  expect(formatPrototxt(net)).toBe(
    'name: ""\nforce_backward: false\nlayer {\n  type: "ReLU"\n  bottom: "a"\n  top: "b"\n  relu_param {\n  }\n}\n',
  );
});

test('undefined fields and empty lists print nothing', () => {
  expect(formatPrototxt({ name: undefined, input: [], layer: [] })).toBe('');
});

test('the type is the one given, else the one parsed, else NetParameter', () => {
  expect(formatPrototxt({ dim: [1, 2] }, { type: 'BlobShape' })).toBe('dim: 1\ndim: 2\n');
  expect(formatPrototxt(parsePrototxt('dim: 3', { type: 'BlobShape' }))).toBe('dim: 3\n');
  expect(formatPrototxt({ input_dim: [4] })).toBe('input_dim: 4\n');
});

test('typed arrays print as lists do', () => {
  const blob = { shape: { dim: [2] }, data: Float32Array.of(0.1, -0), double_data: Float64Array.of(0.1, 1 / 3) };
  expect(formatPrototxt(blob, { type: 'BlobProto' })).toBe(
    'data: 0.1\ndata: -0\nshape {\n  dim: 2\n}\ndouble_data: 0.1\ndouble_data: 0.33333333333333331\n',
  );
});

describe('floats have six digits, or nine where six do not read back', () => {
  test.each<[number, string]>([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [5e-5, '5e-05'],
    [0.0001, '0.0001'],
    [0.00001234567, '1.23456703e-05'],
    [123456, '123456'],
    [1234567, '1234567'],
    [999999, '999999'],
    [1e6, '1e+06'],
    [1e10, '1e+10'],
    [1e-10, '1e-10'],
    [16777216, '16777216'],
    [1 / 3, '0.333333343'],
    [104.00698793, '104.006989'],
    [0.9990000128746033, '0.999'],
    [3.4028234663852886e38, '3.40282347e+38'],
    [1e39, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
    // The least normal number, and subnormals, whose six digits C's strtof reports as out of range.
    [2 ** -126, '1.17549435e-38'],
    [2 ** -149, '1.40129846e-45'],
    [1e-40, '9.9999461e-41'],
    // Exact ties after the ninth digit: to even, down here and up there.
    [2097151.125, '2097151.12'],
    [2097151.375, '2097151.38'],
  ])('%d', (value, text) => {
    expect(formatFloat(value)).toBe(text);
  });
});

describe('doubles have fifteen digits, or seventeen where fifteen do not read back', () => {
  test.each<[number, string]>([
    [0.1, '0.1'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e15, '1e+15'],
    [123456789012345, '123456789012345'],
    [9007199254740991, '9007199254740991'],
    [1e100, '1e+100'],
    [5e-324, '4.94065645841247e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [-0, '-0'],
    [Infinity, 'inf'],
  ])('%d', (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });
});

describe('strings', () => {
  test.each<[string, string, string]>([
    ['both quotes and backslashes are escaped', `a"b'c\\`, String.raw`a\"b\'c\\`],
    ['newline, return and tab by letter', 'a\nb\rc\t', String.raw`a\nb\rc\t`],
    ['other controls in three octal digits', '\0\x07\x1f\x7f1', String.raw`\000\007\037\1771`],
    ['UTF-8 byte by byte', '새é😀', String.raw`\354\203\210\303\251\360\237\230\200`],
    ['bytes that are no UTF-8', '\udcff', String.raw`\377`],
  ])('%s', (_, value, literal) => {
    expect(formatPrototxt({ name: value })).toBe(`name: "${literal}"\n`);
  });

  test('bytes', () => {
    expect(formatPrototxt({ data: Uint8Array.of(0, 65, 255) }, { type: 'Datum' })).toBe('data: "\\000A\\377"\n');
  });
});

describe('enums', () => {
  test('by name, by number where none has it', () => {
    expect(formatPrototxt({ pool: 1, engine: 9 }, { type: 'PoolingParameter' })).toBe('pool: AVE\nengine: 9\n');
  });

  test('by the first of several names', () => {
    const schema = Schema.parse(`syntax = "proto2"; package caffe;
      enum Colour { option allow_alias = true; RED = 0; ROUGE = 0; }
      message LayerParameter { optional Colour colour = 1; } message NetParameter {}`);
    expect(formatPrototxt({ colour: 0 }, { schema, type: 'LayerParameter' })).toBe('colour: RED\n');
  });
});

describe('unknown fields come last, by number', () => {
  const print = (...fields: number[][]): string =>
    formatPrototxt({ name: 'a', [UNKNOWN_FIELDS]: fields.map((field) => Uint8Array.from(field)) });

  test.each<[string, number[], string]>([
    ['a varint', int(500, 300), '500: 300'],
    ['a varint of 64 bits', [...varint(500 * 8), ...Array<number>(9).fill(255), 1], '500: 18446744073709551615'],
    ['32 bits in hex', [...varint(500 * 8 + 5), 0, 0, 128, 63], '500: 0x3f800000'],
    ['64 bits in hex', [...varint(500 * 8 + 1), 1, 0, 0, 0, 0, 0, 0, 0], '500: 0x0000000000000001'],
    ['bytes that are no message', bytes(500, 'warp'), '500: "warp"'],
    ['no bytes', bytes(500, ''), '500: ""'],
    ['bytes that are a message', bytes(500, int(1, 2)), '500 {\n  1: 2\n}'],
    [
      'a message in a message',
      bytes(500, bytes(3, [...int(1, 2), ...int(1, 3)])),
      '500 {\n  3 {\n    1: 2\n    1: 3\n  }\n}',
    ],
    ['a group', [...varint(500 * 8 + 3), ...int(2, 7), ...varint(500 * 8 + 4)], '500 {\n  2: 7\n}'],
    ['a group that does not end, within bytes', bytes(500, [...varint(8 + 3), ...int(2, 7)]), '500: "\\013\\020\\007"'],
    ['bytes that start as a message and are cut', bytes(500, [8, 1, 18, 5, 97]), '500: "\\010\\001\\022\\005a"'],
    ['bytes with a field numbered 0', bytes(500, [2, 1, 97]), '500: "\\002\\001a"'],
  ])('%s', (_, field, text) => {
    expect(print(field)).toBe(`name: "a"\n${text}\n`);
  });

  test('in file order', () => {
    expect(print(int(502, 1), int(501, 2), int(502, 3))).toBe('name: "a"\n502: 1\n501: 2\n502: 3\n');
  });

  test('as messages down to ten levels, as bytes below', () => {
    let field = int(1, 5);
    for (let i = 0; i < 12; i++) field = bytes(1, field);
    const lines = print(field).split('\n');
    expect(lines.filter((line) => line.endsWith('{'))).toHaveLength(10);
    // Two levels are left in the bytes: field 1 of two bytes, within it field 1 with value 5.
    expect(lines[11]).toBe(`${'  '.repeat(10)}1: "\\n\\002\\010\\005"`);
  });

  test('of the messages within, too', () => {
    const layer = { name: 'l', [UNKNOWN_FIELDS]: [Uint8Array.from(int(200, 1))] };
    expect(formatPrototxt({ layer: [layer] })).toBe('layer {\n  name: "l"\n  200: 1\n}\n');
  });
});

describe('refuses what the schema does not have', () => {
  test.each<[string, object, string]>([
    ['a field', { nme: 'a' }, "NetParameter has no field nme\nhint: did you mean 'name'?"],
    ['a number for a string', { name: 5 }, 'expected a string, got 5'],
    ['a string for a number', { layer: [{ name: 'c', loss_weight: ['1'] }] }, "layer 'c': expected a number, got '1'"],
    ['one value for a list', { input: 'a' }, "expected a list, got 'a'"],
    ['a fraction', { input_dim: [1.5] }, 'expected a whole number -2147483648 … 2147483647, got 1.5'],
    ['null', { name: null }, 'expected a string, got null'],
    ['a list for a message', { state: [] }, 'expected a NetState, got a list'],
    ['NaN for a whole number', { state: { level: NaN } }, 'expected a whole number -2147483648 … 2147483647, got NaN'],
    [
      'a negative unsigned number, saying in which layer',
      { layer: [{ name: 'c', type: 'Convolution', convolution_param: { num_output: -1 } }] },
      "layer 'c' (Convolution): expected a whole number 0 … 4294967295, got -1",
    ],
    [
      'an int64 that JavaScript does not hold exactly',
      { input_shape: [{ dim: [2 ** 53] }] },
      'expected a whole number -9007199254740991 … 9007199254740991, got 9007199254740992',
    ],
    [
      'an enum by name',
      { state: { phase: 'TEST' } },
      "expected a Phase (TRAIN = 0, TEST = 1), got 'TEST'\nhint: enums are numbers here: 1 for TEST",
    ],
    ['a number for a bool', { force_backward: 0 }, 'expected true or false, got 0'],
  ])('%s', (_, message, error) => {
    expect(errorOf(() => formatPrototxt(message))).toBe(error);
  });

  test('with the address of a message that was parsed', () => {
    const net = parsePrototxt('layer {\n  name: "c"\n  type: "X"\n}', { file: 'net.prototxt' });
    Object.assign(net.layer![0]!, { type: 3 });
    expect(errorOf(() => formatPrototxt(net))).toBe("net.prototxt:3:3: layer 'c': expected a string, got 3");
  });

  test('a message that contains itself', () => {
    const schema = Schema.parse(`syntax = "proto2"; package caffe;
      message NetParameter { optional NetParameter inner = 1; } message LayerParameter {}`);
    const net: { inner?: object } = {};
    net.inner = net;
    expect(errorOf(() => formatPrototxt(net, { schema }))).toBe('more than 100 levels of nesting');
  });
});
