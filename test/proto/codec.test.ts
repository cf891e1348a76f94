/**
 * Messages ⇄ bytes: files that Caffe and pycaffe wrote, and the rules of proto2 one by one.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { NetspecError } from '../../src/errors.js';
import type { LayerParameter, NetParameter } from '../../src/generated/messages.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { UNKNOWN_FIELDS, typeNameOf, type WithUnknownFields } from '../../src/proto/message.js';
import { decodeMessage, decodeNet, encodeMessage, encodeNet } from '../../src/proto/codec.js';
import { defaultSchema } from '../../src/proto/schema.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { arbitraryMessage } from './arbitrary-message.js';
import { refusal } from '../support/refusal.js';
import * as wire from './wire-bytes.js';

const fixtures = new URL('../fixtures/', import.meta.url);
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, fixtures)));
const fixtureFiles = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).sort();
const net = (...fields: number[][]): Uint8Array => Uint8Array.from(fields.flat());

/** One field of every kind that protobuf has, as a vendor's schema may. */
const kinds = Schema.parse(`
  syntax = "proto2"; package caffe;
  message NetParameter {} message LayerParameter {}
  message Kinds {
    optional double double = 1; optional float float = 2; optional int32 int32 = 3; optional uint32 uint32 = 4;
    optional sint32 sint32 = 5; optional fixed32 fixed32 = 6; optional sfixed32 sfixed32 = 7; optional int64 int64 = 8;
    optional uint64 uint64 = 9; optional sint64 sint64 = 10; optional fixed64 fixed64 = 11;
    optional sfixed64 sfixed64 = 12; optional bool bool = 13; optional string string = 14; optional bytes bytes = 15;
    repeated sint32 packed = 16 [packed = true];
    oneof one { int32 left = 17; int32 right = 18; }
    optional Kinds inner = 19;
  }`);

describe('files of Caffe and pycaffe come back byte for byte', () => {
  // Those of weights/ are made to be read in unusual ways.
  const files = fixtureFiles.filter((file) => /\.(caffemodel|pb)$/.test(file) && !file.startsWith('weights'));
  test.each(files)('%s', (file) => {
    const original = read(file);
    expect(Buffer.compare(encodeNet(decodeNet(original)), original)).toBe(0);
  });
});

