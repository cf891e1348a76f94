/** Settings that no schema has, through the commands: text keeps them, and what cannot keep them says so. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (name: string): string => path.join(folder, name);

const OWN = `name: "own"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "attend" type: "Acme" bottom: "conv" top: "attend" acme_param { heads: 4 mode: FAST } }
layer { name: "drop" type: "Dropout" bottom: "attend" top: "drop" }
layer { name: "last" type: "ReLU" bottom: "drop" top: "last" }
`;
const PRINTED = '  acme_param {\n    heads: 4\n    mode: FAST\n  }\n';
const KEPT = "note: layer 'attend' (Acme): no Caffe that netspec knows has acme_param: it is kept as it is written\n";
writeFileSync(at('own.prototxt'), OWN);

test('what writes text keeps them', async () => {
  const { code, stdout, stderr } = await netspec('convert', at('own.prototxt'), '--to', 'text');
  expect([code, stderr]).toEqual([0, KEPT]);
  expect(stdout).toContain(PRINTED);
  await netspec('convert', at('own.prototxt'), at('deployed.prototxt'), '--deploy');
  expect(readFileSync(at('deployed.prototxt'), 'utf8')).toContain(PRINTED);
  await netspec('convert', at('own.prototxt'), at('ncnn.prototxt'), '--target', 'ncnn');
  expect(readFileSync(at('ncnn.prototxt'), 'utf8')).toContain(PRINTED);
});

test('a net in binary would be another net: refused, and nothing is written', async () => {
  const { code, stdout, stderr } = await netspec('convert', at('own.prototxt'), '--to', 'binary');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toBe(
    `${KEPT}netspec: ${at('own.prototxt')}:4:1: layer 'attend' (Acme): acme_param has no number in any Caffe that netspec ` +
      'knows, so a binary file cannot hold it\nhint: give the caffe.proto that has it, or keep the net as text\n',
  );
});

test('a caffemodel is for names and blobs: written without them, with a note', async () => {
  for (const [name, shape] of [
    ['conv.weight', [2, 2, 1, 1]],
    ['conv.bias', [2]],
  ] as const)
    await writeNpyFile(at(`${name}.npy`), shape, new Float32Array(shape.length === 1 ? 2 : 4).fill(1));
  const words = ['--from', folder, '-o', at('own.caffemodel')];
  const { code, stderr } = await netspec('pack-weights', at('own.prototxt'), ...words);
  expect(code).toBe(0);
  expect(stderr).toContain(
    "note: layer 'attend' (Acme): the caffemodel is written without acme_param: no Caffe that netspec knows has it, and of " +
      'a caffemodel Caffe reads names and blobs only\n',
  );
});

test('diff compares them', async () => {
  expect((await netspec('diff', at('own.prototxt'), at('own.prototxt'))).code).toBe(0);
  writeFileSync(at('other.prototxt'), OWN.replace('heads: 4', 'heads: 5'));
  expect(await netspec('diff', at('own.prototxt'), at('other.prototxt'))).toMatchObject({
    code: 1,
    stdout: `\
  attend (Acme)
    acme_param: { heads: 4 mode: FAST } → { heads: 5 mode: FAST }
1 layer changed; no weights compared
`,
  });
});

test('a program sets them by their text', async () => {
  const { code, stdout, stderr } = await netspec('import', at('own.prototxt'));
  expect([code, stderr]).toEqual([0, KEPT]);
  expect(stdout).toContain("acme_param: '{ heads: 4 mode: FAST }'");
});
