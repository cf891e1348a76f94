/** netspec reduce: the folder that it writes holds a net that fails, and the command in its README shows that. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [NET, WEIGHTS] = [at('tiny.prototxt'), at('tiny.caffemodel')];
const PORT = [NET, '-w', WEIGHTS, '-i', `data=${fixture('detection-v2-tiny', 'input.npy')}`];
const outputs = (stemPool: string) => fixture('detection-v2-tiny', `outputs_${stemPool}`);

beforeAll(async () => {
  expect((await netspec('build', 'detection-v2', ...TINY, '-o', NET)).code).toBe(0);
  const packed = await netspec('pack-weights', NET, '--from', fixture('detection-v2-tiny', 'npy_save'), '-o', WEIGHTS);
  expect(packed.stderr).toBe('');
});

describe('netspec reduce', () => {
  test('writes the two layers of detection-v2 that pool otherwise than PyTorch', async () => {
    const { code, stdout, stderr } = await netspec('reduce', ...PORT, '-r', outputs('floor_pad1'), '-o', at('failing'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const verify =
      'netspec verify net.prototxt -w net.caffemodel -i backbone_body_stem_bn1=inputs/backbone_body_stem_bn1.npy ' +
      '-r references --map blobs --rtol 0.001 --atol 0.0001';
    expect(stdout).toBe(
      [
        '2 of 275 layers fail alone: backbone_body_stem_relu, backbone_body_stem_maxpool',
        `wrote ${at('failing', 'net.prototxt')} with its weights, inputs, references and README.md; to see it:`,
        `  cd ${at('failing')} && ${verify}\n`,
      ].join('\n'),
    );
    const readme = readFileSync(at('failing', 'README.md'), 'utf8');
    expect(readme).toContain(`    ${verify}\n`);
    expect(readme).toContain('What explains it: pooling-window at backbone_body_stem_maxpool (Pooling)');
    const words = verify
      .split(' ')
      .slice(1)
      .map((word) => word.replace(/(^|=)(net\.|inputs|references)/, `$1${at('failing')}/$2`));
    const verified = await netspec(...words);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain('pooling-window at backbone_body_stem_maxpool');
  });

  test('takes the tolerances of layers, and hands them on', async () => {
    const tolerance = at('tolerance.json');
    const pool = 'backbone_body_stem_maxpool';
    // The port pools otherwise, by far more than rounding; the layers behind it are let alone.
    const rules = { layers: { [pool]: { cosine: 0.9999 } }, default: { cosine: -1 } };
    writeFileSync(tolerance, JSON.stringify(rules));
    const words = ['-r', outputs('floor_pad1'), '--tolerance', tolerance, '-o', at('limited')];
    const { code, stdout } = await netspec('reduce', ...PORT, ...words);
    expect(code).toBe(0);
    expect(stdout).toContain(` --rtol 0.001 --atol 0.0001 --tolerance tolerance.json\n`);
    expect(JSON.parse(readFileSync(at('limited', 'tolerance.json'), 'utf8'))).toEqual({
      layers: { [pool]: rules.layers[pool] },
    });
    expect(readFileSync(at('limited', 'README.md'), 'utf8')).toMatch(/^ {4}cosine 0\.\d+, at least 0\.9999$/m);
    const part = (name: string) => at('limited', name);
    const blob = 'backbone_body_stem_bn1';
    const verified = await netspec(
      ...['verify', part('net.prototxt'), '-w', part('net.caffemodel'), '-i', `${blob}=${part(`inputs/${blob}.npy`)}`],
      ...['-r', part('references'), '--map', 'blobs', '--tolerance', part('tolerance.json')],
    );
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/cosine 0\.\d+, at least 0\.9999/);
  });

  test('says in JSON what it wrote', async () => {
    const words = ['-r', outputs('floor_pad1'), '-o', at('json'), '--json'];
    const { code, stdout } = await netspec('reduce', ...PORT, ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      folder: at('json'),
      prototxt: 'net.prototxt',
      weights: 'net.caffemodel',
      layers: ['backbone_body_stem_relu', 'backbone_body_stem_maxpool'],
      wholeLayers: 275,
      at: 'backbone_body_stem_maxpool',
      cause: { id: 'pooling-window', layer: 'backbone_body_stem_maxpool' },
      inputs: { backbone_body_stem_bn1: 'inputs/backbone_body_stem_bn1.npy' },
      references: { backbone_body_stem_maxpool: 'references/backbone_body_stem_maxpool.npy' },
    });
  });

  test('refuses a port whose layers all agree, and asks for references', async () => {
    const { code, stderr } = await netspec('reduce', ...PORT, '-r', outputs('ceil'), '-o', at('none'));
    expect(code).toBe(2);
    expect(stderr).toBe(
      'netspec: every matched layer agrees: there is nothing to reduce\nhint: a part that works is what netspec cut writes\n',
    );
    expect(existsSync(at('none'))).toBe(false);
    const unasked = await netspec('reduce', ...PORT, '-o', at('none'));
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('say what to compare with: -r REFERENCES, --onnx MODEL, or --against NET2 W2');
  });
});
