/** netspec verify on a layer with several tops: what the command prints, writes and exits with. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Net, readNpyFile, writeNpyFile } from '../../src/node.js';
import { fixture, netspec, temporaryFolder } from './support.js';

/** Caffe's own run of a Slice into y0, y1 and y2. */
const SLICE = fixture('layers', 'Slice_00');
const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);

beforeAll(async () => {
  const net = await Net.load(path.join(SLICE, 'net.prototxt'));
  await net.save(at('net.caffemodel'));
  net.dispose();
  for (const name of ['right', 'wrong']) {
    mkdirSync(at(name));
    for (const top of ['y0', 'y1', 'y2']) copyFileSync(path.join(SLICE, `out_${top}.npy`), at(name, `${top}.npy`));
  }
  const { shape, data } = await readNpyFile(path.join(SLICE, 'out_y1.npy'));
  const spoilt = Float32Array.from(data);
  spoilt[5]! += 1;
  await writeNpyFile(at('wrong', 'y1.npy'), shape, spoilt);
});

const verify = (...words: string[]) => {
  const [net, input] = [path.join(SLICE, 'net.prototxt'), `x0=${path.join(SLICE, 'in_x0.npy')}`];
  return netspec('verify', net, '-w', at('net.caffemodel'), '-i', input, ...words);
};

describe('netspec verify on a Slice', () => {
  test('has a row for each top', async () => {
    const { code, stdout, stderr } = await verify('-r', at('right'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'layer  type   shape    max abs  max rel    cosine  allclose',
        'l: y0  Slice  4x6x1x5        0        0  1.000000  yes',
        'l: y1  Slice  4x6x1x5        0        0  1.000000  yes',
        'l: y2  Slice  4x6x1x5        0        0  1.000000  yes',
        '',
        'references matched by --map identity',
        '3 of 3 references matched; rtol 0.001, atol 0.0001, algorithm gemm',
        'every matched layer agrees',
        '',
      ].join('\n'),
    );
  });

  test('a fault in the second top only: exit 1, and that top is named', async () => {
    const { code, stdout } = await verify('-r', at('wrong'), '--failures-only', '--report', at('page.html'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^l: y1 +Slice +4x6x1x5 +1 +\S+ +\S+ +NO \(1 of 120\)$/m);
    expect(stdout).not.toMatch(/^l: y[02]/m);
    expect(stdout).toMatch(/^fed the references of what they read, 1 of 1 layers diverge: l: y1$/m);
    expect(stdout).toMatch(/^first layer that diverges: l: y1 \(Slice\): max abs 1, /m);
    expect(readFileSync(at('page.html'), 'utf8')).toContain('<a href="#" data-layer="1">l: y1</a> (Slice)');
  });

  test('JSON has an entry for each top', async () => {
    const { code, stdout } = await verify('-r', at('wrong'), '--json', '--map', 'identity');
    expect(code).toBe(1);
    const { first, layers } = JSON.parse(stdout) as {
      first: { layer: string; top: string };
      layers: { name: string; top: string; ok: boolean }[];
    };
    expect(first).toMatchObject({ layer: 'l', top: 'y1', type: 'Slice' });
    expect(layers.map(({ name, top, ok }) => [name, top, ok])).toEqual([
      ['l', 'y0', true],
      ['l', 'y1', false],
      ['l', 'y2', true],
    ]);
  });
});
