/** Whatever a command started has ended when it is done, on every path; nothing keeps the process. */
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { Net, writeNpyFile } from '../../src/node.js';
import { isCommand } from '../../src/cli/commands/index.js';
import { fixture, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [net, weights, input] = [at('net.prototxt'), at('net.caffemodel'), `data=${at('x.npy')}`];

/** Enough multiply-adds for the threads of a net to be started: see engine/thread-pool.ts. */
const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 16 dim: 64 dim: 64 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }`;
const WIDE = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4096 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 4096 bias_term: false } }`;

/** A sparse file of 128 MiB or a little more: so much is worth a second thread for copying. */
function large(name: string, head: Uint8Array | string): string {
  const file = openSync(at(name), 'w');
  const length = typeof head === 'string' ? writeSync(file, head, 0, 'latin1') : writeSync(file, head);
  ftruncateSync(file, length + 2 ** 27);
  closeSync(file);
  return at(name);
}

function npyHead(descr: string): string {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (4096, 4096), }`.padEnd(117) + '\n';
  return `\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}`;
}

beforeAll(async () => {
  writeFileSync(net, NET);
  writeFileSync(at('wide.prototxt'), WIDE);
  writeFileSync(at('broken.json'), '{');
  writeFileSync(at('program.ts'), "import { NetSpec, L } from 'netspec';\nexport default new NetSpec();\n");
  mkdirSync(at('refs'));
  const built = await Net.load(NET);
  await built.save(weights);
  built.dispose();
  await writeNpyFile(at('x.npy'), [1, 16, 64, 64], new Float32Array(16 * 64 * 64));
  await writeNpyFile(at('refs', 'conv.npy'), [1, 64, 64, 64], new Float32Array(64 * 64 * 64).fill(9));
  large('zeros.bin', '');
  // Of float64: it is not copied, and the second thread is not needed.
  large('fc.weight.npy', npyHead('<f8'));
});

/** Command lines with their exit codes: of each command one that does all its work, where that is easy, and some that stop early. */
function lines(): Record<string, [code: number, ...words: string[]][]> {
  const run = [net, '-w', weights, '-i', input, '--threads', '2'];
  const picture = fixture('images', 'page.jpg');
  const pack = (code: number, ...words: string[]): [number, ...string[]] => [code, ...words];
  return {
    list: [pack(0)],
    build: [pack(0, 'resnet-50'), pack(0, at('program.ts')), pack(2, 'no-such-net')],
    map: [pack(0, net, '--from', weights), pack(2, net, '--from', at('zeros.bin'))],
    'pack-weights': [
      pack(2, at('no-such.prototxt'), '--from', at('zeros.bin'), '-o', at('y')),
      pack(2, net, '--from', at('zeros.bin'), '-o', at('y')),
      pack(2, net, '--from', at('fc.weight.npy'), '-o', at('y')),
      pack(2, net, '--from', at('fc.weight.npy'), '--map', at('broken.json'), '-o', at('y')),
      pack(
        2,
        at('wide.prototxt'),
        '--from',
        at('fc.weight.npy'),
        '--map',
        'identity',
        '-o',
        at('no', 'such', 'folder'),
      ),
      pack(0, at('wide.prototxt'), '--from', at('fc.weight.npy'), '--map', 'identity', '-o', at('wide.caffemodel')),
    ],
    verify: [
      pack(1, ...run, '-r', at('refs')),
      pack(0, ...run, '--against', net, weights),
      pack(2, ...run, '-r', at('nowhere')),
      pack(2, ...run, '--against', net, at('nowhere')),
    ],
    draw: [pack(0, net, '-o', at('net.svg')), pack(2, at('nowhere'))],
    preprocess: [pack(0, picture, '-o', at('y.npy')), pack(2, at('nowhere'), '-o', at('y.npy'))],
    detect: [pack(2, picture, '--net', net, '-w', weights)],
    classify: [pack(2, picture, '--net', net, '-w', weights)],
    forward: [
      pack(0, ...run, '-o', at('out')),
      pack(2, ...run, '-o', net),
      pack(2, net, '-w', at('zeros.bin'), '-i', input),
    ],
    time: [pack(0, net, '-w', weights, '-n', '1', '--threads', '2'), pack(2, net, '-w', at('nowhere'))],
    inspect: [pack(0, weights, '--stats'), pack(2, at('zeros.bin'))],
    convert: [pack(0, net, at('y.caffemodel')), pack(2, weights, at('no', 'such', 'folder.prototxt'))],
    diff: [pack(0, net, net), pack(2, net, at('nowhere'))],
    extract: [pack(0, weights, '--all', '-o', at('arrays')), pack(2, weights, '--all', '-o', net)],
    optimize: [
      pack(0, net, weights, '-o', at('small.prototxt')),
      pack(2, net, at('zeros.bin'), '-o', at('small.prototxt')),
    ],
  };
}

test('every command, done and failing, leaves nothing running', async () => {
  const table = lines();
  expect(Object.keys(table).filter((name) => !isCommand(name))).toEqual([]);
  const given = Object.entries(table).flatMap(([name, each]) =>
    each.map(([code, ...words]) => ({ code, words: [name, ...words] })),
  );
  const program = path.join(import.meta.dirname, 'teardown-program.ts');
  const words = JSON.stringify(given.map((line) => line.words));
  const options = { cwd: path.join(import.meta.dirname, '..', '..'), timeout: 240_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, words], options);
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(found).toEqual(given.map((line) => ({ ...line, threads: 0, resources: [] })));
}, 300_000);
