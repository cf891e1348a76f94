/**
 * Every format through the one entry that users have. The checkpoints were written by PyTorch, numpy and
 * test/fixtures/weights/make.py, which says what is in them.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeFileAtomically } from '../../src/node/files.js';
import { openWeights } from '../../src/node/open-weights.js';
import { toBytes, type ByteSink } from '../../src/proto/random-access.js';
import { WEIGHT_EXTENSIONS } from '../../src/weights/formats/index.js';
import { writeNpz, type PackReport } from '../../src/weights/index.js';
import { fixture, temporaryFolder } from '../cli/support.js';
import { packSmallModel, packSmallModelTo } from '../support/small-model.js';
import { refusal } from '../support/refusal.js';
import { weightFile } from '../support/weight-files.js';

const checkpoint = weightFile;
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

/** All that a source holds: shape, element type, whether it can be streamed, and values. */
async function contents(file: string): Promise<Record<string, unknown[]>> {
  const source = await openWeights(file);
  const all: Record<string, unknown[]> = {};
  for (const { name, shape, dtype, problem } of source.list()) {
    if (problem) {
      all[name] = [shape, dtype, problem.message];
      continue;
    }
    const { data, shape: read } = await source.read(name);
    expect(read).toEqual(shape);
    const streamed: number[] = [];
    const pieces = source.pieces?.(name);
    if (pieces) for await (const piece of pieces) streamed.push(...piece);
    if (pieces) expect(streamed).toEqual(Array.from(data));
    all[name] = [shape, dtype, Array.from(data), ...(pieces ? ['streams'] : [])];
  }
  await source.close();
  return all;
}

const NUMBERS = [-1, 0, 1, 2, 3, 100];
const TYPES = {
  float64: [[2, 3], 'float64', NUMBERS],
  float32: [[2, 3], 'float32', NUMBERS, 'streams'],
  float16: [[2, 3], 'float16', NUMBERS],
  int64: [[2, 3], 'int64', NUMBERS],
  uint8: [[2, 3], 'uint8', [255, 0, 1, 2, 3, 100]],
  bool: [[2, 3], 'bool', [1, 0, 1, 1, 1, 1]],
  bfloat16: [[2, 3], 'bfloat16', NUMBERS],
};

describe('PyTorch checkpoints', () => {
  test.each(['tensors.pth', 'tensors_legacy.pth'])('%s: element types and views', async (name) => {
    const file = checkpoint(name);
    const counting = Array.from({ length: 24 }, (_, i) => i);
    const integers = ['int32', 'int16', 'int8'].map((dtype) => [dtype, [[2, 3], dtype, NUMBERS]]);
    const types = { ...TYPES, ...Object.fromEntries(integers) } as Record<string, unknown[]>;
    expect(await contents(file)).toEqual({
      ...Object.fromEntries(Object.entries(types).map(([dtype, value]) => [`types.${dtype}`, value])),
      'views.whole': [[2, 3, 4], 'float32', counting, 'streams'],
      // element (i, j, k) is base (j, k, i)
      'views.permuted': [[4, 2, 3], 'float32', counting.map((n) => Math.floor(n / 6) + 4 * (n % 6))],
      'views.strided': [[2, 2, 2], 'float32', [4, 6, 8, 10, 16, 18, 20, 22]],
      'views.offset': [[3, 4], 'float32', counting.slice(12), 'streams'],
      'views.expanded': [[3, 2], 'float32', [1, 2, 1, 2, 1, 2]],
      'views.channels_last': [[1, 2, 3, 4], 'float32', counting],
      'views.half_strided': [[3], 'float16', [14, 18, 22]],
      'views.scalar': [[], 'float32', [7], 'streams'],
      'views.empty': [[0, 3], 'float32', [], 'streams'],
      'views.parameter': [[2], 'float32', [5, 6], 'streams'],
      'views.complex': [
        [1],
        'ComplexFloat',
        `${file}: its element type is ComplexFloat: expected floats, integers or bool`,
      ],
      'listed.0': [[1], 'float32', [1], 'streams'],
      'listed.1.0': [[1], 'float32', [2], 'streams'],
    });
  });

  test.each(['newer.pth', 'newer_big_endian.pth'])('%s: untyped storages, byte order', async (name) => {
    expect(await contents(checkpoint(name))).toEqual({
      uint16: [[3], 'uint16', [1, 256, 65535]],
      float8: [[2], 'float8_e4m3fn', [1.5, -1]],
    });
  });

  test.each(['training.pth', 'training_legacy.pth'])('%s: the model is taken, training state left', async (name) => {
    const source = await openWeights(checkpoint(name));
    expect(source.notes).toEqual([
      "took 'state_dict' of the checkpoint and left out 'optimizer' (7 tensors), 'rng_state' (1 tensor)",
    ]);
    expect(source.description).toBe(checkpoint(name));
    await source.close();
  });

  test.each(['evil.pth', 'evil_legacy.pth'])('%s: a pickle that calls os.system is refused by name', async (name) => {
    const file = checkpoint(name);
    expect(await refusal(() => openWeights(file))).toBe(
      `${file}: its pickle calls os.system, which weights do not need: refused, nothing was executed\n` +
        'hint: if you trust the file, load it in Python and save the weights alone: torch.save(model.state_dict(), file)',
    );
    expect(existsSync('pickle_was_here')).toBe(false);
  });
});

