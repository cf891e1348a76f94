/**
 * Caffemodel files read and written one blob at a time, against the same files decoded whole.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { NetspecError } from '../../src/errors.js';
import type { BlobProto, NetParameter } from '../../src/generated/messages.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { derive } from '../../src/proto/derive.js';
import { UNKNOWN_FIELDS, type WithUnknownFields } from '../../src/proto/message.js';
import {
  caffemodelSize,
  writeCaffemodel,
  type BlobMessage,
  type BlobSource,
  type LayerBlobs,
} from '../../src/proto/caffemodel-writer.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { floatsOfBlob, shapeOfBlob } from '../../src/proto/blob-proto.js';
import { fromBytes, toBytes, type RandomAccess } from '../../src/proto/random-access.js';
import { upgradeNet } from '../../src/proto/upgrade.js';
import { refusal } from '../support/refusal.js';
import { placingSink } from '../support/placing-sink.js';
import * as wire from './wire-bytes.js';

const fixtures = new URL('../fixtures/', import.meta.url);
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, fixtures)));
/** Python wrote these, with an empty shape for a blob without axes. Caffe writes no shape there. */
const EMPTY_SHAPES: ReadonlySet<string> = new Set([
  'forks/Normalize_01/weights.caffemodel',
  'forks/Normalize_02/weights.caffemodel',
]);

/** A file as Caffe writes it. */
function expectedOf(file: string): Uint8Array {
  if (!EMPTY_SHAPES.has(file)) return read(file);
  const net = decodeNet(read(file));
  const shaped = (blob: BlobProto) => (blob.shape?.dim?.length ? blob : { ...blob, shape: undefined });
  return encodeNet({ ...net, layer: net.layer?.map((layer) => ({ ...layer, blobs: layer.blobs?.map(shaped) })) });
}

/** NVIDIA's half precision, of which BVLC's messages know nothing: test/proto/half.test.ts. */
const HALF = 'cases/fp16/half.caffemodel';

const models = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  // Those of weights/ are made to be read in unusual ways.
  .filter((file) => file.endsWith('.caffemodel') && !file.startsWith('weights') && file !== HALF)
  .sort();

/** A net of one V2 layer with one blob of the given fields. */
const withBlob = (...fields: number[][]): Uint8Array =>
  Uint8Array.from(
    wire.bytes(wire.net.layer, [
      ...wire.bytes(wire.layer.name, 'c'),
      ...wire.bytes(wire.layer.type, 'Convolution'),
      ...wire.bytes(wire.layer.blobs, fields.flat()),
    ]),
  );

/** A source that counts what is read from it. */
function counting(bytes: Uint8Array): RandomAccess & { bytesRead: number } {
  const inner = fromBytes(bytes);
  return {
    ...inner,
    bytesRead: 0,
    read(offset, target) {
      this.bytesRead += target.length;
      return inner.read(offset, target);
    },
  };
}

/** The net without its blobs, and their sources: what the writer takes. */
function taken(net: NetParameter): [NetParameter, LayerBlobs[]] {
  const layers = (net.layer ?? []).map(({ blobs = [] }) => ({ blobs: blobs.map(sourceOf) }));
  return [{ ...net, layer: net.layer?.map((layer) => ({ ...layer, blobs: undefined })) }, layers];
}

function sourceOf(blob: BlobProto): BlobSource {
  return { shape: shapeOfBlob(blob).shape, read: () => floatsOfBlob(blob) };
}

async function written(net: NetParameter, layers: LayerBlobs[]): Promise<Uint8Array> {
  const sink = toBytes();
  const size = await writeCaffemodel(sink, net, layers);
  expect(sink.bytes()).toHaveLength(size);
  expect(caffemodelSize(net, layers)).toBe(size);
  return sink.bytes();
}

describe.each(models)('%s', (file) => {
  test('read blob by blob it holds what it holds decoded whole', async () => {
    const net = decodeNet(read(file));
    const reader = await CaffemodelReader.open(read(file));
    expect(reader.layers.map(({ name, type }) => [name, type])).toEqual(
      net.layer?.map(({ name, type }) => [name, type]),
    );
    for (const [i, { blobs = [] }] of net.layer!.entries()) {
      expect(reader.layers[i]!.blobs.map(({ shape, legacy }) => ({ shape, legacy }))).toEqual(blobs.map(shapeOfBlob));
      for (const [j, blob] of blobs.entries()) expect(await reader.readBlob(i, j)).toEqual(floatsOfBlob(blob));
    }
  });

  test('written blob by blob it is the same file', async () => {
    const reader = await CaffemodelReader.open(read(file));
    const layers = reader.layers.map((layer, i) => ({
      blobs: layer.blobs.map(({ shape }, j) => ({ shape, read: () => reader.readBlob(i, j) })),
    }));
    const net = derive(reader.net, { layer: reader.net.layer?.map((layer) => derive(layer, { blobs: undefined })) });
    expect(Buffer.compare(await written(net, layers), expectedOf(file))).toBe(0);
  });
});

