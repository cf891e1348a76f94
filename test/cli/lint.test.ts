/** netspec lint: reports, exit codes, --fix. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatPrototxt, parsePrototxt } from '../../src/index.js';
import { netspec } from './support.js';

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const NOTEBOOK = fixture('netspec/detection_v2_notebook.prototxt');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'netspec-lint-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  const to = path.join(folder, name);
  writeFileSync(to, text);
  return to;
};

const INPUT =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n';
const CLEAN = `${INPUT}layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }\n`;
const DUMMY =
  '# a comment\nlayer {\n  name: "data"\n  type: "DummyData"\n  top: "data"\n  dummy_data_param { shape { dim: 1 dim: 3 } }\n}\n' +
  'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }\n';

describe('the net of the notebook', () => {
  test('its three mistakes are named, with lines', async () => {
    const { code, stdout } = await netspec('lint', NOTEBOOK, '--json');
    expect(code).toBe(1);
    const found = JSON.parse(stdout) as { rule: string; line: number; layer: { name: string } }[];
    expect(found.map(({ rule, layer, line }) => [rule, layer.name, line])).toEqual([
      ['dummy-data-input', 'data', 1],
      ['dense-bilinear-deconvolution', 'backbone_fpn_fpn_inner3_upsample', expect.any(Number)],
      ['dense-bilinear-deconvolution', 'backbone_fpn_fpn_inner2_upsample', expect.any(Number)],
      ['in-place-shared-blob', 'backbone_fpn_topblocks_p6relu', expect.any(Number)],
    ]);
    const lines = readFileSync(NOTEBOOK, 'utf8').split('\n');
    const headed = found
      .slice(1)
      .map(({ line, layer }) => lines.slice(line - 8, line).some((each) => each.includes(layer.name)));
    expect(headed).toEqual([true, true, true]);
  });

  test('--fix makes it the net that equals the PyTorch model', async () => {
    const tiny = [
      '--stem-width',
      '8',
      '--stage-widths',
      '8,16,32,64',
      '--pyramid-channels',
      '32',
      '--input-size',
      '96x128',
    ];
    const notebook = await netspec('build', 'detection-v2', '--variant', 'notebook', ...tiny);
    const net = file('notebook.prototxt', notebook.stdout);
    const { code, stdout } = await netspec('lint', net, '--fix');
    expect(stdout).toContain('0 errors, 0 warnings, 0 notes');
    expect(code).toBe(0);
    const data = fixture('detection-v2-tiny');
    const weights = path.join(folder, 'net.caffemodel');
    await netspec('pack-weights', net, '--from', path.join(data, 'npy_save'), '-o', weights);
    const verified = await netspec(
      ...['verify', net, '-w', weights, '-i', `data=${path.join(data, 'input.npy')}`],
      ...['-r', path.join(data, 'outputs_ceil')],
    );
    expect(verified.stdout).toContain('221 of 221 references matched');
    expect(verified.code).toBe(0);
  }, 120_000);
});

test('a net without mistakes: exit 0', async () => {
  const { code, stdout } = await netspec('lint', file('clean.prototxt', CLEAN));
  expect([code, stdout]).toEqual([0, '0 errors, 0 warnings, 0 notes\n']);
});

test('a mistake is shown with place, rule and patch; exit 1', async () => {
  const net = file('dummy.prototxt', DUMMY);
  const { code, stdout } = await netspec('lint', net);
  expect(code).toBe(1);
  expect(stdout).toContain(`${net}:2:1: error: layer 'data' (DummyData): It is no input: the net has none`);
  expect(stdout).toContain('[dummy-data-input]\n  fix, made by --fix: make it an Input layer\n--- ');
  expect(stdout).toMatch(/\n- {2}type: "DummyData"\n\+ {2}type: "Input"\n/);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 error, 0 warnings, 0 notes; --fix mends 1');
});

test('options are named as the command line has them, also in JSON', async () => {
  const net = file('training.prototxt', DUMMY.replace('top: "data"', 'top: "data" include { phase: TRAIN }'));
  const hint = "; --phase TRAIN has it, or write an Input layer for 'data' without rules";
  expect((await netspec('lint', net)).stdout).toContain(hint);
  expect((await netspec('lint', net, '--json')).stdout).toContain(hint);
});

test('--fix writes the file, or another, and keeps what it does not edit', async () => {
  const net = file('fix.prototxt', DUMMY);
  const other = path.join(folder, 'other.prototxt');
  const { code, stdout } = await netspec('lint', net, '--fix', '-o', other);
  expect(code).toBe(0);
  expect(stdout).toContain(
    `fixed: ${net}:2:1: layer 'data' (DummyData): dummy-data-input: make it an Input layer\nwrote ${other}\n`,
  );
  expect(readFileSync(net, 'utf8')).toBe(DUMMY);
  const fixed = readFileSync(other, 'utf8');
  expect(fixed).toMatch(/^# a comment\nlayer \{\n {2}name: "data"\n {2}type: "Input"\n/);
  await netspec('lint', net, '--fix');
  expect(readFileSync(net, 'utf8')).toBe(fixed);
  expect(formatPrototxt(parsePrototxt(fixed))).toContain('input_param {');
});

test('as SARIF', async () => {
  const { stdout } = await netspec('lint', file('sarif.prototxt', DUMMY), '--sarif');
  const log = JSON.parse(stdout) as { version: string; runs: { results: unknown[] }[] };
  expect(log.version).toBe('2.1.0');
  expect(log.runs[0]!.results).toMatchObject([
    {
      ruleId: 'dummy-data-input',
      level: 'error',
      locations: [{ physicalLocation: { region: { startLine: 2, startColumn: 1 } } }],
    },
  ]);
});

test('targets by name and from a file', async () => {
  const net = file('swish.prototxt', `${INPUT}layer { name: "s" type: "Swish" bottom: "data" top: "s" }\n`);
  const own = file(
    'own.json',
    JSON.stringify({
      name: 'own',
      title: 'My chip',
      sources: { page: 'page 3' },
      layers: { without: ['Swish'], source: 'page' },
    }),
  );
  const { code, stdout } = await netspec('lint', net, '--target', `caffe-1.0,${own}`);
  expect(code).toBe(1);
  expect(stdout).toContain('Caffe 1.0 (tag of April 2017) has no Swish layers.');
  expect(stdout).toContain('My chip has no Swish layers.  [target-layers]\n  target own; source: page 3\n');
});

test.each([
  [['--target', 'asend'], "no target 'asend'"],
  [['--rule', 'foo'], "no lint rule 'foo'"],
  [['-o', 'x'], '--output is for the net that --fix mends'],
  [['--json', '--sarif'], 'give --json or --sarif, not both'],
  [['-w', fixture('detection-v2-tiny/input.npy')], 'input.npy'],
])('bad usage: %j', async (words, message) => {
  const { code, stderr } = await netspec('lint', file('bad.prototxt', CLEAN), ...words);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('list --targets', async () => {
  const { code, stdout } = await netspec('list', '--targets');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^target +toolchain +reads Caffe today +facts\n(.*\n)*ascend /);
});
