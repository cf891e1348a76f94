/** netspec verify --simulate: what it prints, writes and refuses. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Net } from '../../src/node.js';
import { randomizeParams } from '../../src/runtime/random-params.js';
import { writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const TEXT = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 5 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 3 kernel_size: 3 bias_term: false } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param { num_output: 4 } }
`;
const NET = [at('net.prototxt'), '-w', at('net.caffemodel')];
const INPUT = ['-i', `data=${at('samples', 'b.npy')}`];

beforeAll(async () => {
  writeFileSync(at('net.prototxt'), TEXT);
  const net = await Net.load(at('net.prototxt'));
  randomizeParams(net);
  await net.save(at('net.caffemodel'));
  net.dispose();
  mkdirSync(at('samples'));
  for (const [name, size] of [
    ['a', 0.1],
    ['b', 1],
  ] as const)
    await writeNpyFile(
      at('samples', `${name}.npy`),
      [1, 2, 5, 5],
      Float32Array.from({ length: 50 }, (_, i) => size * Math.sin(i)),
    );
});

test('folds, calibrates over a folder, prints, and writes scales, lists and a page', async () => {
  const words = [
    '--calibrate',
    `data=${at('samples')}`,
    '--write',
    `ncnn=${at('n.table')}`,
    '--write',
    `rknn=${at('d.txt')}`,
  ];
  const { code, stdout, stderr } = await netspec(
    'verify',
    ...NET,
    ...INPUT,
    '--simulate',
    'int8',
    ...words,
    '--report',
    at('p.html'),
  );
  expect(stderr).toBe(
    'note: 2 layers are folded into the weights before them; --no-fold leaves them\n' +
      `wrote ${at('p.html')}\nwrote ${at('n.table')}, ${at('d.txt')}\n`,
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^layer +type +shape +in +SQNR dB +cosine +max abs +max rel\nconv +Convolution +1x3x3x3 +int8 /,
  );
  expect(stdout).toContain('; 1 sample, ranges of 2 samples\noutput fc: SQNR ');
  expect(readFileSync(at('n.table'), 'utf8')).toMatch(
    /^conv_param_0( [\d.]+){3}\nfc_param_0( [\d.]+){4}\nconv [\d.]+\nfc [\d.]+\n$/,
  );
  expect(readFileSync(at('d.txt'), 'utf8')).toBe(`${at('samples', 'a.npy')}\n${at('samples', 'b.npy')}\n`);
  expect(readFileSync(at('p.html'), 'utf8')).toContain('<figure class="spread">');
  // The same scales again, as a toolchain would give them: ncnn's table has six digits behind the point.
  const again = await netspec(
    'verify',
    ...NET,
    ...INPUT,
    '--simulate',
    'int8',
    '--scale-table',
    at('n.table'),
    '--json',
  );
  const { ranges } = JSON.parse(again.stdout) as { ranges: { quantizer: { scale: number } }[] };
  expect(1 / ranges[0]!.quantizer.scale).toBeCloseTo(
    Number(/^conv ([\d.]+)$/m.exec(readFileSync(at('n.table'), 'utf8'))![1]),
    3,
  );
});

test('takes the samples of a folder in the order that a person counts in, as verify does', async () => {
  mkdirSync(at('counted'));
  for (const name of ['a10', 'a2']) copyFileSync(at('samples', 'a.npy'), at('counted', `${name}.npy`));
  const words = ['--simulate', 'int8', '--calibrate', `data=${at('counted')}`, '--write', `rknn=${at('counted.txt')}`];
  expect(await netspec('verify', ...NET, ...INPUT, ...words)).toMatchObject({ code: 0 });
  expect(readFileSync(at('counted.txt'), 'utf8')).toBe(`${at('counted', 'a2.npy')}\n${at('counted', 'a10.npy')}\n`);
});

test('compares with references too, but not a folded layer with what it gave before', async () => {
  await netspec('forward', ...NET, ...INPUT, '-o', at('refs'), '--blobs', 'all');
  const { code, stdout } = await netspec(
    'verify',
    ...NET,
    ...INPUT,
    '--simulate',
    'bf16',
    '-r',
    at('refs'),
    '--no-sensitivity',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /\nagainst references \(1\), at fc: the float net (exact|1\d\d\.\d\d) dB, the simulated net \d\d\.\d\d dB\n/,
  );
});

test('exits with 1 while the outputs have fewer decibels than are wanted, and says what to keep', async () => {
  const { code, stdout } = await netspec('verify', ...NET, ...INPUT, '--simulate', 'int8', '--keep-sqnr', '300');
  expect(code).toBe(1);
  expect(stdout).toMatch(/\n {2}--keep (conv,fc|fc,conv)\n/);
  const kept = await netspec(
    'verify',
    ...NET,
    ...INPUT,
    '--simulate',
    'int8',
    '--keep-sqnr',
    '300',
    '--keep',
    'conv,fc',
  );
  expect(kept.code).toBe(0);
});

test.each([
  [['--keep', 'conv', '-r', 'refs'], '--keep is for --simulate'],
  [
    ['--simulate', 'fp16', '--write', 'ncnn=x'],
    '--write is for int8: fp16 has no scales, and its ranges need no samples',
  ],
  [['--simulate', 'int8', '--write', 'nccn=x'], "--write: there is no form 'nccn'\nhint: did you mean 'ncnn'?"],
  [['--simulate', 'int8', '--fix', 'x'], '--fix mends a port: leave --simulate out'],
  [['--simulate', 'int8', '--calibrate', 'date=x'], "the net has no input 'date'; its inputs are data"],
  [['--simulate', 'int8', '--calibrate', 'data=nowhere'], 'nowhere'],
  [['--simulate', 'fp16', '--calibrate', 'data=x'], '--calibrate is for int8: fp16 has no scales'],
  [['--simulate', 'fp16', '--calibration', 'kl'], 'calibration is for int8: fp16 has no scales'],
])('%j is refused', async (words, message) => {
  const { code, stderr } = await netspec('verify', ...NET, ...INPUT, ...words);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(existsSync('x')).toBe(false);
});
