/** Files of another kind than expected, given to commands; and solvers, which two commands read. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeNpyFile } from '../../src/node/npy-folder.js';
import { encodeNet } from '../../src/proto/codec.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { WEIGHT_EXTENSIONS } from '../../src/weights/formats/index.js';
import { netspec, temporaryFolder } from './support.js';
import * as wire from '../proto/wire-bytes.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const NET = `name: "n"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 3 } }
`;
const SOLVER = `net: "train_val.prototxt"
base_lr: 0.01
lr_policy: "step"
max_iter: 10
solver_mode: GPU
solver_type: ADAM
`;
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const onnx = Uint8Array.from([...wire.int(1, 7), ...wire.bytes(2, 'pytorch'), ...wire.bytes(7, [10, 0])]);
const FILES: Record<string, string | Uint8Array> = {
  'm.prototxt': NET,
  'train_val.prototxt': NET,
  'solver.prototxt': SOLVER,
  'html.prototxt': '<!DOCTYPE html>\n<html><head><title>deploy.prototxt at master</title></head></html>\n',
  'utf16.prototxt': utf16(NET),
  'mixed.prototxt': `${NET}layers { bottom: "conv" top: "prob" name: "prob" type: "Softmax" }\n`,
  'a.caffemodel': encodeNet(parsePrototxt('name: "a" layer { name: "data" type: "Input" }')),
  'long.caffemodel': encodeNet(parsePrototxt('name: "a longer name" layer { name: "data" type: "Input" }')),
  'lfs.caffemodel': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
  weights_a: onnx,
  weights_b: Buffer.from('\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0', 'latin1'),
  weights_c: 'epoch 1, loss 0.61\nepoch 2, loss 0.44\n',
  'picture.jpg': Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'),
};

beforeAll(async () => {
  mkdirSync(at('refs'));
  await writeNpyFile(at('refs', 'conv.npy'), [1], Float32Array.of(1));
  for (const [name, contents] of Object.entries(FILES)) writeFileSync(at(name), contents);
});

/** What a command that fails says, without the folder's path. */
async function said(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await netspec(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr.replaceAll(`${folder}/`, '').trimEnd().split('\n');
}

describe('as a net', () => {
  test.each<[file: string, reason: string, hint: string]>([
    [
      'html.prototxt',
      'html.prototxt:1:1: Expected identifier, got: <',
      'this is a web page (HTML); download the raw file',
    ],
    [
      'utf16.prototxt',
      'utf16.prototxt: expected a net (a prototxt or a caffemodel), got UTF-16 text',
      'save it as UTF-8',
    ],
    [
      'mixed.prototxt',
      `mixed.prototxt:4:56: layer 'prob': Expected integer or identifier, got: "Softmax"`,
      'layers is the old (V1) spelling, whose types are enums (SOFTMAX); write layer',
    ],
    [
      'lfs.caffemodel',
      'lfs.caffemodel:1:9: Message type "caffe.NetParameter" has no field named "version".',
      'this is a Git LFS pointer; fetch the file itself with git lfs pull',
    ],
    [
      'weights_a',
      'weights_a: expected a net (a prototxt or a caffemodel), got an ONNX model',
      'import it: it holds a net and its weights',
    ],
    [
      'weights_c',
      'weights_c:1:7: Message type "caffe.NetParameter" has no field named "epoch".',
      'NetParameter has name, layers, input, input_dim, force_backward, state, debug_info, input_shape, layer',
    ],
    ['picture.jpg', 'picture.jpg: expected a net (a prototxt or a caffemodel), got a JPEG picture', ''],
  ])('inspect, draw, convert and diff of %s', async (file, reason, hint) => {
    const expected = [reason, ...(hint === '' ? [] : [`hint: ${hint}`])].join('\n');
    for (const words of [
      ['inspect', at(file)],
      ['draw', at(file)],
      ['convert', at(file)],
      ['diff', at(file), at(file)],
    ])
      expect((await said(...words)).join('\n')).toContain(expected);
  });

  test('a solver is said to be one by commands that want a net', async () => {
    for (const words of [
      ['draw', at('solver.prototxt')],
      ['forward', at('solver.prototxt')],
      ['diff', at('m.prototxt'), at('solver.prototxt')],
    ])
      expect(await said(...words)).toEqual([
        'netspec: solver.prototxt:1:4: Message type "caffe.NetParameter" has no field named "net".',
        "hint: this is a solver's prototxt; its net is train_val.prototxt",
      ]);
  });

  test("a binary net where text is wanted has one hint, whatever its name's length; draw and inspect read it", async () => {
    for (const name of ['a.caffemodel', 'long.caffemodel']) {
      expect(await said('time', at(name))).toEqual([
        `netspec: ${name}: expected the prototxt of a net, got a binary net (a caffemodel)`,
        'hint: give the prototxt, or convert it to text',
      ]);
      for (const words of [
        ['draw', at(name)],
        ['inspect', at(name)],
      ])
        expect((await netspec(...words)).code).toBe(0);
    }
  });

  test('--stats of what holds no values', async () => {
    expect(await said('inspect', at('m.prototxt'), '--stats')).toEqual([
      'netspec: m.prototxt: a prototxt holds no values for --stats',
      'hint: inspect the caffemodel',
    ]);
    expect(await said('inspect', at('lfs.caffemodel'), '--stats')).toEqual([
      'netspec: lfs.caffemodel: expected a caffemodel, got a Git LFS pointer',
      'hint: fetch the file itself with git lfs pull',
    ]);
  });
});

describe('as weights', () => {
  const pack = (file: string) =>
    said('pack-weights', at('m.prototxt'), '--map', 'identity', '--from', at(file), '-o', at('z.caffemodel'));

  test.each([
    ['weights_a', 'an ONNX model', 'import it: it holds a net and its weights'],
    [
      'weights_b',
      'an HDF5 file',
      'if Keras wrote it, save its weights as .npz; if Caffe wrote it (.caffemodel.h5), save a binary .caffemodel',
    ],
    ['weights_c', 'a text file', `weights are read from ${WEIGHT_EXTENSIONS.join(', ')}`],
    [
      'm.prototxt',
      "a net's prototxt (text)",
      'it holds no weights; these are in a .caffemodel, a checkpoint or the like',
    ],
    ['lfs.caffemodel', 'a Git LFS pointer', 'fetch the file itself with git lfs pull'],
    ['html.prototxt', 'a web page (HTML)', 'download the raw file'],
  ])('pack-weights --from %s', async (file, kind, hint) => {
    expect(await pack(file)).toEqual([`netspec: ${file}: expected weights, got ${kind}`, `hint: ${hint}`]);
  });

  test.each([
    ['verify', ['-r', at('refs')]],
    ['forward', []],
    ['time', []],
  ])('%s -w', async (command, words) => {
    expect(await said(command, at('m.prototxt'), '-w', at('weights_a'), ...words)).toContain(
      'netspec: weights_a: expected a caffemodel, got an ONNX model',
    );
  });
});

describe('solvers', () => {
  test('inspect shows the settings', async () => {
    expect(await netspec('inspect', at('solver.prototxt'))).toEqual({
      code: 0,
      stdout:
        'solver       value\n' +
        'base_lr      0.01\n' +
        'max_iter     10\n' +
        'lr_policy    "step"\n' +
        'solver_mode  GPU\n' +
        'net          "train_val.prototxt"\n' +
        'type         "Adam"\n',
      stderr: '',
    });
    const { stdout } = await netspec('inspect', at('solver.prototxt'), '--json');
    expect(JSON.parse(stdout)).toEqual({
      solver: {
        ...{ net: 'train_val.prototxt', base_lr: Math.fround(0.01), lr_policy: 'step', max_iter: 10 },
        ...{ solver_mode: 'GPU', type: 'Adam' },
      },
    });
    expect((await netspec('inspect', at('solver.prototxt'), '--csv')).stdout).toContain('\nmax_iter,10\n');
  });

  test('inspect --follow shows the net, which may lie beside the solver', async () => {
    const { code, stdout, stderr } = await netspec('inspect', at('solver.prototxt'), '--follow');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `note: the net of ${at('solver.prototxt')} is ${at('train_val.prototxt')}\n`,
    });
    expect(stdout).toBe((await netspec('inspect', at('train_val.prototxt'))).stdout);
  });

  test('inspect --follow takes the net of the phase, from a path below the folder that Caffe runs in, or within', async () => {
    mkdirSync(at('models'));
    writeFileSync(at('models', 'train.prototxt'), NET.replace('num_output: 2', 'num_output: 5'));
    writeFileSync(at('models', 'test.prototxt'), NET.replace('num_output: 2', 'num_output: 7'));
    writeFileSync(
      at('models', 'solver.prototxt'),
      'train_net: "models/train.prototxt"\ntest_net: "models/test.prototxt"\nbase_lr: 0.1\n',
    );
    const channels = async (...words: string[]) =>
      /1x(\d+)x6x6/.exec((await netspec('inspect', '--follow', ...words)).stdout)?.[1];
    expect(await channels(at('models', 'solver.prototxt'))).toBe('7');
    expect(await channels(at('models', 'solver.prototxt'), '--phase', 'TRAIN')).toBe('5');
    writeFileSync(at('within.prototxt'), `base_lr: 0.1\nnet_param { ${NET.replaceAll('\n', ' ')} }\n`);
    expect(await channels(at('within.prototxt'))).toBe('2');
    expect((await netspec('inspect', at('within.prototxt'))).stdout).toContain('net_param  { … }');
  });

  test('a net that is not there, or not named', async () => {
    writeFileSync(at('lost.prototxt'), 'net: "a/b.prototxt"\nbase_lr: 0.1\n');
    expect(await said('inspect', '--follow', at('lost.prototxt'))).toEqual([
      "netspec: lost.prototxt: its net 'a/b.prototxt' is not there; looked for a/b.prototxt, a/b.prototxt, b.prototxt",
      'hint: run it where Caffe is run: the path counts from there',
    ]);
    writeFileSync(at('none.prototxt'), 'base_lr: 0.1\n');
    expect(await said('inspect', '--follow', at('none.prototxt'))).toEqual([
      'netspec: none.prototxt: the solver names no net',
    ]);
    expect(await said('inspect', '--stats', at('solver.prototxt'))).toEqual([
      'netspec: solver.prototxt: a solver holds no values for --stats',
    ]);
  });

  test('convert upgrades it, and writes text or binary', async () => {
    const { stdout } = await netspec('convert', at('solver.prototxt'), '--to', 'text');
    // In the order of the fields' numbers, as protobuf prints.
    expect(stdout).toBe(
      'base_lr: 0.01\nmax_iter: 10\nlr_policy: "step"\nsolver_mode: GPU\nnet: "train_val.prototxt"\ntype: "Adam"\n',
    );
    const old = await netspec('convert', at('solver.prototxt'), '--to', 'text', '--no-upgrade');
    expect(old.stdout).toContain('solver_type: ADAM');
    await netspec('convert', at('solver.prototxt'), at('solver.pb'));
    expect(readFileSync(at('solver.pb')).includes('train_val.prototxt')).toBe(true);
    expect(await said('convert', at('solver.prototxt').replace('solver', 'nothing'))).toHaveLength(1);
  });
});
