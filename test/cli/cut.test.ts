/** netspec cut: the folder that it writes is a net that verify holds to its own references. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [NET, WEIGHTS] = [at('tiny.prototxt'), at('tiny.caffemodel')];
const INPUT = `data=${fixture('detection-v2-tiny', 'input.npy')}`;

beforeAll(async () => {
  writeFileSync(NET, (await netspec('build', 'detection-v2', ...TINY)).stdout);
  const packed = await netspec('pack-weights', NET, '--from', fixture('detection-v2-tiny', 'npy_save'), '-o', WEIGHTS);
  expect(packed.stderr).toBe('');
});

describe('netspec cut', () => {
  test('writes a part with its weights, inputs and references, which verify finds right', async () => {
    const words = ['--from', 'backbone_body_layer4_2_relu', '--to', 'backbone_fpn_fpn_layer4', '-i', INPUT];
    const { code, stdout, stderr } = await netspec('cut', NET, '-w', WEIGHTS, ...words, '-o', at('part'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        '2 layers from backbone_body_layer4_2_relu 1x256x3x4 to backbone_fpn_fpn_layer4 1x32x3x4',
        `wrote ${['net.prototxt', 'net.caffemodel', 'inputs/backbone_body_layer4_2_relu.npy', 'references/backbone_fpn_fpn_layer4.npy'].map((file) => at('part', file)).join(', ')}\n`,
      ].join('\n'),
    );
    const input = `backbone_body_layer4_2_relu=${at('part', 'inputs', 'backbone_body_layer4_2_relu.npy')}`;
    const files = [at('part', 'net.prototxt'), '-w', at('part', 'net.caffemodel'), '-i', input];
    const verified = await netspec('verify', ...files, '-r', at('part', 'references'), '--map', 'blobs');
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain('every matched layer agrees');
  });

  test('takes names of blobs that have commas in them', async () => {
    const relu = (bottom: string, top: string) =>
      `layer { name: "${top}" type: "ReLU" bottom: "${bottom}" top: "${top}" }\n`;
    const input = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }\n';
    writeFileSync(at('commas.prototxt'), input + relu('x', 'a,b') + relu('x', 'a') + relu('a,b', 'c'));
    const { code, stdout } = await netspec('cut', at('commas.prototxt'), '--to', 'a,b,c, a', '-o', at('commas'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 layers from x 2 to a,b 2, c 2, a 2\n/);
  });

  test('refuses a folder whose files it reads, and blobs that the net has not', async () => {
    const { code, stderr } = await netspec('cut', NET, '-w', WEIGHTS, '--to', 'rpn_head_cls', '-o', at('none'));
    expect(code).toBe(2);
    expect(stderr).toContain("--to: the net has no blob 'rpn_head_cls'");
    expect(existsSync(at('none'))).toBe(false);
    await netspec('cut', NET, '-w', WEIGHTS, '-o', at('whole'));
    const again = await netspec('cut', at('whole', 'net.prototxt'), '-o', at('whole'));
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain('would be overwritten, which is read');
  });
});