describe('values', () => {
  const cases: [field: string, value: unknown, bytes: number[]][] = [
    ['double', -2.5, [0x09, 0, 0, 0, 0, 0, 0, 0x04, 0xc0]],
    ['float', 1.5, [0x15, 0, 0, 0xc0, 0x3f]],
    ['float', -0, [0x15, 0, 0, 0, 0x80]],
    ['float', Infinity, [0x15, 0, 0, 0x80, 0x7f]],
    ['int32', 150, [0x18, 0x96, 0x01]],
    ['int32', -1, [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['int32', -(2 ** 31), [0x18, 0x80, 0x80, 0x80, 0x80, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['uint32', 2 ** 32 - 1, [0x20, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['sint32', -2, [0x28, 0x03]],
    ['sint32', 2 ** 31 - 1, [0x28, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['sint32', -(2 ** 31), [0x28, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['fixed32', 2 ** 32 - 2, [0x35, 0xfe, 0xff, 0xff, 0xff]],
    ['sfixed32', -2, [0x3d, 0xfe, 0xff, 0xff, 0xff]],
    ['int64', -(2 ** 53 - 1), [0x40, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xf0, 0xff, 0x01]],
    ['uint64', 2 ** 53 - 1, [0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['sint64', -(2 ** 40), [0x50, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]],
    ['fixed64', 2 ** 40, [0x59, 0, 0, 0, 0, 0, 1, 0, 0]],
    ['sfixed64', -2, [0x61, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['bool', false, [0x68, 0]],
    ['string', 'é€𝄞', [0x72, 9, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9d, 0x84, 0x9e]],
    ['string', '', [0x72, 0]],
    ['bytes', Uint8Array.of(0, 255), [0x7a, 2, 0, 255]],
    ['packed', [1, -1], [0x82, 0x01, 2, 2, 1]],
    ['inner', {}, [0x9a, 0x01, 0]],
  ];
  test.each(cases)('%s %p', (field, value, bytes) => {
    expect([...encodeMessage('Kinds', { [field]: value }, kinds)]).toEqual(bytes);
    expect(decodeMessage('Kinds', Uint8Array.from(bytes), kinds)).toEqual({ [field]: value });
  });

  test('an explicit 0, false and empty string are present, an absent field is not', () => {
    const layer: LayerParameter = { name: '', phase: 0, convolution_param: { bias_term: false, pad: [0] } };
    expect(decodeMessage('LayerParameter', encodeMessage('LayerParameter', layer))).toEqual(layer);
    expect(Object.keys(decodeMessage('LayerParameter', new Uint8Array()))).toEqual([]);
  });

  test('undefined and empty lists are absent', () => {
    expect(encodeNet({ name: undefined, layer: [], input: [] })).toHaveLength(0);
  });

  test('a name that is no UTF-8 comes back byte for byte', () => {
    const gbk = net(wire.bytes(wire.net.name, [0xbe, 0xed, 0xbb, 0xfd, 0x31, 0xed, 0xa0, 0x80]));
    expect(encodeNet(decodeNet(gbk))).toEqual(gbk);
  });

  test('messages know their type', () => {
    const decoded = decodeNet(encodeNet({ layer: [{ pooling_param: {} }] }));
    expect(typeNameOf(decoded)).toBe('NetParameter');
    expect(typeNameOf(decoded.layer![0]!.pooling_param!)).toBe('PoolingParameter');
  });

  test('any message comes back as it was', () => {
    fc.assert(
      fc.property(arbitraryMessage(defaultSchema().message('LayerParameter')), (message) => {
        expect(decodeMessage('LayerParameter', encodeMessage('LayerParameter', message))).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  test('bytes of a Node Buffer are not shared with the message', () => {
    const buffer = Buffer.from(encodeMessage('BlobProto', { data: [1, 2] }));
    const { data } = decodeMessage('BlobProto', buffer);
    buffer.fill(0);
    expect(data).toEqual(Float32Array.of(1, 2));
  });
});

describe('proto2 on reading', () => {
  test('repeated numbers are read packed and unpacked, whatever was declared', () => {
    // kernel_size is declared unpacked, dim packed.
    const kernels = net(wire.int(4, 3), wire.bytes(4, [5, 7]), wire.int(4, 9));
    expect(decodeMessage('ConvolutionParameter', kernels)).toEqual({ kernel_size: [3, 5, 7, 9] });
    const dims = net(wire.int(1, 3), wire.bytes(1, [5, 7]), wire.int(1, 9));
    expect(decodeMessage('BlobShape', dims)).toEqual({ dim: [3, 5, 7, 9] });
  });

  test('packed floats become one typed array, from however many pieces', () => {
    const blob = net(
      wire.bytes(wire.blob.data, wire.floats([1, 2])),
      wire.float(wire.blob.data, 3),
      wire.float(wire.blob.data, 4),
      wire.bytes(wire.blob.data, wire.floats([5])),
      wire.bytes(wire.blob.doubleData, wire.doubles([0.1])),
      wire.double(wire.blob.doubleData, 0.2),
    );
    expect(decodeMessage('BlobProto', blob)).toEqual({
      data: Float32Array.of(1, 2, 3, 4, 5),
      double_data: Float64Array.of(0.1, 0.2),
    });
  });

  test('weights keep every bit, NaNs and denormals included', () => {
    const bits = [0x7fc00001, 0xffa00000, 0x00000001, 0x80000000].flatMap((word) => [
      ...new Uint8Array(Uint32Array.of(word).buffer),
    ]);
    const blob = net(wire.bytes(wire.blob.data, bits));
    expect(encodeMessage('BlobProto', decodeMessage('BlobProto', blob))).toEqual(blob);
  });

  test('the last of several values wins', () => {
    expect(decodeNet(net(wire.bytes(1, 'a'), wire.bytes(1, 'b')))).toEqual({ name: 'b' });
  });

  test('a sub-message that comes twice is merged', () => {
    const twice = net(wire.bytes(106, wire.int(1, 8)), wire.bytes(106, [...wire.int(2, 0), ...wire.int(4, 3)]));
    expect(decodeMessage('LayerParameter', twice)).toEqual({
      convolution_param: { num_output: 8, bias_term: false, kernel_size: [3] },
    });
  });

  test('floats of a merged sub-message are joined', () => {
    const half = (value: number): number[] => wire.bytes(1, wire.bytes(wire.blob.data, wire.floats([value])));
    const vendor = Schema.parse(`syntax = "proto2"; package caffe; message NetParameter {} message LayerParameter {}
      message Blob { repeated float data = 5 [packed = true]; } message Holder { optional Blob blob = 1; }`);
    expect(decodeMessage('Holder', net(half(1), half(2)), vendor)).toEqual({ blob: { data: Float32Array.of(1, 2) } });
  });

  test('one field of a oneof clears the other', () => {
    expect(decodeMessage('Kinds', net(wire.int(17, 1), wire.int(18, 2)), kinds)).toEqual({ right: 2 });
  });

  test('int32 takes the low 32 bits, bool any number', () => {
    const wide = net([0x18, 0x80, 0x80, 0x80, 0x80, 0x10], [0x68, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
    expect(decodeMessage('Kinds', wide, kinds)).toEqual({ int32: 0, bool: true });
  });
});

describe('unknown fields', () => {
  const unknownOf = (message: object): number[][] | undefined =>
    (message as WithUnknownFields)[UNKNOWN_FIELDS]?.map((field) => [...field]);

  const inLayer: [what: string, field: number[]][] = [
    ['a varint', wire.int(999, 7)],
    ['bytes', wire.bytes(1000, 'fork')],
    ['a 32-bit number', wire.float(1001, 1)],
    ['a 64-bit number', wire.double(1002, 1)],
    ['a group', wire.group(1003, [...wire.int(1, 2), ...wire.group(2, wire.bytes(3, 'x'))])],
    ['a known number with another wire type', wire.int(wire.layer.name, 7)],
    ['an enum value that is not declared', wire.int(wire.layer.phase, 7)],
  ];
  test.each(inLayer)('%s is kept and written again', (_what, field) => {
    const bytes = net(wire.bytes(wire.layer.type, 'ReLU'), field);
    const layer = decodeMessage('LayerParameter', bytes);
    expect({ ...layer, [UNKNOWN_FIELDS]: undefined }).toEqual({ type: 'ReLU' });
    expect(unknownOf(layer)).toEqual([field]);
    expect(encodeMessage('LayerParameter', layer)).toEqual(bytes);
  });

  test('undeclared values within a packed run of enums become fields of their own', () => {
    const vendor = Schema.parse(`syntax = "proto2"; package caffe; message NetParameter {} message LayerParameter {}
      enum E { A = 1; B = 2; } message M { repeated E e = 1 [packed = true]; }`);
    const message = decodeMessage('M', net(wire.bytes(1, [1, 9, 2])), vendor);
    expect(message).toMatchObject({ e: [1, 2] });
    expect(unknownOf(message)).toEqual([wire.int(1, 9)]);
  });

  test('fields of a fork that stand between known ones return to their places', () => {
    const forks = net(
      wire.bytes(wire.net.name, 'n'),
      wire.int(9, 1),
      wire.bytes(50, 'x'),
      wire.bytes(wire.net.layer, wire.bytes(wire.layer.name, 'l')),
      wire.int(200, 1),
    );
    expect(encodeNet(decodeNet(forks))).toEqual(forks);
  });

  test('they come last in a message that they are moved to, as C++ writes them', () => {
    const message: NetParameter & WithUnknownFields = { layer: [{ name: 'l' }] };
    message[UNKNOWN_FIELDS] = [Uint8Array.from(wire.int(9, 1))];
    expect([...encodeNet(message)]).toEqual([...wire.bytes(100, wire.bytes(1, 'l')), ...wire.int(9, 1)]);
  });

  test("a fork's message under the number of one with required fields passes through", () => {
    // 148 is Clip's parameter here, which requires min and max.
    const layer = net(wire.bytes(148, wire.int(7, 1)));
    expect(encodeMessage('LayerParameter', decodeMessage('LayerParameter', layer))).toEqual(layer);
  });
});

describe('bytes that are no message are refused', () => {
  const deep = Array.from({ length: 101 }, () => 0x0b);
  const text = [...new TextEncoder().encode('name: "lenet"\nlayer { }\n')];
  const truncatedHint = '\nhint: the file is incomplete: copy or download it again';
  const cases: [what: string, bytes: number[], message: string][] = [
    [
      'a string longer than the file',
      [0x0a, 5, 0x61],
      `not a binary NetParameter: name, byte 1: truncated: 5 bytes announced, 1 left${truncatedHint}`,
    ],
    [
      'a layer that is cut off',
      [...wire.bytes(1, 'n'), ...wire.bytes(100, wire.bytes(1, 'conv')).slice(0, -1)],
      `not a binary NetParameter: layer[0], byte 5: truncated: 6 bytes announced, 5 left${truncatedHint}`,
    ],
    [
      'a length that passes the message around it',
      wire.bytes(100, [...wire.bytes(1, 'conv'), ...wire.bytes(2, 'ReLU'), 0x1a, 9]),
      `layer 'conv' (ReLU): not a binary NetParameter: layer[0].bottom, byte 16: truncated: 9 bytes announced, 0 left${truncatedHint}`,
    ],
    [
      'a tag without a value',
      [0x20],
      `not a binary NetParameter: input_dim, byte 1: truncated: a varint does not end${truncatedHint}`,
    ],
    ['half a tag', [0x80], `not a binary NetParameter: byte 0: truncated: a varint does not end${truncatedHint}`],
    [
      'an endless varint',
      [0x20, ...Array.from({ length: 11 }, () => 0xff)],
      'not a binary NetParameter: input_dim, byte 1: a varint is longer than 10 bytes',
    ],
    ['field number 0', [0x00, 0x01], 'not a binary NetParameter: byte 0: a field cannot have number 0'],
    [
      'a tag of more than 32 bits',
      [0x88, 0x80, 0x80, 0x80, 0x10, 0],
      'not a binary NetParameter: byte 0: not a field tag',
    ],
    ['wire type 7', [0x0f], 'not a binary NetParameter: name, byte 0: not a field: wire type 7'],
    ['an end of group by itself', [0x0c], 'not a binary NetParameter: name, byte 0: not a field: wire type 4'],
    [
      'a group without end',
      [0x4b, 0x08, 1],
      `not a binary NetParameter: field 9, byte 0: truncated: group 9 does not end${truncatedHint}`,
    ],
    ['a group with another end', [0x4b, 0x54], 'not a binary NetParameter: field 9, byte 1: group 9 ends as group 10'],
    ['deep nesting', deep, 'not a binary NetParameter: name, byte 100: more than 100 levels of nesting'],
    [
      'three bytes of float',
      wire.bytes(100, wire.bytes(7, [0x2a, 3, 0, 0, 0])),
      'not a binary NetParameter: layer[0].blobs[0].data, byte 6: a run of floats cannot have 3 bytes',
    ],
    [
      'a dimension beyond 2^53',
      wire.bytes(8, [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]),
      'not a binary NetParameter: input_shape[0].dim, byte 3: a 64-bit integer of 18014398509481984 is beyond ±2^53',
    ],
    [
      'a prototxt',
      text,
      "expected a caffemodel, got a net's prototxt (text)\nhint: the weights are in the .caffemodel",
    ],
  ];
  test.each(cases)('%s', async (_what, bytes, message) => {
    expect(await refusal(() => decodeNet(Uint8Array.from(bytes)))).toBe(message);
  });

  test('a vendor message of its own kind within itself, too deep', async () => {
    let nested: number[] = [];
    for (let i = 0; i < 101; i++) nested = wire.bytes(19, nested);
    const path = Array.from({ length: 101 }, () => 'inner').join('.');
    // The outer 37 headers are 4 bytes long (two of tag, two of length), the inner 64 are 3; the failing one has none.
    expect(await refusal(() => decodeMessage('Kinds', Uint8Array.from(nested), kinds))).toBe(
      `not a binary Kinds: ${path}, byte ${nested.length}: more than 100 levels of nesting`,
    );
  });

  test('a million empty messages or unknown fields, which take hundreds of bytes each in memory', async () => {
    const layers = Uint8Array.from({ length: 3e6 }, (_, i) => [0xa2, 0x06, 0][i % 3]!);
    // 2^17 + 3,000,000 / 32 messages are read; the net itself is the first.
    const most = 131072 + 93750;
    const words = `more than ${most} messages and unknown fields in 3000000 bytes: no net has so many`;
    expect(await refusal(() => decodeNet(layers))).toBe(
      `not a binary NetParameter: layer[${most - 1}], byte ${3 * most}: ${words}`,
    );
    const unknown = Uint8Array.from({ length: 3e6 }, (_, i) => [0xf8, 0x7f, 1][i % 3]!);
    expect(await refusal(() => decodeNet(unknown))).toContain(words);
    expect(decodeNet(layers.subarray(0, 300_000)).layer).toHaveLength(100_000);
  });

  test('every prefix of a caffemodel is refused, or is itself a complete, shorter net', () => {
    const whole = read('nets/phases_and_stages/weights.caffemodel');
    let refused = 0;
    for (let length = 0; length < whole.length; length++) {
      const prefix = whole.subarray(0, length);
      try {
        expect(encodeNet(decodeNet(prefix))).toEqual(prefix);
      } catch (error) {
        if (!(error instanceof NetspecError)) throw error;
        refused++;
      }
    }
    // Complete are: nothing, the name, and the name with any number of layers.
    expect(whole.length - refused).toBe(
      1 + (decodeNet(whole).name === undefined ? 0 : 1) + decodeNet(whole).layer!.length - 1,
    );
  });

  test('mutated files are refused in words, or read and written without loss', () => {
    const whole = read('nets/phases_and_stages/weights.caffemodel');
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.constantFrom('set', 'insert', 'delete'));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = [...whole];
        for (const [at, value, how] of edits)
          bytes.splice(at, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [value]));
        let net: NetParameter;
        try {
          net = decodeNet(Uint8Array.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(NetspecError);
          return;
        }
        expect(decodeNet(encodeNet(net))).toEqual(net);
      }),
      { numRuns: 400 },
    );
  });
});

describe('values that do not fit are refused', () => {
  const conv = (parameter: object): object => ({
    layer: [{ name: 'c', type: 'Convolution', convolution_param: parameter }],
  });
  const cases: [what: string, net: object, message: string][] = [
    [
      'a string for a number',
      conv({ kernel_size: [3, '3'] }),
      "layer 'c' (Convolution): convolution_param.kernel_size[1]: expected a whole number 0 … 4294967295, got '3'",
    ],
    [
      'a fraction',
      conv({ num_output: 2.5 }),
      "layer 'c' (Convolution): convolution_param.num_output: expected a whole number 0 … 4294967295, got 2.5",
    ],
    [
      'a negative number',
      conv({ num_output: -1 }),
      "layer 'c' (Convolution): convolution_param.num_output: expected a whole number 0 … 4294967295, got -1",
    ],
    [
      'a number beyond int32',
      conv({ axis: 2 ** 31 }),
      "layer 'c' (Convolution): convolution_param.axis: expected a whole number -2147483648 … 2147483647, got 2147483648",
    ],
    [
      'NaN for a whole number',
      conv({ num_output: NaN }),
      "layer 'c' (Convolution): convolution_param.num_output: expected a whole number 0 … 4294967295, got NaN",
    ],
    [
      'a number for a list',
      conv({ kernel_size: 3 }),
      "layer 'c' (Convolution): convolution_param.kernel_size: expected a list, got 3",
    ],
    [
      'a hole in a list',
      conv({ kernel_size: [undefined] }),
      "layer 'c' (Convolution): convolution_param.kernel_size[0]: expected a whole number 0 … 4294967295, got undefined",
    ],
    [
      'a number for a bool',
      conv({ bias_term: 1 }),
      "layer 'c' (Convolution): convolution_param.bias_term: expected true or false, got 1",
    ],
    [
      'null',
      conv({ weight_filler: null }),
      "layer 'c' (Convolution): convolution_param.weight_filler: expected a FillerParameter, got null",
    ],
    [
      'a string for a float',
      conv({ weight_filler: { std: '0.1' } }),
      "layer 'c' (Convolution): convolution_param.weight_filler.std: expected a number, got '0.1'",
    ],
    [
      "an enum's name",
      conv({ engine: 'CUDNN' }),
      "layer 'c' (Convolution): convolution_param.engine: expected a Engine (DEFAULT = 0, CAFFE = 1, CUDNN = 2), got 'CUDNN'\n" +
        'hint: enums are numbers here: 2 for CUDNN',
    ],
    [
      'an enum value that is not declared',
      conv({ engine: 3 }),
      "layer 'c' (Convolution): convolution_param.engine: expected a Engine (DEFAULT = 0, CAFFE = 1, CUDNN = 2), got 3",
    ],
    [
      'a misspelled field',
      conv({ kernal_size: [3] }),
      "layer 'c' (Convolution): convolution_param: ConvolutionParameter has no field kernal_size\nhint: did you mean 'kernel_size'?",
    ],
    ['a layer that is a list', { layer: [[]] }, 'layer[0]: expected a LayerParameter, got a list'],
    ['a number for a name', { name: 5 }, 'name: expected a string, got 5'],
    ['half a surrogate pair', { name: 'a\ud800' }, "name: no UTF-8 text: 'a\ud800'"],
    [
      'a missing required field',
      { layer: [{ name: 'k', type: 'Clip', clip_param: { min: 0 } }] },
      "layer 'k' (Clip): clip_param: ClipParameter requires max",
    ],
    ['a misspelled field of the net', { nmae: 'x' }, "NetParameter has no field nmae\nhint: did you mean 'name'?"],
  ];
  test.each(cases)('%s', async (_what, message, expected) => {
    expect(await refusal(() => encodeNet(message as NetParameter))).toBe(expected);
  });

  test('with the line of the prototxt that the message came from', async () => {
    const net = parsePrototxt('layer {\n  name: "p"\n  type: "Power"\n  power_param {\n    power: 2\n  }\n}\n', {
      file: 'net.prototxt',
    });
    Object.assign(net.layer![0]!.power_param!, { power: true });
    expect(await refusal(() => encodeNet(net))).toBe(
      "net.prototxt:5:5: layer 'p' (Power): power_param.power: expected a number, got true",
    );
  });

  test('a bytes field takes nothing but bytes', async () => {
    expect(await refusal(() => encodeMessage('Kinds', { bytes: 'x' }, kinds))).toBe(
      "bytes: expected a Uint8Array, got 'x'",
    );
  });

  test('a number beyond 2^53 in a 64-bit field', async () => {
    expect(await refusal(() => encodeMessage('BlobShape', { dim: [2 ** 53] }))).toBe(
      'dim[0]: expected a whole number -9007199254740991 … 9007199254740991, got 9007199254740992',
    );
  });

  test('a message type that the schema does not have', async () => {
    expect(await refusal(() => encodeMessage('LayerParam', {}))).toBe('the schema has no message LayerParam');
  });
});
