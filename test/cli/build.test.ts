import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder } from './support.js';

const golden = (name: string) => readFileSync(fixture('netspec', `${name}.prototxt`), 'utf8');

const folder = temporaryFolder();

describe('netspec build', () => {
  describe('of a module checks the net', () => {
    let programs = 0;
    const program = (y: string): string => {
      const file = path.join(folder, `checked${programs++}.mjs`);
      writeFileSync(
        file,
        `import { L, NetSpec } from 'netspec';\nconst n = new NetSpec();\n` +
          `n.x = L.Input({ shape: { dim: [1, 3, 8, 8] } });\nn.y = ${y};\nexport default n;\n`,
      );
      return file;
    };
    test.each([
      ['L.Relu(n.x)', "hint: did you mean 'ReLU'?"],
      ['L.Eltwise(n.x)', "layer 'y' (Eltwise): Eltwise Layer takes at least 2 bottom blob(s)"],
      ['L.Conv2d(n.x)', "hint: Caffe's form of Conv2d: Convolution {"],
      ['L.Linear(n.x, { out_features: 3 })', "hint: Caffe's form of Linear: InnerProduct { num_output }"],
    ])('%s', async (y, message) => {
      const { code, stdout, stderr } = await netspec('build', program(y));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
    });

    test("and takes a vendor's own types, and nets for training", async () => {
      expect(await netspec('build', program("L('TheirLayer', n.x)"))).toMatchObject({ code: 0 });
      const training =
        "L.InnerProduct(L.Data({ source: 'x', batch_size: 1, include: { phase: 'TRAIN' } }), { num_output: 2, include: { phase: 'TRAIN' } })";
      expect(await netspec('build', program(training))).toMatchObject({ code: 0 });
    });
  });

  test('--no-check prints a net that Caffe would refuse', async () => {
    const file = path.join(folder, 'refused.mjs');
    writeFileSync(
      file,
      `import { L } from 'netspec';\nexport default { layer: [{ name: 'x', type: 'CROP', top: ['x'] }] };\n`,
    );
    expect(await netspec('build', file)).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${file}: layer 'x' (CROP): Unknown layer type: CROP\nhint: did you mean 'Crop'?\n`,
    });
    const text = 'layer {\n  name: "x"\n  type: "CROP"\n  top: "x"\n}\n';
    expect(await netspec('build', file, '--no-check')).toEqual({ code: 0, stdout: text, stderr: '' });
  });

  test.each([
    [
      '99999999x99999999',
      "layer 'data' (Input): blob of shape 1 1 99999999 99999999 (9999999800000000) exceeds the 4 GiB that WebAssembly can address\n" +
        'hint: build --no-check prints the net all the same\n',
    ],
    ['3x3', "layer 'conv1' (Convolution): "],
  ])('options with which a named net cannot be are refused: --input-size %s', async (size, message) => {
    const { code, stdout, stderr } = await netspec('build', 'lenet', '--input-size', size);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`netspec: ${message}`);
    expect(await netspec('build', 'lenet', '--input-size', size, '--no-check')).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['retinanet', '--backbone', 'mobilenet-v2'],
    ['--backbone', 'vgg-16', 'retinanet'],
    ['--no-check', 'retinanet', '--backbone', 'resnext-50'],
  ])('the value of an option may be the name of a net: %s %s %s', async (...words) => {
    const { code, stdout, stderr } = await netspec('build', ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('name: "bbox_pred_p7"');
  });

  test("--variant notebook gives the notebook's net byte for byte", async () => {
    const { code, stdout, stderr } = await netspec('build', 'detection-v2', '--variant', 'notebook');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(golden('detection_v2_notebook'));
  });

  test("--variant notebook --part backbone gives the notebook's backbone byte for byte", async () => {
    const { stdout } = await netspec('build', 'detection-v2', '--variant', 'notebook', '--part', 'backbone');
    expect(stdout).toBe(golden('detection_v2_backbone_notebook'));
  });

  test('options may stand before the name', async () => {
    const { stdout } = await netspec('build', '--variant=notebook', 'detection-v2');
    expect(stdout).toBe(golden('detection_v2_notebook'));
  });

  test('widths and sizes arrive in the net', async () => {
    const words =
      '--stem-width 8 --stage-widths 8,16,32,64 --pyramid-channels 32 --input-size 96x128 --stem-pool floor-pad1';
    const { code, stdout } = await netspec('build', 'detection-v2', ...words.split(' '));
    expect(code).toBe(0);
    expect(stdout).toContain('dim: 1\n      dim: 3\n      dim: 96\n      dim: 128\n');
    expect(stdout).toContain('pool: MAX\n    kernel_size: 3\n    stride: 2\n    pad: 1\n    round_mode: FLOOR\n');
    expect(stdout).toContain('num_output: 32\n');
    expect(stdout).not.toContain('num_output: 1024\n');
  });

  test('-o writes the same text to a file', async () => {
    const file = path.join(folder, 'net.prototxt');
    expect(await netspec('build', 'detection-v2', '--variant', 'notebook', '-o', file)).toEqual({
      code: 0,
      stdout: `wrote ${file}\n`,
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toBe(golden('detection_v2_notebook'));
  });

  test('an unknown net gets the nearest name', async () => {
    expect(await netspec('build', 'detection-v3')).toEqual({
      code: 2,
      stdout: '',
      stderr: "netspec: no net is named 'detection-v3'\nhint: did you mean 'detection-v2'?\n",
    });
  });

  test('a value that is none says what was expected', async () => {
    const { code, stderr } = await netspec('build', 'detection-v2', '--input-size', '480');
    expect(code).toBe(2);
    expect(stderr).toBe(
      "netspec: --input-size: expected height and width as positive whole numbers, got '480'\nhint: the default is 480x576\n",
    );
  });

  test('an option given twice is refused', async () => {
    const { code, stderr } = await netspec('build', 'detection-v2', '--stem-width', '8', '--stem-width', '9');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'netspec: --stem-width is given more than once\n' });
  });
});

describe('netspec build FILE', () => {
  const module = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  test('prints the net that a module exports, message, function or NetSpec', async () => {
    const layer = "{ layer: [{ name: 'data', type: 'Input', top: ['data'] }] }";
    const text = 'layer {\n  name: "data"\n  type: "Input"\n  top: "data"\n}\n';
    for (const [i, source] of [layer, `async () => (${layer})`, `{ toProto: () => (${layer}) }`].entries())
      expect(await netspec('build', module(`net${i}.mjs`, `export default ${source};`))).toEqual({
        code: 0,
        stdout: text,
        stderr: '',
      });
  });

  test('a module without a net says what to export', async () => {
    const file = module('none.mjs', 'export default 3;');
    expect(await netspec('build', file)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `netspec: ${file}: the default export is no net\n` +
        'hint: export default a NetSpec, what its toProto() gives, or a function that returns one of them\n',
    });
  });

  test('a module that throws is named', async () => {
    const file = module('throws.mjs', "throw new Error('boom');");
    expect((await netspec('build', file)).stderr).toBe(`netspec: ${file}: fails: Error: boom\n`);
  });

  test('a file that is not there', async () => {
    expect((await netspec('build', 'nowhere.ts')).stderr).toBe('netspec: no file nowhere.ts\n');
  });
});
