/** netspec verify with measures, tolerances, a baseline, CSV and JUnit, on detection-v2 at 1/8 width. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [NET, WEIGHTS] = [at('tiny.prototxt'), at('tiny.caffemodel')];
const INPUT = `data=${fixture('detection-v2-tiny', 'input.npy')}`;
const verify = (stemPool: 'ceil' | 'floor_pad1', ...words: string[]) =>
  netspec(
    ...['verify', NET, '-w', WEIGHTS, '-i', INPUT, '--no-diagnose'],
    ...['-r', fixture('detection-v2-tiny', `outputs_${stemPool}`)],
    ...words,
  );

beforeAll(async () => {
  expect((await netspec('build', 'detection-v2', ...TINY, '-o', NET)).code).toBe(0);
  const packed = await netspec('pack-weights', NET, '--from', fixture('detection-v2-tiny', 'npy_save'), '-o', WEIGHTS);
  expect(packed.stderr).toBe('');
});

test('--metric says what the columns are', async () => {
  const { code, stdout } = await verify('floor_pad1', '--metric', 'cosine,sqnr', '--metric', 'p99');
  expect(code).toBe(1);
  const [head, , , , pooled] = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(head).toEqual(['layer', 'type', 'shape', 'cosine', 'sqnr', 'p99', 'allclose']);
  expect(pooled).toEqual([
    ...['backbone_body_stem_maxpool', 'Pooling', '1x8x24x32'],
    ...['0.918093', '7.78', '3.41', 'NO (4370 of 6144)'],
  ]);
});

test('--csv and --junit have each layer', async () => {
  const files = ['--csv', at('figures.csv'), '--junit', at('figures.xml')];
  const { code, stderr } = await verify('floor_pad1', '--metric', 'sqnr', ...files);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `wrote ${at('figures.csv')}, ${at('figures.xml')}\n` });
  const [head, ...rows] = readFileSync(at('figures.csv'), 'utf8').trimEnd().split('\n');
  expect(head).toBe('layer,type,top,shape,reference,status,max_abs,max_rel,cosine,outside,count,sqnr,failed');
  expect(rows.filter((row) => row.includes(',agrees,')).length).toBe(2);
  expect(rows.find((row) => row.startsWith('backbone_body_stem_maxpool,'))).toMatch(
    /^backbone_body_stem_maxpool,Pooling,backbone_body_stem_maxpool,1x8x24x32,backbone_body_stem_output,diverges,5\.67\d*,0\.78\d*,0\.918\d*,4370,6144,7\.77\d*,$/,
  );
  const xml = readFileSync(at('figures.xml'), 'utf8');
  expect(xml).toContain(`<testsuite name="netspec verify ${NET}" tests="221" failures="219" errors="0" skipped="0">`);
  expect(xml).toContain(
    '<testcase name="backbone_body_stem_maxpool" classname="Pooling">\n      <failure message="max abs 5.67, max rel 0.788, cosine 0.918093, 4370 of 6144 values outside the tolerance"/>',
  );
  expect(xml).toContain('    <testcase name="backbone_body_stem_bn1" classname="Scale"/>\n');
});

test('--tolerance decides layer by layer', async () => {
  writeFileSync(
    at('tolerance.json'),
    '{ "types": { "Pooling": { "cosine": 0.95 } }, "default": { "rtol": 10, "atol": 10 } }',
  );
  const failing = await verify('floor_pad1', '--tolerance', at('tolerance.json'), '--failures-only');
  expect(failing.code).toBe(1);
  expect(failing.stdout).toContain('NO (cosine 0.918, at least 0.95)');
  expect(failing.stdout).toContain(`tolerances of layers: ${at('tolerance.json')}\n`);
  writeFileSync(
    at('tolerance.json'),
    '{ "types": { "Pooling": { "cosine": 0.9 } }, "default": { "rtol": 10, "atol": 10 } }',
  );
  expect((await verify('floor_pad1', '--tolerance', at('tolerance.json'))).code).toBe(0);
});

test('--baseline fails for what got worse only', async () => {
  const baseline = at('baseline.json');
  // Exit 1 as ever: the port diverges.
  expect((await verify('floor_pad1', '--save-baseline', baseline)).code).toBe(1);
  const same = await verify('floor_pad1', '--baseline', baseline);
  expect(same.code).toBe(0);
  expect(same.stdout).toContain(`nothing is worse than in ${baseline}\n`);
  expect((await verify('ceil', '--baseline', baseline)).code).toBe(0);
  await verify('ceil', '--save-baseline', at('right.json'));
  const worse = await verify('floor_pad1', '--baseline', at('right.json'), '--junit', at('worse.xml'), '--json');
  expect(worse.code).toBe(1);
  const { baseline: compared } = JSON.parse(worse.stdout) as { baseline: { ok: boolean; worse: unknown[] } };
  expect(compared.ok).toBe(false);
  expect(compared.worse).toHaveLength(219);
  expect(readFileSync(at('worse.xml'), 'utf8')).toContain('<failure message="agreed, now diverges; max-abs was');
});

describe('bad input', () => {
  test.each([
    [['--metric', 'cosin'], "--metric: there is no measure 'cosin'\nhint: did you mean 'cosine'?"],
    [['--metric', ','], "--metric expects names separated by commas, got ','"],
    [['--tolerance', 'none.json'], 'none.json: cannot read: no such file or directory'],
    [['--baseline', 'none.json'], 'none.json: cannot read: no such file or directory'],
    [['--csv', 'x', '--junit', './x'], '--csv and --junit name the same file: x'],
  ])('%j', async (words, message) => {
    const { code, stderr } = await verify('ceil', ...words);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a tolerance of a layer that the net has not', async () => {
    writeFileSync(at('wrong.json'), '{ "layers": { "backbone_body_stem_maxpol": { "rtol": 1 } } }');
    const { code, stderr } = await verify('ceil', '--tolerance', at('wrong.json'), '--csv', at('unwritten.csv'));
    expect(code).toBe(2);
    expect(stderr).toBe(
      "netspec: tolerances: the net has no layer 'backbone_body_stem_maxpol'\nhint: did you mean 'backbone_body_stem_maxpool'?\n",
    );
    expect(existsSync(at('unwritten.csv'))).toBe(false);
  });
});
