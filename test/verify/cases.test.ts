/** Situations that users met, on the command line: files of test/fixtures/cases, what verify must say, and what it must not. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { netspec, fixture, temporaryFolder, type CliResult } from '../cli/support.js';

interface Json {
  ok: boolean;
  matched: number;
  references: number;
  causes: { id: string; layer: string; label: string; explanation: string; fix: string; fixPlace: string }[];
  tried: { at: string; id: string }[];
  layers: { label: string; name: string; ok: boolean | null; isolated: { ok: boolean | null } | null }[];
}

/** Runs `netspec verify` on files of a case. A word with a dot, or `ref` and what begins so, is a file. */
async function verify(name: string, words: string): Promise<CliResult & { json: Json }> {
  const args = words
    .split(' ')
    .map((word) =>
      word.replace(
        /^(\w+=)?([\w-]+\.[\w.]+|ref\w*)$/,
        (_, key: string | undefined, file: string) => `${key ?? ''}${fixture('cases', name, file)}`,
      ),
    );
  const result = await netspec('verify', ...args);
  const { stdout } = await netspec('verify', ...args, '--json');
  return { ...result, json: JSON.parse(stdout) as Json };
}

const folder = temporaryFolder();

describe('a right port', () => {
  test.each([
    ['bn-scale-pair', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref', 'bn1 + bn1_scale'],
    ['bn-scale-pair', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref --map map.json', 'bn1 + bn1_scale'],
    [
      'bn-scale-pair',
      'net.prototxt -w net.caffemodel -i data=x.npy -r ref --map torchvision-resnet',
      'bn1 + bn1_scale',
    ],
    ['upsample-bilinear', 'byhand.prototxt -w byhand.caffemodel -i data=x.npy -r ref', 'up + up_border'],
    ['output-padding', 'fixed.prototxt -w fixed.caffemodel -i data=x.npy -r ref', 'dec1'],
    ['same-padding', 'fixed.prototxt -w fixed.caffemodel -i data=x.npy -r ref', 'Conv1'],
  ])('%s: %s', async (name, words, row) => {
    const { code, stdout, json } = await verify(name, words);
    expect({ code, causes: json.causes, tried: json.tried }).toEqual({ code: 0, causes: [], tried: [] });
    expect(stdout).toContain(`${json.references} of ${json.references} references matched`);
    expect(stdout).toContain('every matched layer agrees');
    expect(json.layers.map(({ label }) => label)).toContain(row);
  });

  test('packs by the identity map: the Scale takes weight and bias of the BatchNorm before it', async () => {
    cpSync(fixture('cases', 'bn-scale-pair'), folder, { recursive: true });
    const file = (name: string) => path.join(folder, name);
    const [net, weights] = [file('net.prototxt'), file('packed.caffemodel')];
    const packed = await netspec('pack-weights', net, '--map', 'identity', '--from', file('m.pth'), '-o', weights);
    expect(packed).toMatchObject({ code: 0 });
    const { code } = await netspec('verify', net, '-w', weights, '-i', `data=${file('x.npy')}`, '-r', file('ref'));
    expect(code).toBe(0);
  });
});

describe('what is fed', () => {
  test('a layer that reads a reference of another shape is run in that shape', async () => {
    const { code, stdout, json } = await verify(
      'output-padding',
      'net.prototxt -w net.caffemodel -i data=x.npy -r ref',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('fed the references of what they read, 1 of 2 layers diverge: dec1');
    expect(json.tried.filter(({ at }) => at === 'head')).toEqual([]);
  });
});
