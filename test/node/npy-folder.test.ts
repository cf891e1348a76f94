import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NpyFolderSource, readNpyFile, writeNpyFile } from '../../src/node/npy-folder.js';

const fixtures = 'test/fixtures/weights/npy';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netspec-npy-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function copy(fixture: string, as: string): void {
  const target = path.join(folder, as);
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(`${fixtures}/${fixture}.npy`, target);
}

async function joined(pieces: AsyncIterable<Float32Array> | undefined): Promise<number[] | undefined> {
  if (!pieces) return undefined;
  const values: number[] = [];
  for await (const piece of pieces) values.push(...piece);
  return values;
}

describe('NpyFolderSource', () => {
  test('names are paths below the folder without .npy, in order; linked files count, linked folders and other files do not', async () => {
    copy('vector', 'b.npy');
    copy('le_f2', 'a.b.npy');
    copy('scalar', 'sub/deeper/c.npy');
    copy('vector', 'readme.txt');
    copy('vector', '.hidden.npy');
    mkdirSync(path.join(folder, 'folder.npy'));
    symlinkSync('b.npy', path.join(folder, 'link.npy'));
    symlinkSync('..', path.join(folder, 'sub/up'));
    const source = await NpyFolderSource.open(folder);
    expect(source.list()).toEqual([
      { name: 'a.b', shape: [2, 3, 4], dtype: 'float16' },
      { name: 'b', shape: [24], dtype: 'float32' },
      { name: 'link', shape: [24], dtype: 'float32' },
      { name: 'sub/deeper/c', shape: [], dtype: 'float32' },
    ]);
    expect(source.description).toBe(folder);
    expect((await source.read('sub/deeper/c')).data).toEqual(Float32Array.of(-1));
    expect((await source.read('link')).shape).toEqual([24]);
    await source.close();
  });

  test('only row-major float32 comes in pieces, with the values that read gives', async () => {
    for (const name of ['vector', 'le_f8', 'be_f4', 'fortran_f4', 'empty']) copy(name, `${name}.npy`);
    const source = await NpyFolderSource.open(folder);
    expect(await joined(source.pieces('vector'))).toEqual(Array.from((await source.read('vector')).data));
    expect(await joined(source.pieces('empty'))).toEqual([]);
    for (const name of ['le_f8', 'be_f4', 'fortran_f4', 'no such tensor']) expect(source.pieces(name)).toBeUndefined();
  });

  test('files that cannot be read are listed with the reason, which comes again when they are read', async () => {
    copy('vector', 'good.npy');
    copy('refused_complex', 'complex.npy');
    writeFileSync(path.join(folder, 'short.npy'), readFileSync(`${fixtures}/vector.npy`).subarray(0, 200));
    writeFileSync(path.join(folder, 'text.npy'), 'hello');
    const source = await NpyFolderSource.open(folder);
    const problems = source.list().map(({ name, shape, dtype, problem }) => [name, shape, dtype, problem?.message]);
    expect(problems).toEqual([
      [
        'complex',
        [1],
        '<c8',
        `${folder}/complex.npy: its element type is <c8 (complex numbers): expected floats, integers or bool\n` +
          'hint: save it as float32: numpy.save(file, array.astype(numpy.float32))',
      ],
      ['good', [24], 'float32', undefined],
      [
        'short',
        [24],
        'float32',
        `${folder}/short.npy: truncated: (24,) of <f4 takes 96 bytes after the header, the file has 72`,
      ],
      ['text', [], 'unknown', `${folder}/text.npy: not an .npy file: it does not begin with \\x93NUMPY`],
    ]);
    await expect(source.read('short')).rejects.toHaveProperty('message', problems[2]![3]);
    expect(source.pieces('short')).toBeUndefined();
  });

  test('a tensor that is not there', async () => {
    copy('vector', 'conv1_weight.npy');
    const source = await NpyFolderSource.open(folder);
    await expect(source.read('conv1_wieght')).rejects.toHaveProperty(
      'message',
      `${folder} has no tensor 'conv1_wieght'\nhint: did you mean 'conv1_weight'?`,
    );
  });

  test('no way out of the folder', async () => {
    copy('vector', 'inside.npy');
    const source = await NpyFolderSource.open(folder);
    await expect(source.read('../inside')).rejects.toThrow(`${folder} has no tensor '../inside'`);
  });

  test('no folder, a file, a folder without .npy files', async () => {
    await expect(NpyFolderSource.open(`${folder}/nowhere`)).rejects.toHaveProperty(
      'message',
      `${folder}/nowhere: cannot read: no such file or directory`,
    );
    await expect(NpyFolderSource.open(`${fixtures}/vector.npy`)).rejects.toHaveProperty(
      'message',
      `${fixtures}/vector.npy: expected a folder of .npy files`,
    );
    await expect(NpyFolderSource.open(folder)).rejects.toHaveProperty(
      'message',
      `${folder}: the folder has no .npy files`,
    );
  });

  test('a file that was truncated after it was listed', async () => {
    copy('vector', 'a.npy');
    const source = await NpyFolderSource.open(folder);
    writeFileSync(path.join(folder, 'a.npy'), readFileSync(`${fixtures}/vector.npy`).subarray(0, 130));
    await expect(joined(source.pieces('a'))).rejects.toHaveProperty(
      'message',
      `${folder}/a.npy: truncated: (24,) of <f4 takes 96 bytes after the header, the file has 2`,
    );
  });
});

describe('single files', () => {
  test('writes what it reads, byte for byte as numpy does', async () => {
    const { shape, data } = await readNpyFile(`${fixtures}/le_f4.npy`);
    const file = path.join(folder, 'x.npy');
    await writeNpyFile(file, shape, data as Float32Array);
    expect(readFileSync(file).equals(readFileSync(`${fixtures}/le_f4.npy`))).toBe(true);
  });

  test('refuses values that do not fill the shape, and leaves no file', async () => {
    const file = path.join(folder, 'x.npy');
    await expect(writeNpyFile(file, [2, 2], new Float32Array(3))).rejects.toHaveProperty(
      'message',
      `${file}: shape (2, 2) has 4 values, the data 3`,
    );
    await expect(readNpyFile(file)).rejects.toHaveProperty(
      'message',
      `${file}: cannot read: no such file or directory`,
    );
  });
});
