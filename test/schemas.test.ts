/** The JSON Schemas of the package, held to the files and the reports that they describe. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { TARGETS } from '../src/lint/index.js';
import { MEASURES } from '../src/lint/targets/measures.js';
import { parseTarget } from '../src/lint/targets/parse-target.js';
import { netspec, temporaryFolder } from './cli/support.js';

const folder = path.join(import.meta.dirname, '..', 'schemas');
const read = (name: string) =>
  JSON.parse(readFileSync(path.join(folder, `${name}.schema.json`), 'utf8')) as { $id: string };
const names = readdirSync(folder).map((file) => file.replace('.schema.json', ''));
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const validators = new Map(names.map((name) => [name, ajv.compile(read(name))]));

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

  test.each([
    ['lint-report', ['lint', '--target', 'tpu-mlir'], 1],
    ['lint-report', ['lint'], 0],
  ])('%s of %j', async (name, [command, ...options], code) => {
    writeFileSync(at('net.prototxt'), net);
    const run = await netspec(command!, at('net.prototxt'), ...options, '--json');
    expect(run.code).toBe(code);
    expect(problems(name, JSON.parse(run.stdout))).toEqual([]);
  });

  test.each([
    ['tpu-mlir', 1],
    ['caffe-1.0', 0],
  ])('retarget-report for %s', async (target, code) => {
    writeFileSync(at('net.prototxt'), net);
    const run = await netspec('convert', at('net.prototxt'), at('out.prototxt'), '--target', target, '--json');
    expect(run.code).toBe(code);
    expect(problems('retarget-report', JSON.parse(run.stdout))).toEqual([]);
  });
});
