/** Damaged and hostile files of weights: refused in words, and never with more memory than they are worth. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ZipFile } from 'yazl';
import { NetspecError } from '../../src/errors.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { WEIGHT_EXTENSIONS, WEIGHT_FORMATS } from '../../src/weights/formats/index.js';
import { openWeightFile, type WeightSource } from '../../src/weights/index.js';
import { fuzz, readDamaged } from '../support/fuzz-weights.js';
import * as wire from '../proto/wire-bytes.js';
import {
  FALSE,
  call,
  dict,
  global,
  instance,
  list,
  num,
  pickleOf,
  recall,
  remember,
  str,
  tensor,
  tuple,
  type Piece,
} from '../support/pickle-bytes.js';
import { packSmallModel } from '../support/small-model.js';
import { weightFile } from '../support/weight-files.js';
import { zipOf } from '../support/zip-bytes.js';

const checkpoint = (name: string) => new Uint8Array(readFileSync(weightFile(name)));
const open = (bytes: Uint8Array) => openWeightFile(fromBytes(bytes, 'x'));

/** Packs all of a model from `bytes`; what it says when that is refused. */
async function refusalOfPack(pack: () => Promise<unknown>): Promise<string> {
  try {
    await pack();
  } catch (error) {
    if (error instanceof NetspecError) return error.message;
    throw error;
  }
  return '';
}

describe('every prefix of a file is refused', () => {
  const packs = async (bytes: Uint8Array): Promise<unknown> => packSmallModel(await open(bytes));
  const files: [
    name: string,
    make: () => Promise<Uint8Array> | Uint8Array,
    pack: (b: Uint8Array) => Promise<unknown>,
  ][] = [
    ['.pth', () => checkpoint('state_dict.pth'), packs],
    ['.pth, legacy', () => checkpoint('training_legacy.pth'), packs],
    ['.npz', () => checkpoint('small.npz'), packs],
    ['.npz, compressed', () => checkpoint('small_compressed.npz'), packs],
    ['.safetensors', () => checkpoint('small.safetensors'), packs],
    ['.caffemodel', async () => packSmallModel(await open(checkpoint('small.safetensors'))), packs],
    ['.npy', () => checkpoint('fc.weight.npy'), async (bytes) => (await open(bytes)).read('x')],
  ];
  test.each(files)('%s', async (_name, make, pack) => {
    const whole = await make();
    expect(await refusalOfPack(() => pack(whole))).toBe('');
    for (let length = 0; length < whole.length; length++) {
      const message = await refusalOfPack(() => pack(whole.slice(0, length)));
      if (message === '' || /undefined|NaN/.test(message)) throw new Error(`${length} bytes: '${message}'`);
    }
  });
});

describe('damaged files are read or refused, within their size in memory', () => {
  // npm run fuzz does the same with 50,000 files of each format.
  test.each(WEIGHT_FORMATS.map(({ name }) => name))('%s', async (format) => {
    const { read, refused } = await fuzz(format, 300, 1);
    expect(read + refused).toBe(300);
    // Some damage hits values only, and some does not: both must be tried.
    expect(Math.min(read, refused)).toBeGreaterThan(0);
  });
});

/** A file's problems: those of opening it, and those of its tensors. */
async function problems(bytes: Uint8Array): Promise<string[]> {
  let source: WeightSource;
  try {
    source = await open(bytes);
  } catch (error) {
    return [(error as NetspecError).message];
  }
  return source.list().flatMap(({ problem }) => (problem ? [problem.message] : []));
}

/** A checkpoint whose storages '0' has four values. */
const checkpointOf = (value: Piece) =>
  zipOf(
    { name: 'x/data.pkl', data: pickleOf(value) },
    { name: 'x/data/0', data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) },
  );
const refusedCall = (name: string) =>
  `x: its pickle calls ${name}, which weights do not need: refused, nothing was executed\n` +
  'hint: if you trust the file, load it in Python and save the weights alone: torch.save(model.state_dict(), file)';

