/** Files that commands write: all of them or none, no two blobs in one, none outside of the folder, and found again. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeNet, Net, openWeights, readNpyFile, writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);

/** Blobs of these names, each with a factor of its own. */
const BLOBS = ['a/b', 'a__b', 'Conv', 'conv', 'aux', 'x/y'];
const NET =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }\n' +
  BLOBS.map(
    (name, i) =>
      `layer { name: "${name}" type: "Power" bottom: "data" top: "${name}" power_param { scale: ${i + 2} } }\n`,
  ).join('');
const [net, weights] = [at('net.prototxt'), at('net.caffemodel')];

beforeAll(async () => {
  writeFileSync(net, NET);
  const built = await Net.load(NET);
  await built.save(weights);
  built.dispose();
  await writeNpyFile(at('x.npy'), [1, 2], Float32Array.of(1, 10));
});

describe('names of blobs', () => {
  const run = (...words: string[]) => netspec('forward', net, '-i', `data=${at('x.npy')}`, ...words);

  test('each has a file of its own, which verify finds', async () => {
    const { code, stderr } = await run('-o', at('blobs'), '--blobs', 'all');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: [
        "note: blob 'a/b' goes to a%2Fb.npy\n",
        "note: blob 'Conv' goes to %43onv.npy\n",
        "note: blob 'aux' goes to %61ux.npy\n",
      ].join(''),
    });
    const files = readdirSync(at('blobs'));
    for (const name of ['a%2Fb', 'a__b', '%43onv', 'conv', '%61ux', 'x__y']) expect(files).toContain(`${name}.npy`);
    for (const [i, name] of BLOBS.entries()) {
      const source = await openWeights(at('blobs'));
      const { data } = await source.read(name === 'x/y' ? 'x__y' : name);
      expect([...data]).toEqual([i + 2, 10 * (i + 2)]);
    }
    const verify = await netspec(
      ...['verify', net, '-w', weights, '-i', `data=${at('x.npy')}`, '-r', at('blobs'), '--map', 'blobs', '--json'],
    );
    const { layers } = JSON.parse(verify.stdout) as { layers: { name: string; status: string }[] };
    const status = new Map(layers.map((layer) => [layer.name, layer.status]));
    expect(BLOBS.map((name) => status.get(name))).toEqual(BLOBS.map(() => 'agrees'));
  });

  test('a / is __ as ever where no other blob has that name', async () => {
    const { stderr } = await run('-o', at('one'), '--blobs', 'a/b');
    expect([readdirSync(at('one')), stderr]).toEqual([['a__b.npy'], '']);
  });
});