describe('safetensors', () => {
  test('element types', async () => {
    const file = checkpoint('types.safetensors');
    expect(await contents(file)).toEqual({
      ...TYPES,
      float8_e4m3fn: [[4], 'float8_e4m3fn', [1.5, -0.0625, 448, NaN]],
      float8_e5m2: [[4], 'float8_e5m2', [1.5, -0.25, Infinity, NaN]],
      complex: [[1], 'C64', `${file}: its element type is C64: expected floats, integers or bool`],
    });
  });

  test('an index whose file lacks a tensor, is missing, or lies elsewhere', async () => {
    const index = (map: Record<string, string>) => {
      writeFileSync(at('x.index.json'), JSON.stringify({ weight_map: map }));
      return refusal(() => openWeights(at('x.index.json')));
    };
    cpSync(checkpoint('small.safetensors'), at('a.safetensors'));
    expect(await index({ lost: 'a.safetensors' })).toBe(
      `${at('x.index.json')}: the index says that 'a.safetensors' has tensor 'lost', which it has not`,
    );
    expect(await index({ lost: 'b.safetensors' })).toBe(
      `${at('b.safetensors')}: cannot read: no such file or directory`,
    );
    expect(await index({ lost: '../a.safetensors' })).toBe(
      `${at('x.index.json')}: the index names '../a.safetensors' for tensor 'lost': expected a file beside the index`,
    );
    expect(await index({})).toBe(`${at('x.index.json')}: the index of weight files names no tensors`);
    expect(await index({ lost: 'x.index.json' })).toBe(
      `${at('x.index.json')}: an index of several weight files: open it where these can be found`,
    );
  });
});

