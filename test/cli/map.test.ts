/** A proposed map, from the command line to a packed net. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const npySave = fixture('detection-v2-tiny', 'npy_save');
const net = at('net.prototxt');

beforeAll(async () => {
  await netspec('build', 'detection-v2', ...TINY, '-o', net);
});

describe('netspec map', () => {
  test('what it prints packs as it is, to the same bytes as the preset', async () => {
    const { code, stdout, stderr } = await netspec('map', net, '--from', npySave);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        'matched: 164, of which 112 by name, 10 by shape alone, 42 by pattern, 0 unsure\n' +
        '--map maskrcnn-benchmark fills this net as well\n',
    });
    writeFileSync(at('map.json'), stdout);
    const packed = await netspec('pack-weights', net, '--from', npySave, '--map', at('map.json'), '-o', at('a'));
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    await netspec('pack-weights', net, '--from', npySave, '-o', at('b'));
    expect(readFileSync(at('a')).equals(readFileSync(at('b')))).toBe(true);
  });

  test('exit 1, and what is open, when something is', async () => {
    const source = at('source');
    cpSync(npySave, source, { recursive: true });
    rmSync(path.join(source, 'backbone_body_stem_conv1_weight.npy'));
    const { code, stdout, stderr } = await netspec('map', net, '--from', source);
    expect(code).toBe(1);
    expect(stderr).toContain('\nunfilled: blob 0 of backbone_body_stem_conv1 (8x3x7x7)\n');
    expect(JSON.parse(stdout)).toHaveProperty('rules');
    const json = await netspec('map', net, '--from', source, '--json');
    expect(json).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      complete: false,
      unfilled: [{ layer: 'backbone_body_stem_conv1', type: 'Convolution', blob: 0, shape: [8, 3, 7, 7] }],
      unused: [],
      problems: [],
    });
  });

  test('bad input', async () => {
    expect(await netspec('map', net, '--from', at('nowhere'))).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${at('nowhere')}: cannot read: no such file or directory\n`,
    });
    expect(await netspec('map', net)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'netspec: --from is missing\nsee netspec map --help\n',
    });
  });
});

describe('pack-weights --map FILE', () => {
  const pack = (...words: string[]) => netspec('pack-weights', net, '--from', npySave, '--dry-run', ...words);

  test('shows what each blob gets, with what is done to it', async () => {
    const file = at('bgr.json');
    const rule = { layer: '(.*stem_conv1)', blob: 0, from: '$1_weight', transform: ['rgb-bgr', { scale: 255 }] };
    writeFileSync(file, JSON.stringify({ extends: 'maskrcnn-benchmark', rules: [rule] }));
    const { code, stdout } = await pack('--map', file, '--verbose');
    expect(code).toBe(0);
    const line = stdout.split('\n').find((each) => each.startsWith('backbone_body_stem_conv1 '))!;
    expect(line.split(/ {2,}/)).toEqual([
      'backbone_body_stem_conv1',
      '0',
      '8x3x7x7',
      'backbone_body_stem_conv1_weight (rgb-bgr, × 255)',
    ]);
    expect(stdout).toContain('\nsources: 301 of 301 arrays used, 0 unused\n');
  });

  test('a rule without use is remarked on', async () => {
    const file = at('unused.json');
    writeFileSync(
      file,
      JSON.stringify({ extends: 'maskrcnn-benchmark', rules: [{ layer: 'stem_conv1', module: 'x' }] }),
    );
    const { code, stdout } = await pack('--map', file);
    expect(code).toBe(0);
    expect(stdout).toContain("\nnote: rule 1 is never used: no layer is called 'stem_conv1'\n");
  });

  test('a file that cannot be understood', async () => {
    const file = at('wrong.json');
    writeFileSync(file, '{ "rules": [{ "layer": "(.)", "module": "$2" }] }');
    expect(await pack('--map', file)).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${file}: rule 1, 'module': there is no capture '2' in 'layer', which has 1 capture\n`,
    });
  });
});
