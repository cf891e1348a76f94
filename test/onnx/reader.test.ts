/** Reading models: every way of storing values, external data, and files that are cut off or damaged. */
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { readModel } from '../../src/onnx/reader/read-model.js';
import { importOnnx } from '../../src/onnx/index.js';
import { bytes, doubles, floats, int, varint } from '../proto/wire-bytes.js';
import { damageModel, MODELS } from '../support/fuzz-onnx.js';
import { encodeTensor, onnxModel } from '../support/onnx-model.js';

/** A model of one Identity over a tensor, and the tensor's values as they are read. */
async function valuesOf(
  tensor: number[],
  openBeside?: (path: string) => Promise<ReturnType<typeof fromBytes>>,
): Promise<number[]> {
  const node = [...bytes(1, 't'), ...bytes(2, 'y'), ...bytes(4, 'Identity')];
  const graph = [...bytes(1, node), ...bytes(5, [...tensor, ...bytes(8, 't')]), ...bytes(12, bytes(1, 'y'))];
  const model = await readModel(fromBytes(Uint8Array.from([...int(1, 8), ...bytes(7, graph)]), 'm.onnx'), {
    openBeside,
  });
  return [...model.graph.initializers.get('t')!.values!.data];
}

const dims = (...values: number[]): number[] =>
  bytes(
    1,
    values.flatMap((value) => varint(value)),
  );
const external = (fields: Record<string, string>): number[] => [
  ...Object.entries(fields).flatMap(([key, value]) => bytes(13, [...bytes(1, key), ...bytes(2, value)])),
  ...int(14, 1),
];

async function messageOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(NetspecError);
    return (error as Error).message;
  }
  throw new Error('expected an error');
}

describe('values of a tensor', () => {
  test.each([
    ['float_data, packed', [...dims(2), ...int(2, 1), ...bytes(4, floats([1.5, -2]))], [1.5, -2]],
    [
      'float_data, each by itself',
      [...dims(2), ...int(2, 1), ...varint(4 * 8 + 5), ...floats([1.5]), ...varint(4 * 8 + 5), ...floats([-2])],
      [1.5, -2],
    ],
    ['double_data', [...dims(2), ...int(2, 11), ...bytes(10, doubles([1.5, -2]))], [1.5, -2]],
    [
      'int64_data',
      [...dims(2), ...int(2, 7), ...bytes(7, [...varint(5), 255, 255, 255, 255, 255, 255, 255, 255, 255, 1])],
      [5, -1],
    ],
    [
      'float16 in int32_data',
      [...dims(2), ...int(2, 10), ...bytes(5, [...varint(0x3c00), ...varint(0xc000)])],
      [1, -2],
    ],
    ['float16 in raw_data', encodeTensor({ shape: [2], data: [0x3c00, 0xc000], type: 'float16' }), [1, -2]],
    ['bfloat16 in raw_data', [...dims(2), ...int(2, 16), ...bytes(9, [0x80, 0x3f, 0x00, 0xc0])], [1, -2]],
    ['bool in raw_data', [...dims(2), ...int(2, 9), ...bytes(9, [0, 7])], [0, 1]],
    ['a scalar', [...int(2, 1), ...bytes(9, floats([3]))], [3]],
    ['nothing', [...dims(0), ...int(2, 1)], []],
  ] as const)('%s', async (_, tensor, expected) => {
    expect(await valuesOf([...tensor])).toEqual([...expected]);
  });

  test('large ones are read from their place in the file', async () => {
    const data = Array.from({ length: 5000 }, (_, i) => Math.fround(Math.sin(i)));
    expect(await valuesOf([...dims(5000), ...int(2, 1), ...bytes(9, floats(data))])).toEqual(data);
    expect(await valuesOf([...dims(5000), ...int(2, 1), ...bytes(4, floats(data))])).toEqual(data);
  });

  test.each([
    [
      [...dims(3), ...int(2, 1), ...bytes(9, floats([1, 2]))],
      "m.onnx: the tensor 't' has the shape 3 of 3 values, the file has 2 of them",
    ],
    [
      [...dims(2000000000), ...int(2, 1), ...bytes(4, floats([1]))],
      "m.onnx: the tensor 't' has the shape 2000000000 of 2000000000 values, the file has another number of them",
    ],
    [
      [...dims(99999999, 99999999), ...int(2, 1)],
      "m.onnx: the tensor 't' has 9999999800000000 values, more than 2147483648",
    ],
  ])('are refused where they do not fit the shape', async (tensor, message) => {
    expect(await messageOf(valuesOf(tensor))).toBe(message);
  });
});

describe('external data', () => {
  const tensor = (fields: Record<string, string>): number[] => [...dims(2), ...int(2, 1), ...external(fields)];
  const open = (path: string): Promise<ReturnType<typeof fromBytes>> =>
    path === 'sub/w.bin'
      ? Promise.resolve(fromBytes(Uint8Array.from(floats([9, 1.5, -2]))))
      : Promise.reject(new NetspecError('no such file', { file: path }));

  test('is read from a file in the folder', async () => {
    expect(await valuesOf(tensor({ location: './sub/w.bin', offset: '4', length: '8' }), open)).toEqual([1.5, -2]);
  });

  test.each(['../w.bin', '/etc/passwd', 'a/../../w.bin', 'C:\\w.bin', '..\\w.bin', ''])(
    'does not leave the folder: %s',
    async (location) => {
      expect(await messageOf(valuesOf(tensor({ location }), open))).toContain("which is no file in the model's folder");
    },
  );

  test('is named where it is missing, and where it is too short', async () => {
    expect(await messageOf(valuesOf(tensor({ location: 'w2.bin' }), open))).toContain(
      "the tensor 't' is in the file 'w2.bin', which cannot be read: no such file",
    );
    expect(await messageOf(valuesOf(tensor({ location: 'sub/w.bin', offset: '8' }), open))).toContain(
      'from byte 8 to 16; the file has 12',
    );
    expect(await messageOf(valuesOf(tensor({ location: 'w.bin' })))).toContain(
      "is in the file 'w.bin', which is not at hand",
    );
  });
});

describe('files that are none', () => {
  test('are refused in words', async () => {
    expect(await messageOf(importOnnx(new Uint8Array(0)))).toBe('not an ONNX model: the file is empty');
    expect(await messageOf(importOnnx(new TextEncoder().encode('<html></html>')))).toMatch(/^not an ONNX model: /);
    expect(await messageOf(importOnnx(Uint8Array.of(8, 8)))).toBe('not an ONNX model: byte 2: the model has no graph');
  });

  test('every beginning of a model is read or refused in words', async () => {
    const whole = onnxModel(MODELS[0]!);
    for (let length = 0; length < whole.length; length++) await damageModel(whole.subarray(0, length));
  });

  test('damaged models are read or refused in words, with no more memory than they are worth', async () => {
    const { fuzzModels } = await import('../support/fuzz-onnx.js');
    const outcome = await fuzzModels(300, 1);
    expect(outcome.refused).toBeGreaterThan(100);
  });
});