describe('reading', () => {
  test('net has everything but the values', async () => {
    const net: NetParameter = {
      name: 'n',
      layer: [{ name: 'c', blobs: [{ data: [1, 2], diff: [3, 4], shape: { dim: [2] } }], scale_param: { axis: 0 } }],
    };
    const reader = await CaffemodelReader.open(encodeNet(net));
    expect(reader.net).toEqual({
      name: 'n',
      layer: [{ name: 'c', blobs: [{ shape: { dim: [2] } }], scale_param: { axis: 0 } }],
    });
    expect(reader.layers[0]!.blobs[0]).toEqual({
      shape: [2],
      legacy: false,
      count: 2,
      dtype: 'float32',
      stored: 2,
      offset: 11,
      hasDiff: true,
      forkFields: [],
    });
  });

  test('values that are not asked for are not read', async () => {
    // Three blobs of 1 MiB; a window of 64 KiB is read around each.
    const data = new Float32Array(2 ** 18).fill(1.5);
    const layer = ['a', 'b', 'c'].map((name) => ({ name, blobs: [{ data, shape: { dim: [data.length] } }] }));
    const source = counting(encodeNet({ layer }));
    const reader = await CaffemodelReader.open(source);
    expect(source.bytesRead).toBeLessThanOrEqual(4 * 64 * 1024);
    const before = source.bytesRead;
    expect(await reader.readBlob(1, 0)).toEqual(data);
    expect(source.bytesRead - before).toBe(data.byteLength);
  });

  test('into memory that is there, shared memory included', async () => {
    const reader = await CaffemodelReader.open(
      encodeNet({ layer: [{ blobs: [{ data: [1, 2], shape: { dim: [2] } }] }] }),
    );
    const memory = new Float32Array(new SharedArrayBuffer(16));
    const into = memory.subarray(1, 3);
    expect(await reader.readBlob(0, 0, into)).toBe(into);
    expect([...memory]).toEqual([0, 1, 2, 0]);
  });

  test('a long blob comes in pieces that reuse their memory, a short one in one piece', async () => {
    const values = Float32Array.from({ length: 2 ** 21 + 5 }, (_, i) => i);
    const net: NetParameter = {
      layer: [
        { name: 'a', blobs: [{ shape: { dim: [values.length] }, data: values }] },
        { name: 'b', blobs: [{ shape: { dim: [2] }, data: Float32Array.of(7, 8) }] },
      ],
    };
    const reader = await CaffemodelReader.open(encodeNet(net));
    const pieces: Float32Array[] = [];
    for await (const piece of reader.readPieces(0, 0)) pieces.push(piece.slice());
    expect(pieces.map(({ length }) => length)).toEqual([2 ** 20, 2 ** 20, 5]);
    expect(
      Buffer.compare(Buffer.concat(pieces.map(({ buffer }) => new Uint8Array(buffer))), new Uint8Array(values.buffer)),
    ).toBe(0);
    for await (const piece of reader.readPieces(1, 0)) expect(piece).toEqual(Float32Array.of(7, 8));
    await expect(reader.readPieces(2, 0).next()).rejects.toThrow('there is no layer 2: the file has 2');
  });

  test.each<[string, number[][], number[], 'float32' | 'float64']>([
    ['packed', [wire.bytes(wire.blob.data, wire.floats([1, 2, 3]))], [1, 2, 3], 'float32'],
    ['each with its own tag', [1, 2, 3].map((value) => wire.float(wire.blob.data, value)), [1, 2, 3], 'float32'],
    [
      'in several runs, packed and not, around another field',
      [
        wire.bytes(wire.blob.data, wire.floats([1, 2])),
        wire.float(wire.blob.data, 3),
        wire.int(20, 1),
        wire.float(wire.blob.data, 4),
        wire.float(wire.blob.data, 5),
        wire.bytes(wire.blob.data, []),
        wire.bytes(wire.blob.data, wire.floats([6, 7])),
      ],
      [1, 2, 3, 4, 5, 6, 7],
      'float32',
    ],
    ['doubles', [wire.bytes(wire.blob.doubleData, wire.doubles([0.1, 2]))], [Math.fround(0.1), 2], 'float64'],
    [
      'doubles with a tag each',
      [0.1, 2].map((value) => wire.double(wire.blob.doubleData, value)),
      [Math.fround(0.1), 2],
      'float64',
    ],
    [
      'doubles before floats, as Caffe takes them',
      [wire.bytes(wire.blob.data, wire.floats([1, 2])), wire.bytes(wire.blob.doubleData, wire.doubles([3, 4]))],
      [3, 4],
      'float64',
    ],
  ])('values %s', async (_how, fields, values, dtype) => {
    const reader = await CaffemodelReader.open(withBlob(wire.shape(values.length), ...fields));
    expect(reader.layers[0]!.blobs[0]!.dtype).toBe(dtype);
    expect([...(await reader.readBlob(0, 0))]).toEqual(values);
  });

  test('a hundred thousand values with a tag each, which span windows', async () => {
    const values = Float32Array.from({ length: 100_000 }, (_, i) => i);
    const fields = Array.from(values, (value) => wire.float(wire.blob.data, value));
    const reader = await CaffemodelReader.open(withBlob(...fields, wire.shape(values.length)));
    expect(await reader.readBlob(0, 0)).toEqual(values);
  });

  test('a scalar blob has no shape and one value', async () => {
    const reader = await CaffemodelReader.open(withBlob(wire.bytes(wire.blob.data, wire.floats([3]))));
    expect(reader.layers[0]!.blobs[0]).toMatchObject({ shape: [], legacy: false, count: 1 });
    expect([...(await reader.readBlob(0, 0))]).toEqual([3]);
  });

  test('an empty blob has no values', async () => {
    const reader = await CaffemodelReader.open(withBlob(wire.shape(0, 3)));
    expect(await reader.readBlob(0, 0)).toHaveLength(0);
  });

  test('a legacy shape counts, whatever stands in shape', async () => {
    const fields = [wire.int(wire.blob.height, 1), wire.int(wire.blob.width, 2), wire.int(wire.blob.num, 1)];
    const reader = await CaffemodelReader.open(
      withBlob(
        ...fields,
        wire.int(wire.blob.channels, 1),
        wire.bytes(wire.blob.data, wire.floats([1, 2])),
        wire.shape(2),
      ),
    );
    expect(reader.layers[0]!.blobs[0]).toMatchObject({ shape: [1, 1, 1, 2], legacy: true, count: 2 });
  });

  test('a V1 file: types under their names of today, upgraded and written as V2', async () => {
    const values = Float32Array.of(1, 2, 3);
    const v1: NetParameter = {
      name: 'v1',
      layers: [
        { name: 'data', type: 5, top: ['data'] },
        {
          name: 'ip',
          type: 14,
          bottom: ['data'],
          top: ['ip'],
          blobs: [{ num: 1, channels: 1, height: 1, width: 3, data: values }],
          blobs_lr: [1],
        },
      ],
    };
    const reader = await CaffemodelReader.open(encodeNet(v1));
    expect(reader.layers.map(({ name, type }) => [name, type])).toEqual([
      ['data', 'Data'],
      ['ip', 'InnerProduct'],
    ]);
    expect(await reader.readBlob(1, 0)).toEqual(values);
    const [net] = taken(upgradeNet(reader.net));
    const file = await written(net, [
      {},
      { blobs: [{ shape: reader.layers[1]!.blobs[0]!.shape, read: () => reader.readBlob(1, 0) }] },
    ]);
    expect(decodeNet(file).layer![1]).toEqual({
      name: 'ip',
      type: 'InnerProduct',
      bottom: ['data'],
      top: ['ip'],
      param: [{ lr_mult: 1 }],
      blobs: [{ data: values, shape: { dim: [1, 1, 1, 3] } }],
    });
  });

  test('a V0 file: blobs lie in the layer within the layer', async () => {
    const blob = [...wire.int(wire.blob.num, 2), ...wire.int(wire.blob.channels, 1)];
    const legacy = [...blob, ...wire.int(wire.blob.height, 1), ...wire.int(wire.blob.width, 1)];
    const v0 = [
      ...wire.bytes(wire.v0Layer.name, 'conv1'),
      ...wire.bytes(wire.v0Layer.type, 'conv'),
      ...wire.bytes(wire.v0Layer.blobs, [...legacy, ...wire.bytes(wire.blob.data, wire.floats([1, 2]))]),
    ];
    const file = Uint8Array.from(wire.bytes(wire.net.layers, wire.bytes(wire.v1Layer.layer, v0)));
    const reader = await CaffemodelReader.open(file);
    expect(reader.layers).toMatchObject([{ name: 'conv1', type: 'Convolution', blobs: [{ shape: [2, 1, 1, 1] }] }]);
    expect([...(await reader.readBlob(0, 0))]).toEqual([1, 2]);
  });

  test("a fork's own V1 type number gives no name", async () => {
    const file = wire.bytes(wire.net.layers, [
      ...wire.bytes(wire.v1Layer.name, 'x'),
      ...wire.int(wire.v1Layer.type, 1000),
    ]);
    expect((await CaffemodelReader.open(Uint8Array.from(file))).layers).toEqual([{ name: 'x', type: '', blobs: [] }]);
  });

  test("a fork's fields are kept, in groups and beyond a window too", async () => {
    const large = new Array<number>(100_000).fill(7);
    const layer = [
      ...wire.bytes(wire.layer.name, 'x'),
      ...wire.bytes(500, large),
      ...wire.group(501, wire.bytes(1, large)),
    ];
    const file = Uint8Array.from([...wire.bytes(wire.net.layer, layer), ...wire.group(9, wire.int(1, 2))]);
    const reader = await CaffemodelReader.open(file);
    expect(encodeNet(reader.net)).toEqual(file);
    expect((reader.net.layer![0] as WithUnknownFields)[UNKNOWN_FIELDS]).toHaveLength(2);
  });

  test("a vendor's schema, whose layers are known then", async () => {
    const schema = Schema.parse(
      readFileSync(new URL('../../caffe.proto', import.meta.url), 'utf8').replace(
        'message LayerParameter {',
        'message MoveParameter { optional int32 by = 1; }\nmessage LayerParameter {\n  optional MoveParameter move_param = 500;',
      ),
    );
    const net = { layer: [{ name: 's', type: 'Move', move_param: { by: 3 } }] };
    const blobs = [{ shape: [1], read: () => Float32Array.of(7) }];
    const sink = toBytes();
    await writeCaffemodel(sink, net, [{ blobs }], { schema });
    const reader = await CaffemodelReader.open(sink.bytes(), { schema });
    expect(reader.net).toEqual({ layer: [{ ...net.layer[0], blobs: [{ shape: { dim: [1] } }] }] });
    expect(await reader.readBlob(0, 0)).toEqual(Float32Array.of(7));
    expect(encodeNet(decodeNet(sink.bytes()))).toEqual(sink.bytes());
  });

  test('close closes the source', async () => {
    let closed = 0;
    const close = (): Promise<void> => {
      closed++;
      return Promise.resolve();
    };
    const source = { ...fromBytes(encodeNet({ name: 'n' })), close };
    await (await CaffemodelReader.open(source)).close();
    expect(closed).toBe(1);
  });
});

