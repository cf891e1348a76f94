/** netspec verify --against: two nets on the command line, and what is refused. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Net, writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.5 } } }
layer { name: "relu" type: "ReLU" bottom: "fc" top: "fc" }`;

beforeAll(async () => {
  for (const [name, text] of [
    ['a', NET],
    ['b', NET.replace('0.5', '0.25')],
  ] as const) {
    writeFileSync(at(`${name}.prototxt`), text);
    const net = await Net.load(text);
    await net.save(at(`${name}.caffemodel`));
    net.dispose();
  }
  await writeNpyFile(at('x.npy'), [1, 2], Float32Array.of(1, 3));
});

const verify = (...words: string[]) =>
  netspec('verify', at('a.prototxt'), '-w', at('a.caffemodel'), '-i', `data=${at('x.npy')}`, ...words);

describe('netspec verify --against', () => {
  test('a net agrees with itself', async () => {
    const { code, stdout, stderr } = await verify('--against', at('a.prototxt'), at('a.caffemodel'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('2 of 2 references matched');
    expect(stdout).toMatch(/every matched layer agrees\n$/);
  });

  test('other weights are found at the layer that has them', async () => {
    const { code, stdout } = await verify('--against', at('b.prototxt'), at('b.caffemodel'), '--json');
    expect(code).toBe(1);
    // 0.5 · (1 + 3) against 0.25 · (1 + 3).
    expect(JSON.parse(stdout)).toMatchObject({
      matched: 2,
      firstDivergence: { name: 'fc', reference: 'fc before relu', comparison: { maxAbs: 1 } },
    });
  });

  test.each([
    [[], 'say what to compare with: -r REFERENCES, --onnx MODEL, or --against NET2 W2'],
    [
      ['-r', 'refs', '--against', 'n', 'w'],
      'compare with references, with a model or with another net: one of -r, --onnx and --against',
    ],
    [
      ['--against', 'n', 'w', '--map', 'identity'],
      '--map is for references; two nets are compared by the names of their blobs',
    ],
    [['--against', 'n'], '--against needs 2 values'],
  ])('%p is refused', async (words, reason) => {
    expect(await verify(...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${reason}\nsee netspec verify --help\n`,
    });
  });

  test('weights of the other net that do not exist', async () => {
    const { code, stderr } = await verify('--against', at('a.prototxt'), at('none.caffemodel'));
    expect({ code, stderr: stderr.replace(folder, 'DIR') }).toEqual({
      code: 2,
      stderr: 'netspec: DIR/none.caffemodel: cannot read: no such file or directory\n',
    });
  });
});