describe('pickles', () => {
  test.each([
    ['os.system', call(global('posix', 'system'), str('true'))],
    ['os.system', call(global('nt', 'system'), str('true'))],
    ['builtins.eval', call(global('builtins', 'eval'), str('1'))],
    ['subprocess.Popen', call(global('subprocess', 'Popen'), str('true'))],
    ['builtins.getattr', call(global('builtins', 'getattr'), str('a'), str('b'))],
    ['torch.storage._load_from_bytes', call(global('torch.storage', '_load_from_bytes'), str('a'))],
    [
      'os.system',
      call(
        global('torch._tensor', '_rebuild_from_type_v2'),
        global('posix', 'system'),
        FALSE,
        tuple(str('true')),
        FALSE,
      ),
    ],
  ])('that call %s are refused', async (name, piece) => {
    const value = dict({ weight: tensor('0', 4, [4], [1]), extra: piece });
    expect(await problems(checkpointOf(value))).toEqual([refusedCall(name)]);
    expect(await problems(pickleOf(value))).toEqual([refusedCall(name)]);
  });

  test('may name what they do not call, and hold objects that are not needed', async () => {
    const value = dict({
      weight: tensor('0', 4, [4], [1]),
      type: global('os', 'system'),
      args: instance(global('some.module', 'Settings'), dict({ lr: num(1) })),
    });
    const source = await open(checkpointOf(value));
    expect((await source.read('weight')).data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(source.list()).toHaveLength(1);
  });

  test.each<[what: string, value: Piece, message: string]>([
    [
      'a tensor of 2^60 elements',
      dict({ a: tensor('0', 2 ** 60, [2 ** 60], [1]) }),
      'x: malformed checkpoint: the size of a storage is no count',
    ],
    [
      'a tensor larger than its storage',
      dict({ a: tensor('0', 4, [2 ** 40], [1]) }),
      'x: truncated: (1099511627776) of float32 ends at byte 4398046511104, there are 16',
    ],
    [
      'a tensor that begins behind its storage',
      dict({ a: tensor('0', 4, [1], [1], 4) }),
      'x: truncated: (1) of float32 ends at byte 20, there are 16',
    ],
    [
      'a value repeated to a terabyte',
      dict({ a: tensor('0', 4, [2 ** 38], [0]) }),
      'x: (274877906944) of float32 repeats 1 stored values to 274877906944: too many to be taken out of the file',
    ],
    [
      'a tensor without its storage',
      dict({ a: tensor('7', 4, [4], [1]) }),
      "x: its values are missing: there is no storage '7'",
    ],
    [
      'a negative stride',
      dict({ a: tensor('0', 4, [4], [-1]) }),
      'x: malformed checkpoint: the strides of a tensor is no count',
    ],
    [
      'shape and strides of two lengths',
      dict({ a: tensor('0', 4, [4], []) }),
      'x: malformed checkpoint: a tensor has another number of strides than of dimensions',
    ],
    ['no tensors', dict({ a: num(1) }), 'x: the checkpoint has no tensors'],
    [
      'a list that holds itself',
      [0x5d, ...remember(0), ...recall(0), 0x61],
      'x: the checkpoint nests its values more than 100 deep',
    ],
  ])('with %s are refused', async (_what, value, message) => {
    expect(await problems(checkpointOf(value))).toEqual([message]);
  });

  test('that double a value thirty times over are refused', async () => {
    let value: Piece = [...tensor('0', 4, [4], [1]), ...remember(0)];
    for (let i = 1; i <= 30; i++) value = [...value, 0x30, ...list(recall(i - 1), recall(i - 1)), ...remember(i)];
    expect(await problems(checkpointOf(value))).toEqual([
      'x: the checkpoint repeats the same values again and again: refused',
    ]);
  });

  test.each<[what: string, bytes: number[], message: string]>([
    ['an unknown instruction', [0x80, 2, 0x01, 0x2e], 'x: malformed pickle: it has no instruction 0x01 (byte 2)'],
    ['a later protocol', [0x80, 9, 0x2e], 'x: malformed pickle: its protocol is newer than 5 (byte 0)'],
    ['nothing on the stack', [0x80, 2, 0x2e], 'x: malformed pickle: its stack is empty (byte 2)'],
    ['a mark that is missing', [0x80, 2, 0x74, 0x2e], 'x: malformed pickle: a mark is missing (byte 2)'],
    [
      'a value that was not stored',
      [0x80, 2, 0x68, 3, 0x2e],
      'x: malformed pickle: it recalls value 3, which it has not stored (byte 2)',
    ],
    [
      'a text beyond its end',
      [0x80, 2, 0x58, 255, 255, 255, 255, 0x2e],
      'x: truncated: the file ends within its pickles, at byte 8',
    ],
    [
      'ten thousand marks and more',
      [0x80, 2, ...new Array<number>(100_000).fill(0x28), 0x2e],
      'x: malformed pickle: more than 10000 marks are open (byte 10002)',
    ],
    [
      'more empty lists than its bytes are worth',
      [0x80, 2, ...new Array<number>(400_000).fill(0x5d), 0x2e],
      'x: malformed pickle: it has more than 312144 lists, dictionaries and other objects in 400003 bytes (byte 312146)',
    ],
  ])('with %s are refused', async (_what, bytes, message) => {
    expect(await problems(Uint8Array.from(bytes))).toEqual([message]);
  });
});

describe('zip archives', () => {
  const npy = checkpoint('fc.bias.npy');
  const deflated = new Uint8Array(deflateRawSync(npy));
  const whole = { name: 'a.npy', data: deflated, method: 8, size: npy.length, crc32: 0x1234 };

  test('with two entries that share their bytes, as zip bombs have', async () => {
    const shared = zipOf({ name: 'a.npy', data: npy }, { name: 'b.npy', data: npy, at: 0 });
    expect(await problems(shared)).toEqual(["x: the zip archive is a trap: its entries 'a.npy' and 'b.npy' overlap"]);
  });

  test('with an entry that announces what deflate cannot do', async () => {
    expect(await problems(zipOf({ ...whole, size: 2 ** 31 }))).toEqual([
      `x: zip entry 'a.npy': it announces 2147483648 bytes compressed to ${deflated.length}, more than deflate can`,
    ]);
  });

  test('with an entry that inflates to more than it announces', async () => {
    const bomb = new Uint8Array(deflateRawSync(Buffer.concat([npy, Buffer.alloc(2 ** 20)])));
    const source = await open(zipOf({ ...whole, data: bomb }));
    expect(await refusalOfPack(() => source.read('a'))).toBe(
      `x: zip entry 'a.npy': it inflates to more than the ${npy.length} bytes it announces`,
    );
  });

  test('with a wrong checksum, or damaged data', async () => {
    for (const data of [deflated, Uint8Array.from(deflated, () => 0x55)]) {
      const source = await open(zipOf({ ...whole, data }));
      expect(await refusalOfPack(() => source.read('a'))).toBe("x: zip entry 'a.npy': its compressed data are damaged");
    }
  });

  test('with a compressed array of 2^60 elements', async () => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${2n ** 60n},), }\n`;
    const head = Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
      Buffer.from(header),
    ]);
    const data = new Uint8Array(deflateRawSync(head));
    const message = 'malformed .npy header: no file holds an array of shape (1152921504606847000,)';
    expect(await problems(zipOf({ ...whole, data, size: head.length }))).toEqual([`x/a.npy: ${message}`]);
    expect(await problems(zipOf({ name: 'a.npy', data: head }))).toEqual([`x/a.npy: ${message}`]);
    expect(await problems(head)).toEqual([`x: ${message}`]);
  });

  test('encrypted, compressed otherwise, with a lying size, or one name twice', async () => {
    const entry = { name: 'a.npy', data: npy };
    expect(await problems(zipOf({ ...entry, flags: 1 }))).toEqual(["x: zip entry 'a.npy': it is encrypted"]);
    expect(await problems(zipOf({ ...entry, method: 14 }))).toEqual([
      "x: zip entry 'a.npy': it is compressed with method 14: expected stored or deflated entries",
    ]);
    expect(await problems(zipOf({ ...entry, size: 7 }))).toEqual([
      `x: zip entry 'a.npy': it is stored with ${npy.length} bytes and announces 7`,
    ]);
    expect(await problems(zipOf(entry, entry))).toEqual(["x: the zip archive has two entries 'a.npy'"]);
    expect(await problems(zipOf({ ...entry, name: 'readme.txt' }))).toEqual([
      "x: a zip archive with 'readme.txt': expected .npy files (.npz) or a data.pkl (a PyTorch checkpoint)",
    ]);
  });

  test('with a compressed storage', async () => {
    const pickle = { name: 'x/data.pkl', data: pickleOf(dict({ a: tensor('0', 4, [4], [1]) })) };
    const data = new Uint8Array(deflateRawSync(new Uint8Array(16)));
    expect(await problems(zipOf(pickle, { name: 'x/data/0', data, method: 8, size: 16 }))).toEqual([
      "x: zip entry 'x/data/0' is compressed, which PyTorch does not do\n" +
        'hint: unpack the archive and pack it again with zip -0, or save the checkpoint again with torch.save',
    ]);
  });

  test('of the zip64 kind are read', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(npy), 'a.npy', { compress: false, forceZip64Format: true });
    zip.addBuffer(Buffer.from(npy), 'b.npy', { compress: true, forceZip64Format: true });
    zip.end({ forceZip64Format: true, comment: 'zip64' });
    const source = await open(new Uint8Array(await buffer(zip.outputStream)));
    const expected = await (await open(npy)).read('x');
    for (const name of ['a', 'b']) expect((await source.read(name)).data).toEqual(expected.data);
  });
});

describe('safetensors', () => {
  const file = (header: unknown, bytes: number): Uint8Array => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return new Uint8Array(Buffer.concat([length, text, Buffer.alloc(bytes)]));
  };
  const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });

  test.each<[what: string, bytes: Uint8Array, message: string]>([
    [
      '2^60 elements',
      file({ a: entry('F32', [2 ** 60], 0, 16) }, 16),
      "malformed safetensors header: tensor 'a': expected a shape of whole numbers",
    ],
    [
      '2^50 elements',
      file({ a: entry('F32', [2 ** 25, 2 ** 25], 0, 2 ** 52) }, 16),
      "truncated: tensor 'a' ends at byte 4503599627370496 of the data, there are 16",
    ],
    [
      'a length that the shape has not',
      file({ a: entry('F32', [4], 0, 12) }, 12),
      "malformed safetensors header: tensor 'a': expected 16 bytes, which (4) of F32 takes, got 12",
    ],
    [
      'tensors that overlap',
      file({ a: entry('F32', [4], 0, 16), b: entry('F32', [4], 8, 24) }, 24),
      "malformed safetensors header: tensor 'b' begins at byte 8 of the data, the one before it ends at 16",
    ],
    ['bytes that belong to none', file({ a: entry('F32', [4], 0, 16) }, 17), '1 bytes too many after the last tensor'],
    ['no JSON', file('{"a": 1', 0), 'malformed safetensors header: it is no JSON'],
    [
      'an entry that is none',
      file({ a: 1 }, 0),
      "malformed safetensors header: tensor 'a': expected an object with dtype, shape and data_offsets",
    ],
  ])('with %s', async (_what, bytes, message) => {
    expect(await problems(bytes)).toEqual([`x: ${message}`]);
  });
});

describe('a file named .safetensors that is of no known kind', () => {
  const problemsOf = async (bytes: Uint8Array): Promise<string> => {
    try {
      await openWeightFile(fromBytes(bytes, 'm.safetensors'));
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const headed = (length: bigint, rest: string): Uint8Array => {
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(length);
    return new Uint8Array(Buffer.concat([start, Buffer.from(rest)]));
  };
  test.each<[what: string, bytes: Uint8Array, message: string]>([
    [
      'a header of 2^60 bytes',
      headed(2n ** 60n, '{"a":1}'),
      'not a safetensors file: it announces a header of 1152921504606847000 bytes, at most 100000000 are allowed',
    ],
    ['a header that is a list', headed(6n, '[1, 2]'), 'malformed safetensors header: expected an object'],
    ['five bytes', new Uint8Array([1, 2, 3, 4, 5]), "truncated: the header's length takes 8 bytes, the file has 5"],
    ['no bytes', new Uint8Array(0), 'the file is empty'],
    [
      'offsets of 2^60',
      headed(62n, '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,1e19]}}     '),
      "malformed safetensors header: tensor 'a': expected two data_offsets below 2^53, the first not behind the second",
    ],
  ])('%s', async (_what, bytes, message) => {
    expect(await problemsOf(bytes)).toBe(`m.safetensors: ${message}`);
  });
});

test('a caffemodel of 2^60 elements', async () => {
  // layer { name: "c" blobs { shape { dim: 2^60 } } }
  const dim = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
  const blob = wire.bytes(wire.layer.blobs, wire.bytes(wire.blob.shape, wire.bytes(1, dim)));
  const bytes = Uint8Array.from(wire.bytes(wire.net.layer, [...wire.bytes(wire.layer.name, 'c'), ...blob]));
  expect(await problems(bytes)).toEqual([
    "x: layer 'c': not a binary NetParameter: layer[0].blobs[0].shape.dim, byte 12: a 64-bit integer of " +
      `1152921504606847000 is beyond ±2^53\nhint: weights are read from ${WEIGHT_EXTENSIONS.join(', ')}`,
  ]);
});

test('the fuzzer notices memory that a file is not worth', async () => {
  const bytes = checkpointOf(dict({ a: tensor('0', 4, [1000], [0]) }));
  await expect(readDamaged(bytes, 3000)).rejects.toThrow(`allocated 4000 bytes for a file of ${bytes.length}`);
});