describe('reading is refused', () => {
  const named = (bytes: Uint8Array): RandomAccess => fromBytes(bytes, 'x.caffemodel');

  test('an empty file', async () => {
    expect(await refusal(() => CaffemodelReader.open(named(new Uint8Array())))).toBe(
      'x.caffemodel: not a caffemodel: the file is empty',
    );
  });

  test("more than protobuf's 2 GiB", async () => {
    const source: RandomAccess = { ...fromBytes(new Uint8Array()), size: 2 ** 31, name: 'x.caffemodel' };
    expect(await refusal(() => CaffemodelReader.open(source))).toBe(
      'x.caffemodel: the file has 2147483648 bytes; protobuf, and so Caffe, reads at most 2147483647\n' +
        'hint: save it again with layers that share weights (param { name }) stored once',
    );
  });

  test('a million empty blobs or layers, which take hundreds of bytes each in memory', async () => {
    const most = 131072 + 62500;
    const words = `more than ${most} messages and unknown fields in 2000000 bytes: no net has so many`;
    const blobs = new Uint8Array(2_000_000).fill(0);
    const header = [0xa2, 0x06, ...wire.varint(blobs.length - 5)];
    expect(header).toHaveLength(5);
    blobs.set(header);
    for (let i = 5; i < blobs.length - 1; i += 2) blobs[i] = 0x3a;
    expect(await refusal(() => CaffemodelReader.open(named(blobs)))).toContain(words);
    const empty = Uint8Array.from({ length: 1_999_998 }, (_, i) => [0xa2, 0x06, 0][i % 3]!);
    expect(await refusal(() => CaffemodelReader.open(named(empty)))).toContain(
      'messages and unknown fields in 1999998 bytes',
    );
  });

  test('a blob that is cut off, by the name of its layer', async () => {
    const whole = withBlob(wire.bytes(wire.blob.data, wire.floats([1, 2, 3])), wire.shape(3));
    expect(await refusal(() => CaffemodelReader.open(named(whole.subarray(0, whole.length - 6))))).toBe(
      "x.caffemodel: layer 'c' (Convolution): not a binary NetParameter: layer[0].blobs[0].data, byte 22: truncated: " +
        '12 bytes announced, 11 left\nhint: the file is incomplete: copy or download it again',
    );
  });

  test('a layer that is cut off between its fields', async () => {
    const whole = withBlob(wire.bytes(wire.blob.data, wire.floats([1, 2, 3])), wire.shape(3));
    // After the name and the type: 3 bytes of header, 3 and 13 of these.
    expect(await refusal(() => CaffemodelReader.open(named(whole.subarray(0, 19))))).toBe(
      "x.caffemodel: layer 'c' (Convolution): not a binary NetParameter: layer[0], byte 3: truncated: " +
        '37 bytes announced, 16 left\nhint: the file is incomplete: copy or download it again',
    );
  });

  test('bytes outside the blobs that are no message, at their place in the file', async () => {
    // The parameter's own field is read when the values are left out; its place is counted with them.
    const file = withBlob(wire.bytes(wire.blob.data, new Array<number>(400).fill(0)), wire.shape(100));
    const bad = wire.bytes(wire.net.layer, [...wire.bytes(wire.layer.name, 'd'), ...wire.bytes(106, [0x20])]);
    expect(await refusal(() => CaffemodelReader.open(Uint8Array.from([...file, ...bad])))).toBe(
      `layer 'd': not a binary NetParameter: layer[1].convolution_param.kernel_size, byte ${file.length + 9 + 1}: truncated: ` +
        'a varint does not end\nhint: the file is incomplete: copy or download it again',
    );
  });

  test('a message of another kind, whose fields are all unknown', async () => {
    const other = Uint8Array.from([...wire.int(20, 8), ...wire.bytes(30, 'pytorch')]);
    expect(await refusal(() => CaffemodelReader.open(named(other)))).toBe(
      'x.caffemodel: not a caffemodel: it has no layers, and fields that no NetParameter has: 20 and 30',
    );
  });

  test('V1 and V2 layers together', async () => {
    const both = encodeNet({ layer: [{ name: 'a' }], layers: [{ name: 'b' }, { name: 'c' }] });
    expect(await refusal(() => CaffemodelReader.open(named(both)))).toBe(
      "x.caffemodel: Refusing to upgrade inconsistent NetParameter input; the definition includes both 'layer' and " +
        '\'layers\' fields: 1 and 2\nhint: write every layer as layer { type: "Name" … }, none as layers { type: NAME … }',
    );
  });

  test('half-precision values of NVIDIA Caffe, in raw_data, are read where there are no others', async () => {
    const halves = wire.bytes(12, [0x00, 0x3c, 0x00, 0xc1, 0xff, 0x7b]);
    const reader = await CaffemodelReader.open(named(withBlob(wire.shape(3), wire.int(10, 2), halves)));
    expect(reader.layers[0]!.blobs[0]).toMatchObject({ dtype: 'float16', count: 3, stored: 3 });
    expect(await reader.readBlob(0, 0)).toEqual(Float32Array.of(1, -2.5, 65504));
    const floats = wire.bytes(wire.blob.data, wire.floats([1, 2, 3]));
    const both = await CaffemodelReader.open(named(withBlob(wire.shape(3), halves, floats)));
    expect(await both.readBlob(0, 0)).toEqual(Float32Array.of(1, 2, 3));
  });

  const wrong: [what: string, fields: number[][], message: string][] = [
    ['values that are missing', [wire.shape(2, 3)], 'the shape 2x3 has 6 values, the data is missing'],
    [
      'too few values',
      [wire.bytes(wire.blob.data, wire.floats([1, 2])), wire.shape(3)],
      'the shape 3 has 3 values, the data has 2',
    ],
    [
      'too many values',
      [wire.bytes(wire.blob.data, wire.floats([1, 2])), wire.shape()],
      'the shape () has 1 values, the data has 2',
    ],
    [
      "another fork's values",
      [wire.shape(3), wire.bytes(20, [1, 2, 3])],
      "the shape 3 has 3 values, the data is missing; the blob has field 20, which BVLC's BlobProto does not\n" +
        'hint: save the model as float32 with the Caffe fork that wrote it',
    ],
  ];
  test.each(wrong)('%s', async (_what, fields, message) => {
    const reader = await CaffemodelReader.open(named(withBlob(...fields)));
    expect(await refusal(() => reader.readBlob(0, 0))).toBe(
      `x.caffemodel: layer 'c' (Convolution): blob 0 at byte 21: ${message}`,
    );
  });

  test('a shape that no blob has', async () => {
    expect(await refusal(() => CaffemodelReader.open(named(withBlob(wire.shape(2 ** 16, 2 ** 15)))))).toBe(
      "x.caffemodel: layer 'c' (Convolution): blob 0: blob size exceeds INT_MAX: the shape is 65536x32768",
    );
    const negative = withBlob(wire.bytes(wire.blob.shape, [0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]));
    expect(await refusal(() => CaffemodelReader.open(named(negative)))).toBe(
      "x.caffemodel: layer 'c' (Convolution): blob 0: a blob cannot have the shape -1",
    );
  });

  test('layers and blobs that are not there, and room of another size', async () => {
    const reader = await CaffemodelReader.open(named(withBlob(wire.bytes(wire.blob.data, wire.floats([1])))));
    expect(await refusal(() => reader.readBlob(1, 0))).toBe('x.caffemodel: there is no layer 1: the file has 1');
    expect(await refusal(() => reader.readBlob(0, 1))).toBe(
      "x.caffemodel: layer 'c' (Convolution): there is no blob 1: the layer has 1 in the file",
    );
    expect(await refusal(() => reader.readBlob(0, 0, new Float32Array(2)))).toBe(
      "x.caffemodel: layer 'c' (Convolution): blob 0 at byte 21: the shape () has 1 values, there is room for 2",
    );
  });

  test('every prefix of a caffemodel is refused, or is itself a complete, shorter file', async () => {
    const whole = read('nets/phases_and_stages/weights.caffemodel');
    let complete = 0;
    for (let length = 1; length < whole.length; length++) {
      const prefix = whole.subarray(0, length);
      try {
        const reader = await CaffemodelReader.open(prefix);
        for (const [i, { blobs }] of reader.layers.entries()) for (const j of blobs.keys()) await reader.readBlob(i, j);
        expect(encodeNet(decodeNet(prefix))).toEqual(prefix);
        complete++;
      } catch (error) {
        if (!(error instanceof NetspecError)) throw error;
      }
    }
    // The name, and the name with any number of layers but all.
    expect(complete).toBe(decodeNet(whole).layer!.length);
  });

  test('the reader takes what the decoder takes, and finds the same values', async () => {
    const whole = read('nets/phases_and_stages/weights.caffemodel');
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.constantFrom('set', 'insert', 'delete'));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const bytes = [...whole];
        for (const [at, value, how] of edits)
          bytes.splice(at, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [value]));
        const file = Uint8Array.from(bytes);
        let net: NetParameter | undefined;
        try {
          net = decodeNet(file);
        } catch (error) {
          expect(error).toBeInstanceOf(NetspecError);
        }
        let reader: CaffemodelReader;
        try {
          reader = await CaffemodelReader.open(file);
        } catch (error) {
          expect(error).toBeInstanceOf(NetspecError);
          // Beyond the wire format, the reader refuses mixed layers, none at all, and impossible shapes.
          if (net) expect((error as Error).message).toMatch(/inconsistent|INT_MAX|cannot have the shape|no layers/);
          return;
        }
        expect(net).toBeDefined();
        for (const [i, { blobs }] of reader.layers.entries())
          for (const j of blobs.keys()) {
            const whole =
              net!.layer?.[i]?.blobs?.[j] ?? net!.layers?.[i]?.layer?.blobs?.[j] ?? net!.layers![i]!.blobs![j]!;
            let expected: Float32Array | undefined;
            try {
              expected = floatsOfBlob(whole);
            } catch (error) {
              expect(error).toBeInstanceOf(NetspecError);
            }
            if (expected) expect(await reader.readBlob(i, j)).toEqual(expected);
            else await refusal(() => reader.readBlob(i, j));
          }
      }),
      { numRuns: 200 },
    );
  });
});

