/** netspec export: what it writes and prints, and that nothing is written where something is wrong. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { importOnnx } from '../../src/node.js';
import { besideFile } from '../../src/node/open-beside.js';
import { fixture, netspec, temporaryFolder } from './support.js';

const all = temporaryFolder();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(all, 'export-'));
});
const file = (name: string): string => path.join(folder, name);

const net = fixture('nets', 'in_place_and_splits', 'net.prototxt');
const weights = fixture('nets', 'in_place_and_splits', 'weights.caffemodel');

/** The references of a rule file, which is checked as verify checks it. */
async function rulesIn(name: string): Promise<{ layerRules: [string, string][] }> {
  const { ruleMap } = await import('../../src/node.js');
  const rules = JSON.parse(readFileSync(name, 'utf8')) as { references: { layer: string; from: string }[] };
  ruleMap(rules, name);
  return { layerRules: rules.references.map(({ layer, from }) => [layer, from]) };
}

describe('netspec export', () => {
  test('writes a model and says what is in it', async () => {
    const { code, stdout, stderr } = await netspec('export', net, '-w', weights, '-o', file('model.onnx'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const size = readFileSync(file('model.onnx')).length;
    expect(stdout.split('\n')).toEqual([
      `12 nodes of opset 17, ${(size / 1000).toFixed(2)} kB`,
      'inputs: data 1x3x12x10',
      'outputs: cat 1x16x6x5',
      `wrote ${file('model.onnx')}`,
      '',
    ]);
  });

  test('a caffemodel that holds a net holds its weights too', async () => {
    const { Net } = await import('../../src/node.js');
    const built = await Net.load(net, { weights });
    await built.save(file('net.caffemodel'));
    built.dispose();
    await netspec('export', net, '-w', weights, '-o', file('a.onnx'));
    const { code } = await netspec('export', file('net.caffemodel'), '-o', file('b.onnx'));
    expect(code).toBe(0);
    expect(Buffer.compare(readFileSync(file('a.onnx')), readFileSync(file('b.onnx')))).toBe(0);
  });

  test('--json gives the values of each layer, and those that do not bear the name of their blob', async () => {
    const { stdout } = await netspec('export', net, '-w', weights, '-o', file('model.onnx'), '--opset', '13', '--json');
    const report = JSON.parse(stdout) as Record<string, unknown> & { layers: { name: string; values: string[] }[] };
    expect(report).toMatchObject({ opset: 13, written: [file('model.onnx')], remarks: [] });
    expect(report.bytes).toBe(readFileSync(file('model.onnx')).length);
    expect(report.values).toMatchObject({ c1_r1_0_split_0: 'c1', pool_pool_0_split_1: 'pool' });
    expect(report.layers.slice(0, 3)).toEqual([
      { name: 'data', type: 'Input', values: ['data'] },
      { name: 'c1', type: 'Convolution', values: ['c1/c1'] },
      { name: 'bn', type: 'BatchNorm', values: ['c1/bn'] },
    ]);
  });

  test('--map writes a rule file that leads each layer to the value that it makes', async () => {
    await netspec('export', net, '-w', weights, '-o', file('model.onnx'), '--map', file('map.json'));
    const { layerRules } = await rulesIn(file('map.json'));
    expect(layerRules.slice(0, 3)).toEqual([
      ['^c1$', 'c1/c1'],
      ['^bn$', 'c1/bn'],
      ['^sc$', 'c1/sc'],
    ]);
  });

  test('--external-data writes the weights beside the model, where import finds them', async () => {
    writeFileSync(
      file('net.prototxt'),
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 300 } } }
       layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }`,
    );
    const { Net } = await import('../../src/node.js');
    const built = await Net.load(file('net.prototxt'));
    await built.save(file('net.caffemodel'));
    const values = built.params.get('ip')![0]!.peek().slice();
    built.dispose();
    const words = [file('net.prototxt'), '-w', file('net.caffemodel'), '-o', file('model.onnx'), '--external-data'];
    const { code, stdout } = await netspec('export', ...words);
    expect(code).toBe(0);
    expect(stdout).toContain(`wrote ${file('model.onnx')}, ${file('model.onnx.data')}\n`);
    const model = readFileSync(file('model.onnx'));
    expect(model.length).toBeLessThan(1000);
    const { blobs } = await importOnnx(model, { openBeside: besideFile(file('model.onnx')) });
    const [first] = blobs.flatMap((layer) => layer.blobs ?? []);
    expect(await (first as { read(): unknown }).read()).toEqual(values);
  });

  test('a layer that is not run is refused by name, and a data layer is an input where its shape is given', async () => {
    writeFileSync(
      file('net.prototxt'),
      `layer { name: "d" type: "Data" top: "data" }
       layer { name: "p" type: "Python" bottom: "data" top: "p" python_param { module: "m" layer: "L" } }
       layer { name: "w" type: "Warp" bottom: "data" top: "w" }
       layer { name: "s" type: "Sigmoid" bottom: "p" top: "s" }`,
    );
    const words = [file('net.prototxt'), '-o', file('model.onnx'), '--shape', 'data=1x3', '--shape', 'p=1x3'];
    const { code, stdout, stderr } = await netspec('export', ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'netspec: 2 layers have no form in ONNX (Python, Warp)',
      "  layer 'p' (Python): layers of this type run a Python class",
      '    write the layer in TypeScript and register it with registerLayer(), or cut the net before it',
      "  layer 'w' (Warp): its type is not known",
      '    end the net before it',
      '',
    ]);
    expect(readdirSync(folder)).toEqual(['net.prototxt']);
  });

  test('of a training net, the data layer is what is missing, and not what reads it', async () => {
    writeFileSync(
      file('net.prototxt'),
      `layer { name: "d" type: "Data" top: "data" top: "label" }
       layer { name: "s" type: "Sigmoid" bottom: "data" top: "s" } layer { name: "x" type: "Silence" bottom: "label" }`,
    );
    const refused = await netspec('export', file('net.prototxt'), '-o', file('model.onnx'));
    expect(refused.stderr.split('\n')).toEqual([
      'netspec: a layer has no form in ONNX (Data)',
      "  layer 'd' (Data): layers of this type read an LMDB or LevelDB database",
      '    give the shapes of its tops, which are inputs then, or make a net for deployment of it first',
      'hint: --deploy of netspec convert makes a net for deployment of one for training',
      '',
    ]);
    const shapes = ['--shape', 'data=2x3', '--shape', 'label=2'];
    const { stdout } = await netspec('export', file('net.prototxt'), '-o', file('model.onnx'), ...shapes);
    expect(stdout).toContain('inputs: data 2x3, label 2\noutputs: s 2x3\n');
  });

  test.each([
    [['--opset', '10'], /expected an opset from 11 to 21, got 10/],
    [['--opset', 'x'], /opset/],
    [[], /the net has parameters: give its weights with -w/],
  ])('%j is refused, and nothing is written', async (more, message) => {
    const given = more.length > 0 ? ['-w', weights] : [];
    const { code, stderr } = await netspec('export', net, ...given, '-o', file('model.onnx'), ...more);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('does not write over what it reads', async () => {
    const { code, stderr } = await netspec('export', net, '-w', weights, '-o', weights);
    expect(code).toBe(2);
    expect(stderr).toContain(`${weights} would be overwritten, which is read`);
  });
});
