/**
 * From a PyTorch model to a verified port, as docs/port-a-detector.md tells it: the dump is what
 * examples/pytorch/dump_activations.py wrote of small_detector.py with torch 1.13.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ZipFile } from 'yazl';
import smallDetector from '../../examples/small-detector.js';
import { formatPrototxt } from '../../src/node.js';
import { netspec, temporaryFolder } from '../cli/support.js';

const example = (name: string) => path.join(import.meta.dirname, '../../examples', name);
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const dump = (...parts: string[]) => example(path.join('pytorch/dump', ...parts));

const pack = (net: string, weights: string) =>
  netspec('pack-weights', net, '--from', dump('model.pth'), '--map', example('small-detector.map.json'), '-o', weights);
const verify = (name: string, references: string, ...more: string[]) => {
  const [net, weights] = [at(`${name}.prototxt`), at(`${name}.caffemodel`)];
  return netspec('verify', net, '-w', weights, '-i', `data=${dump('input.npy')}`, '-r', references, ...more);
};

beforeAll(async () => {
  const right = at('right.prototxt');
  writeFileSync(right, formatPrototxt(smallDetector.toProto()));
  expect(await pack(right, at('right.caffemodel'))).toMatchObject({ code: 0, stderr: '' });
  // The upsampling that Caffe's own comments recommend, where the model takes the nearest neighbour.
  const text = readFileSync(right, 'utf8')
    .replace(/(name: "upsample"[^]*?)kernel_size: 2/, '$1kernel_size: 4\n    pad: 1')
    .replace(/type: "constant"\s+value: 1/, 'type: "bilinear"');
  writeFileSync(at('wrong.prototxt'), text);
  expect(await pack(at('wrong.prototxt'), at('wrong.caffemodel'))).toMatchObject({ code: 0, stderr: '' });
});

interface Json {
  matched: number;
  unusedReferences: string[];
  map: string;
  layers: { name: string; comparison?: { maxRel: number } }[];
}

describe('the port of small_detector.py', () => {
  test('agrees with PyTorch at every module, both calls of the shared head included', async () => {
    const { code, stdout, stderr } = await verify('right', dump('outputs'), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { matched, map, unusedReferences, layers } = JSON.parse(stdout) as Json;
    expect({ matched, map }).toEqual({ matched: 15, map: 'identity' });
    // What the head as a whole and the model itself returned: layers of their own here.
    expect(unusedReferences).toEqual(['head_0', 'head_1', 'output[coarse]', 'output[fine]']);
    // Sums of at most 144 products in another order: a few units in the last place of the layer's largest value.
    for (const { name, comparison } of layers)
      if (comparison) expect({ name, within: comparison.maxRel < 4e-6 }).toEqual({ name, within: true });
  });

  test('the same references in one .npz', async () => {
    const zip = new ZipFile();
    for (const name of readdirSync(dump('outputs'))) zip.addFile(dump('outputs', name), name);
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(at('outputs.npz')));
    const { code, stdout } = await verify('right', at('outputs.npz'));
    expect(code).toBe(0);
    expect(stdout).toContain('15 of 19 references matched');
  });

  test('with the wrong upsampling, the cause is named, and the page shows it', async () => {
    const page = at('wrong.html');
    const { code, stdout, stderr } = await verify('wrong', dump('outputs'), '--json', '--report', page);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `wrote ${page}\n` });
    expect(JSON.parse(stdout)).toMatchObject({
      first: { layer: 'upsample' },
      causes: [{ id: 'upsampling', layer: 'upsample' }],
    });
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('upsampling at upsample (Deconvolution): nearest');
    expect(html).toContain('<del>-    pad: 1</del>');
    expect(html).toContain('4 of 15 compared layers differ');
  });

  test('a page that cannot be written is an error, after the result', async () => {
    const page = at('no/such/page.html');
    const { code, stdout, stderr } = await verify('right', dump('outputs'), '--report', page);
    expect(code).toBe(2);
    expect(stdout).toContain('every matched layer agrees');
    expect(stderr).toContain(page);
  });
});

const python = '/usr/bin/python3';
const hasTorch = existsSync(python) && spawnSync(python, ['-c', 'import torch']).status === 0;
const torchTest = hasTorch ? test : test.skip;

torchTest(
  `dump_activations.py writes what the fixture holds${hasTorch ? '' : ' (skipped: no python3 with torch)'}`,
  () => {
    const words = [example('pytorch/dump_activations.py'), `${example('pytorch/small_detector.py')}:make_model`];
    const options = { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } } as const;
    const stdout = execFileSync(python, [...words, '--input', dump('input.npy'), '-o', at('dump')], options);
    expect(stdout).toBe(`wrote the input, the weights and 19 outputs to ${at('dump')}\n`);
    const files = (place: string) => readdirSync(place, { recursive: true, encoding: 'utf8' }).sort();
    expect(files(at('dump'))).toEqual(files(dump()));
    // The same shapes; values may differ in the last place between builds of torch.
    for (const name of files(dump('outputs')))
      expect([name, statSync(at(`dump/outputs/${name}`)).size]).toEqual([name, statSync(dump('outputs', name)).size]);
    const again = spawnSync(python, [...words, '--input', dump('input.npy'), '-o', at('dump')], options);
    expect({ status: again.status, stderr: again.stderr }).toEqual({
      status: 1,
      stderr: `${at('dump/outputs')} holds bn1.npy and perhaps more of an earlier run; give an empty folder\n`,
    });
  },
);