describe('extract', () => {
  const blob = (value: number) => ({ shape: { dim: [1] }, data: [value] });
  const caffemodel = (name: string, ...layers: [string, number[] | undefined][]) => {
    const layer = layers.map(([layerName, values]) => ({
      name: layerName,
      type: 'PReLU',
      blobs: [values ? blob(values[0]!) : { shape: { dim: [3] }, data: [1] }],
    }));
    writeFileSync(at(name), encodeNet({ layer }));
    return at(name);
  };

  test('names that differ in case only have files of their own, and pack again', async () => {
    const file = caffemodel('case.caffemodel', ['Act', [2]], ['act', [3]]);
    expect((await netspec('extract', file, '--all', '-o', at('case'))).code).toBe(0);
    expect(readdirSync(at('case')).sort()).toEqual(['%41ct.weight.npy', 'act.weight.npy']);
    const source = await openWeights(at('case'));
    expect(source.list().map(({ name }) => name)).toEqual(['Act.weight', 'act.weight']);
    expect([...(await source.read('Act.weight')).data]).toEqual([2]);
  });

  test('a member of an .npz stays in the folder that it is unpacked in, and its name is read back', async () => {
    const file = caffemodel('evil.caffemodel', ['../../evil', [2]], ['/etc/evil', [3]]);
    expect((await netspec('extract', file, '--all', '-o', at('evil.npz'))).code).toBe(0);
    const bytes = readFileSync(at('evil.npz'), 'latin1');
    expect(bytes).toContain('%2E%2E/%2E%2E/evil.weight.npy');
    expect(bytes).not.toContain('../');
    expect(bytes).not.toMatch(/(?<![%\w])\/etc/);
    const source = await openWeights(at('evil.npz'));
    expect(source.list().map(({ name }) => name)).toEqual(['../../evil.weight', '/etc/evil.weight']);
    await source.close();
  });

  test('that fails leaves nothing that it wrote, and what was there as it was', async () => {
    const good = caffemodel('good.caffemodel', ['a', [2]], ['b', [3]]);
    await netspec('extract', good, '--layer', 'a', '-o', at('kept'));
    // The file of the second tensor cannot be made: there is a folder of its name.
    await netspec('extract', caffemodel('folder.caffemodel', ['b.weight.npy/c', [1]]), '--all', '-o', at('kept'));
    const before = readdirSync(at('kept'), { recursive: true }).sort();
    const changed = caffemodel('changed.caffemodel', ['a', [5]], ['b', [3]]);
    const { code, stderr } = await netspec('extract', changed, '--all', '-o', at('kept'));
    expect([code, stderr]).toEqual([2, `netspec: ${at('kept', 'b.weight.npy')}: cannot write: it is a directory\n`]);
    expect(readdirSync(at('kept'), { recursive: true }).sort()).toEqual(before);
    expect([...(await readNpyFile(at('kept', 'a.weight.npy'))).data]).toEqual([2]);
  });

  test('that fails removes the folder that it made', async () => {
    const file = caffemodel('late.caffemodel', ['a/b.weight.npy/c', [1]], ['a/b', [2]]);
    const { code } = await netspec('extract', file, '--all', '-o', at('new', 'deeper'));
    expect([code, existsSync(at('new'))]).toEqual([2, false]);
  });
});

describe('optimize', () => {
  test('makes the folder of its files', async () => {
    const out = at('small', 'net.prototxt');
    expect((await netspec('optimize', net, weights, '--runs', '0', '-o', out)).code).toBe(0);
    expect(readdirSync(at('small')).sort()).toEqual(['net.caffemodel', 'net.prototxt']);
  });

  test('leaves an old pair as it was when one of the two cannot be written', async () => {
    writeFileSync(at('old.caffemodel'), 'old weights');
    symlinkSync(at('nowhere', 'net.prototxt'), at('old.prototxt'));
    const before = readdirSync(folder).sort();
    const { code, stderr } = await netspec('optimize', net, weights, '--runs', '0', '-o', at('old.prototxt'));
    expect([code, stderr]).toEqual([2, `netspec: ${at('old.prototxt')}: cannot write: no such file or directory\n`]);
    expect(readFileSync(at('old.caffemodel'), 'utf8')).toBe('old weights');
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('does not leave a folder when the outputs differ', async () => {
    const text =
      'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 9 } } }\n' +
      'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" ' +
      'inner_product_param { num_output: 9 weight_filler { type: "gaussian" } } }\n' +
      'layer { name: "scale" type: "Scale" bottom: "fc" top: "scale" scale_param { filler { type: "gaussian" } } }\n';
    writeFileSync(at('scaled.prototxt'), text);
    const built = await Net.load(text);
    await built.save(at('scaled.caffemodel'));
    built.dispose();
    const pair = [at('scaled.prototxt'), at('scaled.caffemodel')];
    // Merging rounds the weights once more, which no tolerance at all refuses.
    const words = ['--runs', '0', '--tolerance', '0', '-o', at('none', 'net.prototxt')];
    const { code, stderr } = await netspec('optimize', ...pair, ...words);
    expect([code, stderr]).toEqual([1, 'the outputs differ by more than the tolerance: nothing was written\n']);
    expect(existsSync(at('none'))).toBe(false);
  });
});
