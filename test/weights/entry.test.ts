/** Which of several models in one file is taken: `entry` of openWeightFile and openWeights. */
import { describe, expect, test } from '@jest/globals';
import { fromBytes } from '../../src/proto/random-access.js';
import { toBytes } from '../../src/proto/random-access.js';
import { writeNpz, writeSafetensors, type WeightSource } from '../../src/weights/index.js';
import { openWeightFile } from '../../src/weights/open.js';
import { dict, num, pickleOf, tensor, type Piece } from '../support/pickle-bytes.js';
import { refusal } from '../support/refusal.js';
import { zipOf } from '../support/zip-bytes.js';

/** A checkpoint of one storage with the values 0, 1 … 7. */
function checkpoint(saved: Piece): Uint8Array {
  const values = new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer);
  return zipOf({ name: 'a/data.pkl', data: pickleOf(saved) }, { name: 'a/data/0', data: values });
}

/** A state dict of one layer, its weight at `offset`. */
const state = (offset: number, prefix = '') =>
  dict({
    [`${prefix}fc.weight`]: tensor('0', 8, [2], [1], offset),
    [`${prefix}fc.bias`]: tensor('0', 8, [1], [1], offset),
  });

const open = (bytes: Uint8Array, entry?: string) => openWeightFile(fromBytes(bytes, 'm'), { entry });
const names = (source: WeightSource) => source.list().map(({ name }) => name);
const weight = async (source: WeightSource) => Array.from((await source.read('fc.weight')).data);

const several = checkpoint(
  dict({
    epoch: num(3),
    model: state(0, 'module.'),
    ema: dict({ module: state(2), updates: num(7) }),
    optimizer: dict({ state: dict({ '0': tensor('0', 8, [1], [1]) }) }),
  }),
);

describe('a checkpoint with several models', () => {
  test('offers the choice', async () => {
    const source = await open(several);
    expect(source.entries).toEqual([
      { name: 'model', tensors: 2 },
      { name: 'ema', tensors: 2 },
    ]);
    expect(source.notes).toEqual([
      "several entries may be the model, and are listed each under its name: 'model' (2 tensors), 'ema' (2 tensors)",
    ]);
    expect(names(source)).toContain('ema.module.fc.weight');
  });

  test.each([
    ['model', [0, 1]],
    ['ema', [2, 3]],
    ['ema.module', [2, 3]],
    ['module', [2, 3]],
  ])('entry %s', async (entry, values) => {
    const source = await open(several, entry);
    expect(names(source)).toEqual(['fc.weight', 'fc.bias']);
    expect(await weight(source)).toEqual(values);
    expect(source.entries).toBeUndefined();
  });

  test('an entry that it has not', async () => {
    expect(await refusal(() => open(several, 'emma'))).toBe(
      "m: the checkpoint has no entry 'emma'; it has 'model' (2 tensors), 'ema' (2 tensors), 'optimizer' (1 tensor)\n" +
        "hint: did you mean 'ema'?",
    );
    expect(await refusal(() => open(several, 'epoch'))).toBe("m: entry 'epoch' has no tensors");
  });

  test('one below what is unwrapped', async () => {
    const nested = checkpoint(dict({ checkpoint: dict({ net_g: state(4), net_d: state(5) }) }));
    expect(await weight(await open(nested, 'net_d'))).toEqual([5, 6]);
  });
});

test('parts of one model are no choice', async () => {
  const source = await open(checkpoint(dict({ backbone: state(0), head: state(2) })));
  expect(source.entries).toBeUndefined();
  expect(names(source)).toContain('head.fc.bias');
});

test.each([
  ['.npz', writeNpz],
  ['.safetensors', writeSafetensors],
])('%s: what names begin with', async (_, write) => {
  const sink = toBytes();
  const tensors = ['model', 'ema'].map((entry, i) => ({
    name: `${entry}.fc.weight`,
    shape: [2],
    pieces: () => [Float32Array.of(i, i)],
  }));
  await write(sink, tensors);
  const source = await open(sink.bytes(), 'ema');
  expect(names(source)).toEqual(['fc.weight']);
  expect(await weight(source)).toEqual([1, 1]);
  expect(source.notes).toEqual(["took the 1 tensors of 'ema' of 2"]);
  expect(await refusal(() => open(sink.bytes(), 'emma'))).toBe(
    "m: no tensor's name begins with 'emma.'\nhint: did you mean 'ema'?",
  );
});
