/** The JSON Schemas of the package, held to the files and the reports that they describe. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { loadCommands } from '../src/cli/commands/index.js';
import { TARGETS } from '../src/lint/index.js';
import { MEASURES } from '../src/lint/targets/measures.js';
import { parseTarget } from '../src/lint/targets/parse-target.js';
import { Net } from '../src/node.js';
import { fixture, netspec, temporaryFolder } from './cli/support.js';

const folder = path.join(import.meta.dirname, '..', 'schemas');
const read = (name: string) =>
  JSON.parse(readFileSync(path.join(folder, `${name}.schema.json`), 'utf8')) as { $id: string };
const names = readdirSync(folder).map((file) => file.replace('.schema.json', ''));
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
// Some refer to others.
ajv.addSchema(names.map(read));
const validators = new Map(names.map((name) => [name, ajv.getSchema(`netspec:${name}:1`) as ValidateFunction]));

function problems(name: string, value: unknown): ValidateFunction['errors'] {
  const validate = validators.get(name)!;
  validate(value);
  return validate.errors ?? [];
}

test.each(names)('%s has an identifier with a version', (name) => {
  expect(read(name).$id).toBe(`netspec:${name}:1`);
});

describe('target', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
    expect(problems('target', target)).toEqual([]);
  });

  test('knows every measure', () => {
    const source = { sources: { a: 'a page' }, name: 'mine', title: 'Mine' };
    const limits = Object.keys(MEASURES).map((measure) => ({ measure, source: 'a', max: 1 }));
    expect(problems('target', { ...source, limits })).toEqual([]);
  });

  test.each([
    {},
    { name: 'a', title: 'A' },
    { name: 'a', title: 'A', sources: {}, limit: [] },
    { name: 'a', title: 'A', sources: { x: 'y' }, limits: [{ measure: 'kernle', source: 'x' }] },
    { name: 'a', title: 'A', sources: { x: 'y' }, limits: [{ measure: 'kernel', source: 'x', max: '7' }] },
    { name: 'a', title: 'A', sources: { x: 'y' }, layers: { only: 'ReLU', source: 'x' } },
  ])('refuses what reading a target refuses: %j', (value) => {
    expect(problems('target', value)).not.toEqual([]);
    expect(() => parseTarget(JSON.stringify(value), 't.json')).toThrow('no target');
  });
});

describe('rule-map', () => {
  const files = ['examples/small-detector.map.json'];
  test.each(files)('%s', (file) => {
    expect(problems('rule-map', JSON.parse(readFileSync(path.join(import.meta.dirname, '..', file), 'utf8')))).toEqual(
      [],
    );
  });

  test.each([{ rule: [] }, { rules: [{ layer: 'a' }] }, { references: [{ layer: 'a' }] }])('refuses %j', (value) => {
    expect(problems('rule-map', value)).not.toEqual([]);
  });
});

describe('reports', () => {
  const at = (name: string) => path.join(temporary, name);
  const temporary = temporaryFolder();
  const net = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 } }
    layer { name: "clip" type: "Clip" bottom: "conv" top: "conv" clip_param { min: 0 max: 1 } }
    layer { name: "log" type: "Log" bottom: "conv" top: "log" log_param { shift: 3 } }`;

  const avgpool = (name: string) => fixture('cases', 'avgpool', name);
  const [prototxt, caffemodel] = [avgpool('net.prototxt'), avgpool('net.caffemodel')];
  const photo = fixture('images', 'page.jpg');
  const solver = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed"';
  const detector = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }
    layer { name: "unread" type: "Silence" bottom: "data" }
    layer { name: "loc" type: "DummyData" top: "loc" dummy_data_param { shape { dim: 1 dim: 4 } } }
    layer { name: "conf" type: "DummyData" top: "conf"
      dummy_data_param { shape { dim: 1 dim: 3 } data_filler { type: "constant" value: 0.7 } } }
    layer { name: "priors" type: "DummyData" top: "priors"
      dummy_data_param { shape { dim: 1 dim: 2 dim: 4 } data_filler { type: "uniform" min: 0.1 max: 0.9 } } }
    layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out"
      detection_output_param { num_classes: 3 code_type: CENTER_SIZE confidence_threshold: 0.5 } }`;
  const classifier = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 4 } }
    layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }`;

  beforeAll(async () => {
    writeFileSync(at('net.prototxt'), net);
    writeFileSync(at('max.prototxt'), readFileSync(prototxt, 'utf8').replace('pool: AVE', 'pool: MAX'));
    writeFileSync(at('solver.prototxt'), solver);
    for (const [name, text] of Object.entries({ detector, classifier })) {
      writeFileSync(at(`${name}.prototxt`), text);
      const made = await Net.load(text);
      await made.save(at(`${name}.caffemodel`));
      made.dispose();
    }
    writeFileSync(at('labels.txt'), 'a\nb\nc\nd\n');
    const exported = await netspec('export', prototxt, '-w', caffemodel, '-o', at('model.onnx'));
    expect(exported.code).toBe(0);
  });

  const references = ['-w', caffemodel, '-i', `data=${avgpool('x.npy')}`, '-r', avgpool('ref')];
  const RUNS: readonly (readonly [command: string, words: readonly string[], code?: number])[] = [
    ['lint', [at('net.prototxt'), '--target', 'tpu-mlir'], 1],
    ['lint', [at('net.prototxt')]],
    ['convert', [at('net.prototxt'), at('out.prototxt'), '--target', 'tpu-mlir'], 1],
    ['convert', [at('net.prototxt'), at('out.prototxt'), '--target', 'caffe-1.0']],
    ['verify', [prototxt, ...references], 1],
    ['verify', [at('max.prototxt'), ...references, '--fix', at('mended')], 1],
    ['verify', [prototxt, ...references, '--simulate', 'int8']],
    ['reduce', [at('max.prototxt'), ...references, '-o', at('failing')]],
    ['diff', [prototxt, at('max.prototxt')], 1],
    ['diff', [caffemodel, caffemodel]],
    ['map', [prototxt, '--from', avgpool('m.pth')]],
    ['pack-weights', [prototxt, '--from', avgpool('m.pth'), '-o', at('packed.caffemodel')]],
    ['inspect', [prototxt]],
    ['inspect', [caffemodel, '--stats']],
    ['inspect', [at('solver.prototxt')]],
    ['optimize', [prototxt, caffemodel, '-o', at('small'), '--runs', '0']],
    ['time', [prototxt, '--iterations', '1']],
    ['export', [prototxt, '-w', caffemodel, '-o', at('again.onnx')]],
    ['import', [at('model.onnx'), '-o', at('port')]],
    ['forward', [prototxt, '-w', caffemodel, '-i', `data=${avgpool('x.npy')}`]],
    ['extract', [caffemodel, '--all', '-o', at('weights')]],
    ['cut', [prototxt, '-w', caffemodel, '--to', 'pool1', '-o', at('part')]],
    ['preprocess', [photo, '-o', at('x.npy')]],
    ['detect', [photo, '-n', at('detector.prototxt'), '-w', at('detector.caffemodel')]],
    ['classify', [photo, '-n', at('classifier.prototxt'), '-w', at('classifier.caffemodel'), '-l', at('labels.txt')]],
    ['list', ['--schemas']],
    ['list', ['--targets']],
    ['list', []],
    ['doctor', []],
  ];
  const nameOf = (command: string, words: readonly string[] = []): string =>
    `${command === 'convert' ? 'retarget' : words.includes('--simulate') ? 'simulation' : command}-report`;

  test.each(RUNS)('%s %j', async (command, words, code = 0) => {
    const run = await netspec(command, ...words, '--json');
    expect(run).toMatchObject({ code });
    expect(problems(nameOf(command, words), JSON.parse(run.stdout))).toEqual([]);
  });

  test('every command that reports has a schema, and a run above', async () => {
    const commands = (await loadCommands()).filter(({ options }) => 'json' in options).map(({ name }) => name);
    expect(commands.filter((name) => !names.includes(nameOf(name)))).toEqual([]);
    expect(commands.filter((name) => !RUNS.some(([command]) => command === name))).toEqual([]);
  });

  test.each(['verify', 'inspect', 'doctor'])('%s: another report is refused', (command) => {
    expect(problems(nameOf(command), { passed: 'yes' })).not.toEqual([]);
  });
});