describe('writing', () => {
  const net: NetParameter = {
    name: 'n',
    layer: [
      { name: 'data', type: 'Input' },
      { name: 'c', type: 'Convolution', convolution_param: { num_output: 2 } },
    ],
  };
  const [weights, bias] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6)];
  const sources = (first: BlobSource['read'] = () => weights): LayerBlobs[] => [
    {},
    {
      blobs: [
        { shape: [2, 2], read: first },
        { shape: [2], read: () => bias },
      ],
    },
  ];
  const whole = encodeNet({
    ...net,
    layer: [
      net.layer![0]!,
      {
        ...net.layer![1]!,
        blobs: [
          { data: weights, shape: { dim: [2, 2] } },
          { data: bias, shape: { dim: [2] } },
        ],
      },
    ],
  });

  test('streams what encodeNet gives of the whole message', async () => {
    expect(await written(net, sources())).toEqual(whole);
  });

  test('values come in one piece, in a promise, or in pieces of any length', async () => {
    expect(
      await written(
        net,
        sources(() => Promise.resolve(weights)),
      ),
    ).toEqual(whole);
    expect(
      await written(
        net,
        sources(() => [weights.subarray(0, 1), new Float32Array(), weights.subarray(1)]),
      ),
    ).toEqual(whole);
    async function* pieces(): AsyncGenerator<Float32Array> {
      for (const value of weights) yield Promise.resolve(Float32Array.of(value));
    }
    expect(await written(net, sources(pieces))).toEqual(whole);
  });

  test('values from shared memory', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set(weights);
    expect(
      await written(
        net,
        sources(() => shared),
      ),
    ).toEqual(whole);
  });

  test('a scalar has no shape, an empty blob no values', async () => {
    const layers = [
      {},
      {
        blobs: [
          { shape: [], read: () => Float32Array.of(1) },
          { shape: [0, 2], read: () => new Float32Array() },
        ],
      },
    ];
    expect(decodeNet(await written(net, layers)).layer![1]!.blobs).toEqual([
      { data: Float32Array.of(1) },
      { shape: { dim: [0, 2] } },
    ]);
  });

  test('sources are read in file order, each when all before it is written', async () => {
    const sink = toBytes();
    const lengths: number[] = [];
    const note = (values: Float32Array) => () => {
      lengths.push(sink.bytes().length);
      return values;
    };
    const blobs = [
      { shape: [2, 2], read: note(weights) },
      { shape: [2], read: note(bias) },
    ];
    await writeCaffemodel(sink, net, [{}, { blobs }]);
    const at = (values: Float32Array): number => Buffer.from(whole).indexOf(Buffer.from(values.buffer));
    expect(lengths).toEqual([at(weights), at(bias)]);
  });

  describe('at places', () => {
    const twice = (key?: string): BlobSource[] => [
      { shape: [2, 2], key, read: () => [weights.subarray(0, 3), weights.subarray(3)] },
      { shape: [2], read: () => bias },
      { shape: [4], key, read: () => weights },
      { shape: [2], key, read: () => bias },
    ];
    const netOf = (blobs: BlobSource[]): [NetParameter, LayerBlobs[]] => [net, [{}, { blobs }]];

    test('the same bytes as in order', async () => {
      const sink = placingSink();
      expect(await writeCaffemodel(sink, net, sources())).toBe(whole.length);
      expect(sink.bytes()).toEqual(whole);
      const repeated = placingSink();
      await writeCaffemodel(repeated, ...netOf(twice('w')));
      expect(repeated.bytes()).toEqual(await written(...netOf(twice())));
    });

    test('blobs of one key and length are read once, when the first has its turn', async () => {
      const asked: number[] = [];
      const blobs = twice('w').map((blob, i) => ({
        ...blob,
        read: () => {
          asked.push(i);
          return blob.read();
        },
      }));
      const sink = placingSink();
      await writeCaffemodel(sink, ...netOf(blobs));
      expect(asked).toEqual([0, 1, 3]);
      // Piece by piece: the first of the weights' two pieces has both its places before the second has one.
      const bytes = Buffer.from(sink.bytes());
      const first = bytes.indexOf(Buffer.from(weights.buffer));
      const again = bytes.lastIndexOf(Buffer.from(weights.buffer));
      const at = sink.positions.indexOf(first);
      expect(sink.positions.slice(at, at + 4)).toEqual([first, again, first + 12, again + 12]);
    });

    test('in order, each is asked, whatever its key', async () => {
      let asked = 0;
      const blobs = twice('w').map((blob) => ({
        ...blob,
        read: () => {
          asked++;
          return blob.read();
        },
      }));
      expect(await written(...netOf(blobs))).toEqual(await written(...netOf(twice())));
      expect(asked).toBe(4);
    });

    test('what a source gives too little of is refused', async () => {
      const blobs = [{ shape: [2, 2], read: () => [bias] }];
      expect(await refusal(() => writeCaffemodel(placingSink(), ...netOf(blobs)))).toBe(
        "layer 'c' (Convolution): blob 0: the shape 2x2 has 4 values, its source gave 2",
      );
    });

    test('progress counts the bytes of all places', async () => {
      for (const [sink, expected] of [
        [toBytes(), [12, 16, 24, 40, 48]],
        [placingSink(), [24, 32, 40, 48]],
      ] as const) {
        const seen: [number, string][] = [];
        await writeCaffemodel(sink, ...netOf(twice('w')), { onProgress: (...of) => seen.push(of) });
        expect(seen).toEqual(expected.map((bytes) => [bytes, 'c']));
      }
    });
  });

  describe('is refused', () => {
    const untouched = { write: () => Promise.reject(new Error('something was written')) };

    test("a file beyond protobuf's 2 GiB, before anything is written", async () => {
      const blobs = Array.from({ length: 2 }, () => ({ shape: [2 ** 14, 2 ** 14], read: () => weights }));
      // The values; per blob 10 bytes of shape, 6 of headers for the data and 6 for itself; 47 for the rest of the net.
      const size = 2 ** 31 + 2 * 22 + 47;
      expect(await refusal(() => writeCaffemodel(untouched, net, [{}, { blobs }]))).toBe(
        `NetParameter would take ${size} bytes; protobuf, and so Caffe, holds at most 2147483647\n` +
          'hint: store weights that several layers share once, by a name of the parameter',
      );
    });

    test.each<[string, NetParameter, LayerBlobs[], string]>([
      ['blobs for another number of layers', net, [], 'the net has 2 layers, blobs are given for 0'],
      [
        'a shape that no blob has',
        net,
        [{}, { blobs: [{ shape: [2.5], read: () => weights }] }],
        "layer 'c' (Convolution): blob 0: a blob cannot have the shape 2.5",
      ],
      [
        'a net that holds blobs itself',
        { layer: [{ name: 'c', blobs: [{}] }] },
        [{}],
        "layer 'c': the message already holds 1 blobs",
      ],
      [
        'a V1 net',
        { layers: [{}] },
        [],
        "a caffemodel is written in today's format; the net has 1 V1 layers\nhint: pass the net through upgradeNet",
      ],
      [
        'a value that does not fit',
        { layer: [{ name: 'c', type: 'Convolution', convolution_param: { num_output: -1 } }] },
        [{}],
        "layer 'c' (Convolution): convolution_param.num_output: expected a whole number 0 … 4294967295, got -1",
      ],
    ])('%s', async (_what, message, layers, expected) => {
      expect(await refusal(() => writeCaffemodel(untouched, message, layers))).toBe(expected);
    });

    test('a source that gives fewer values or more', async () => {
      const few = sources(() => weights.subarray(1));
      expect(await refusal(() => writeCaffemodel(toBytes(), net, few))).toBe(
        "layer 'c' (Convolution): blob 0: the shape 2x2 has 4 values, its source gave 3",
      );
      const many = sources(() => new Float32Array(5));
      expect(await refusal(() => writeCaffemodel(toBytes(), net, many))).toBe(
        "layer 'c' (Convolution): blob 0: the shape 2x2 has 4 values, its source gave 5",
      );
      const pieces = sources(() => [weights, weights]);
      expect(await refusal(() => writeCaffemodel(toBytes(), net, pieces))).toBe(
        "layer 'c' (Convolution): blob 0: the shape 2x2 has 4 values, its source gave more",
      );
    });

    test("a source's own error passes through", async () => {
      const failing = sources(() => Promise.reject(new NetspecError('no such array')));
      expect(await refusal(() => writeCaffemodel(toBytes(), net, failing))).toBe('no such array');
    });
  });

  describe('messages of blobs', () => {
    /** A field 12 of half-precision values, longer than what is copied at a time. */
    const halves = Uint8Array.from({ length: 5 * 2 ** 20 }, (_, i) => i % 251);
    const field12 = Uint8Array.from([98, ...wire.varint(halves.length), ...halves]);
    const forkBlob: BlobProto & WithUnknownFields = { shape: { dim: [3] }, [UNKNOWN_FIELDS]: [field12] };
    const file = encodeNet({
      name: 'n',
      layer: [{ name: 'c', type: 'Convolution', blobs: [forkBlob, { data: [1.5], diff: [2] }] }, { name: 'r' }],
    });

    test('are copied as they stand, in pieces, beside blobs that are computed', async () => {
      const reader = await CaffemodelReader.open(file);
      const layers = reader.net.layer!.map(({ blobs }) => ({ blobs: blobs?.map((blob) => reader.messageOf(blob)) }));
      const net = { ...reader.net, layer: reader.net.layer!.map((each) => ({ ...each, blobs: undefined })) };
      expect(Buffer.compare(await written(net, layers), file)).toBe(0);

      const [{ blobs }] = layers as [{ blobs: BlobMessage[] }, unknown];
      const mixed = await written(net, [{ blobs: [blobs[0]!, { shape: [], read: () => Float32Array.of(7) }] }, {}]);
      expect(decodeNet(mixed).layer![0]!.blobs).toEqual([forkBlob, { data: Float32Array.of(7) }]);
    });

    test('are only those of the file', async () => {
      const reader = await CaffemodelReader.open(fromBytes(file, 'a.caffemodel'));
      expect(await refusal(() => reader.messageOf({}))).toBe('a.caffemodel: the blob is none of this file');
    });

    test('that are shorter than announced are refused', async () => {
      const short: BlobMessage = { byteLength: 3, readMessage: () => one(Uint8Array.of(1)) };
      expect(await refusal(() => writeCaffemodel(toBytes(), { layer: [{ name: 'c' }] }, [{ blobs: [short] }]))).toBe(
        "layer 'c': blob 0: 3 bytes announced, its source gave 1",
      );
    });
  });
});

async function* one<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}