describe('one model in every format', () => {
  test.each([
    'training.pth',
    'training_legacy.pth',
    'state_dict.pth',
    'module.pth',
    'module_legacy.pth',
    'small.npz',
    'small_compressed.npz',
    'small.safetensors',
    'safetensors-index',
    'model.safetensors.index.json',
    'numpy.pkl',
  ])('%s packs to the bytes of the .npy folder', async (name) => {
    const expected = await packSmallModel(await openWeights(fixture('small_npy')));
    expect(await packSmallModel(await openWeights(checkpoint(name)))).toEqual(expected);
    // To a file, values that it can use as they are do not pass through the packing.
    await writeFileAtomically(at('packed'), async (sink) => {
      await packSmallModelTo(sink, await openWeights(checkpoint(name)));
    });
    expect(new Uint8Array(readFileSync(at('packed')))).toEqual(expected);
  });

  test('values that are not finite are found on their way from file to file', async () => {
    const source = await openWeights(checkpoint('small.npz'));
    const names = source.list().map(({ name }) => name);
    const tensors = await Promise.all(names.map(async (name) => ({ name, ...(await source.read(name)) })));
    await source.close();
    const spoiled = tensors.map(({ name, shape, data }) => {
      const values = Float32Array.from(data);
      if (name === 'conv1.weight') values.set([NaN, -Infinity], 100);
      return { name, shape, pieces: () => [values] };
    });
    await writeFileAtomically(at('spoiled.npz'), async (sink) => {
      await writeNpz(sink, spoiled);
    });
    const report = async (sink: ByteSink) => packSmallModelTo(sink, await openWeights(at('spoiled.npz')));
    let found: PackReport | undefined;
    await writeFileAtomically(at('packed'), async (sink) => {
      found = await report(sink);
    });
    expect(found).toEqual(await report(toBytes()));
    expect(found!.nonFinite).toEqual([
      {
        ...{ layer: 'conv1', type: 'Convolution', blob: 0, shape: [4, 3, 3, 3], sources: ['conv1.weight'] },
        ...{ count: 2, firstIndex: 100, first: 'NaN' },
      },
    ]);
  });

  test('TorchScript has its non-persistent buffers as well', async () => {
    const script = await contents(checkpoint('torchscript.pt'));
    expect(script).toEqual({
      ...(await contents(checkpoint('module.pth'))),
      grid: [[2], 'float32', [0, 0], 'streams'],
    });
  });

  test('a caffemodel packs to itself', async () => {
    const bytes = await packSmallModel(await openWeights(fixture('small_npy')));
    writeFileSync(at('small.caffemodel'), bytes);
    const source = await openWeights(at('small.caffemodel'));
    expect(source.list().map(({ name }) => name)).toEqual(
      'conv1.weight bn1.weight bn1.bias conv2.weight conv2.bias fc.weight fc.bias'.split(' '),
    );
    expect(await packSmallModel(source)).toEqual(bytes);
  });
});

describe('other paths', () => {
  test('a single .npy file is one tensor of its name', async () => {
    expect(Object.keys(await contents(checkpoint('fc.bias.npy')))).toEqual(['fc.bias']);
  });

  test('a folder with several checkpoints, with one, with none', async () => {
    mkdirSync(at('several'));
    cpSync(checkpoint('newer.pth'), at('several/a.pth'));
    expect(Object.keys(await contents(at('several')))).toEqual(['uint16', 'float8']);
    cpSync(checkpoint('newer.pth'), at('several/b.pth'));
    expect(await refusal(() => openWeights(at('several')))).toBe(
      `${at('several')}: the folder has several weight files: a.pth, b.pth\nhint: name one of them`,
    );
    mkdirSync(at('none'));
    expect(await refusal(() => openWeights(at('none')))).toBe(`${at('none')}: the folder has no .npy files`);
  });

  test.each([
    ['nothing', '', 'the file is empty'],
    ['json', '{"a": 1}', 'malformed index of weight files: it has no weight_map'],
    [
      'text',
      'hello, world',
      'expected weights, got a text file\n' + `hint: weights are read from ${WEIGHT_EXTENSIONS.join(', ')}`,
    ],
    [
      'zip',
      'PK\x05\x06' + '\0'.repeat(18),
      'a zip archive without entries: expected .npy files (.npz) or a data.pkl (a PyTorch checkpoint)',
    ],
  ])('a file of %s', async (name, text, expected) => {
    writeFileSync(at(name), text, 'latin1');
    expect(await refusal(() => openWeights(at(name)))).toBe(`${at(name)}: ${expected}`);
  });

  test('no such path', async () => {
    expect(await refusal(() => openWeights(at('nowhere')))).toBe(
      `${at('nowhere')}: cannot read: no such file or directory`,
    );
    expect(readdirSync(folder)).not.toContain('nowhere');
  });
});
