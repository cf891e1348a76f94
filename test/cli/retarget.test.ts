/** netspec convert --target: files appear only when both nets agree and the target takes the new one. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { randomParameters } from '../optimize/support.js';
import { netspec, temporaryFolder } from './support.js';

const NET = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "clip" type: "Clip" bottom: "conv" top: "conv" clip_param { min: 0 max: 1 } }
layer { name: "bias" type: "Bias" bottom: "conv" top: "bias" }
`;

const bias = (name: string) => `layer { name: "${name}" type: "Bias" bottom: "conv" top: "${name}" }\n`;

describe('netspec convert --target', () => {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder, name);
  const write = async (name: string, text: string) => {
    writeFileSync(at(`${name}.prototxt`), text);
    writeFileSync(at(`${name}.caffemodel`), await randomParameters(text, 2));
    return [at(`${name}.prototxt`), at(`${name}.caffemodel`)] as const;
  };

  test('layers that are changed alike stand in one line', async () => {
    const [net] = await write('alike', NET.replace(/$/, Array.from({ length: 6 }, (_, i) => bias(`b${i}`)).join('')));
    const { stdout } = await netspec('convert', net, at('alike-new.prototxt'), '--target', 'tpu-mlir');
    expect(stdout).toContain('\nbias: 7 layers (Bias) → Scale: bias, b0, b1, … b5\n');
  });

  test('remarks on the file that the user gave, and not on its own', async () => {
    const [net, weights] = await write(
      'fork',
      `${NET}layer { name: "norm" type: "Normalize" bottom: "bias" top: "norm" norm_param { across_spatial: false } }`,
    );
    // Once, of the one file; which of the Caffes that number the fields alike is named is not the question here.
    const remarks = expect.stringMatching(new RegExp(`^note: ${weights} is read as a file of [^\n]*\n$`));
    const target = ['--target', 'rknn1'];
    expect(await netspec('convert', net, at('f.prototxt'), ...target)).toMatchObject({ code: 0, stderr: '' });
    expect(
      await netspec(
        ...['convert', net, at('f.prototxt'), ...target, '-w', weights, '--output-weights', at('f.caffemodel')],
      ),
    ).toMatchObject({ code: 0, stderr: remarks });
    expect(await netspec('optimize', net, weights, '-o', at('small/net.prototxt'))).toMatchObject({ stderr: remarks });
    expect(await netspec('diff', net, weights)).toMatchObject({ stderr: remarks });
  });

  test('writes the net, its weights and the map for verify, and says what it did', async () => {
    const [net, weights] = await write('net', NET);
    const out = [at('out/new.prototxt'), at('out/new.caffemodel')] as const;
    const run = await netspec(
      'convert',
      net,
      out[0],
      '--target',
      'tpu-mlir',
      '-w',
      weights,
      '--output-weights',
      out[1],
    );
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('clip: clip (Clip) → ReLU, Power, ReLU, Power\nbias: bias (Bias) → Scale\n');
    expect(run.stdout).toMatch(
      /outputs: worst difference \S+ of the largest value, in 'bias' \(tolerance 0\.00001; 1 compared/,
    );
    const reader = await CaffemodelReader.open(new Uint8Array(readFileSync(out[1])));
    expect(reader.layers.find(({ name }) => name === 'bias')!.blobs.map(({ count }) => count)).toEqual([4, 4]);
    expect(JSON.parse(readFileSync(at('out/new.map.json'), 'utf8'))).toEqual({
      extends: 'identity',
      references: [{ layer: 'conv', from: 'conv/before_clip', only: true }],
    });
    expect(await netspec('lint', out[0], '--target', 'tpu-mlir', '--rule', 'target-layers')).toMatchObject({ code: 0 });

    // The net as it was gives the references.
    writeFileSync(at('dump.prototxt'), NET);
    const input = at('x.npy');
    expect(await netspec('forward', net, '-w', weights, '-o', at('d'), '-i', `data=${zeros(input)}`)).toMatchObject({
      code: 0,
    });
    const verified = await netspec(
      ...['verify', out[0], '-w', out[1], '-i', `data=${input}`, '-r', at('d'), '--map', at('out/new.map.json')],
    );
    expect(verified).toMatchObject({ code: 0 });
  });

  test('a net without weights is written where the new one needs none', async () => {
    const [net] = await write('plain', NET);
    const run = await netspec('convert', net, at('plain-out.prototxt'), '--target', 'caffe-1.0', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      target: 'caffe-1.0',
      changes: [{ rewrite: 'clip', layer: 'clip', type: 'Clip', becomes: ['ReLU', 'Power', 'ReLU', 'Power'] }],
      remaining: [],
      layers: { before: 4, after: 7 },
      check: { ok: true },
      written: [at('plain-out.prototxt'), at('plain-out.map.json')],
    });
  });

  test('and refused where it does', async () => {
    const [net] = await write('blobs', NET);
    expect(await netspec('convert', net, at('blobs-out.prototxt'), '--target', 'tpu-mlir')).toMatchObject({
      code: 1,
      stderr: 'the net has blobs that its weights lack: give -w and --output-weights: nothing was written\n',
    });
    expect(existsSync(at('blobs-out.prototxt'))).toBe(false);
  });

  test('what remains is listed with its source, and nothing is written unless it is allowed', async () => {
    const [net] = await write(
      'log',
      NET.replace(/layer { name: "bias".*/, '') +
        'layer { name: "l" type: "Log" bottom: "conv" top: "l" log_param { shift: 3 } }',
    );
    const words = ['convert', net, at('log-out.prototxt'), '--target', 'tpu-mlir'];
    const refused = await netspec(...words);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(
      "error: layer 'l' (Log): Sophgo TPU-MLIR has no Log layers.  [target-layers]\n  source: ",
    );
    expect(refused.stderr).toContain('nothing was written');
    expect(existsSync(at('log-out.prototxt'))).toBe(false);
    expect(await netspec(...words, '--allow-remaining')).toMatchObject({ code: 0 });
    expect(readFileSync(at('log-out.prototxt'), 'utf8')).not.toContain('Clip');
  });

  test('nothing is written where the outputs differ', async () => {
    const [net] = await write('differ', NET);
    const run = await netspec('convert', net, at('differ-out.prototxt'), '--target', 'caffe-1.0', '--tolerance', '0');
    expect(run).toMatchObject({
      code: 1,
      stderr: 'the outputs differ by more than the tolerance: nothing was written\n',
    });
    expect(existsSync(at('differ-out.prototxt'))).toBe(false);
  });

  test.each([
    [['--weights', 'w'], '--weights is for --target'],
    [['--allow-remaining'], '--allow-remaining is for --target'],
    [['--target', 'ncnn', '--deploy'], '--deploy and --target exclude each other'],
    [['--target', 'ncnn', '--output-weights', 'w'], '--output-weights needs --weights'],
    [['--target', 'nncn'], "no target 'nncn'"],
  ])('usage: %j', async (words, message) => {
    const [net] = await write('usage', NET);
    const run = await netspec('convert', net, at('usage-out.prototxt'), ...words);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

/** A .npy file of the input's shape. */
function zeros(file: string): string {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }".padEnd(117) + '\n';
  const values = Buffer.alloc(4 * 192);
  for (let i = 0; i < 192; i++) values.writeFloatLE(Math.sin(i), 4 * i);
  writeFileSync(file, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(header), values]));
  return file;
}
