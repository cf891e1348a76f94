/** netspec import: what it writes, what it refuses, and that nothing is left behind then. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { tooCostly, verifyCommand } from '../../src/cli/shared/check-cost.js';
import { formatPrototxt } from '../../src/node.js';
import { halvesOf } from '../../src/proto/half.js';
import { onnxModel, type ModelInput } from '../support/onnx-model.js';
import { runProgram } from '../support/run-program.js';
import { fixture, netspec, programWords, temporaryFolder } from './support.js';

const all = temporaryFolder();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(all, 'import-'));
});

const file = (name: string): string => path.join(folder, name);

function save(model: ModelInput): string {
  writeFileSync(file('model.onnx'), onnxModel(model));
  return file('model.onnx');
}

const SMALL: ModelInput = {
  nodes: [
    {
      op: 'Conv',
      name: '/stem/stem.0/conv/Conv',
      inputs: ['x', 'w'],
      outputs: ['a'],
      attributes: { pads: [1, 1, 1, 1] },
    },
    { op: 'Relu', name: '/stem/stem.0/relu/Relu', inputs: ['a'], outputs: ['b'] },
    { op: 'GlobalAveragePool', name: '/pool/GlobalAveragePool', inputs: ['b'], outputs: ['y'] },
  ],
  inputs: { x: ['N', 3, 5, 4] },
  constants: { w: { shape: [2, 3, 3, 3], data: Array.from({ length: 54 }, (_, i) => Math.sin(i)) } },
  outputs: ['y'],
};

/**
 * `netspec build`, in a process of its own: it loads the program as TypeScript. Not in this repository, whose tsconfig.json has
 * 'netspec' mean the sources.
 */
function build(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, programWords('build', ...words), {
    encoding: 'utf8',
    cwd: all,
  });
  return { status, stdout, stderr };
}

describe('netspec import NET.prototxt', () => {
  const prototxt = fixture('netspec', 'detection_v2_notebook.prototxt');

  test('prints a program, with which netspec build makes the same prototxt', async () => {
    const { code, stdout, stderr } = await netspec('import', prototxt);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(file('net.ts'), stdout);
    expect(build(file('net.ts'))).toEqual({ status: 0, stdout: readFileSync(prototxt, 'utf8'), stderr: '' });
  });

  test('-o writes it to a file', async () => {
    const { stdout } = await netspec('import', prototxt, '-o', file('net.ts'));
    expect(stdout).toBe(`wrote ${file('net.ts')}\n`);
    expect(formatPrototxt(runProgram(readFileSync(file('net.ts'), 'utf8')))).toBe(readFileSync(prototxt, 'utf8'));
  });

  test("a vendor's layers are read from its caffe.proto", async () => {
    writeFileSync(
      file('vendor.proto'),
      `syntax = "proto2"; package caffe;
       message NetParameter { optional string name = 1; repeated LayerParameter layer = 100; }
       message LayerParameter { optional string name = 1; optional string type = 2; repeated string bottom = 3; repeated string top = 4;
         optional WarpLensParameter warp_lens_param = 777; }
       message WarpLensParameter { optional float strength = 1; }`,
    );
    const text = `layer {\n  name: "w"\n  type: "WarpLens"\n  top: "w"\n  warp_lens_param {\n    strength: 0.5\n  }\n}\n`;
    writeFileSync(file('lens.prototxt'), text);
    const { stdout: program } = await netspec('import', file('lens.prototxt'), '--proto', file('vendor.proto'));
    expect(program).toContain("n.w = L('WarpLens', { strength: 0.5 });\n");
    writeFileSync(file('lens.ts'), program);
    expect(build(file('lens.ts'), '--proto', file('vendor.proto'))).toEqual({ status: 0, stdout: text, stderr: '' });
  });

  test('a mistake is named by its place', async () => {
    writeFileSync(file('bad.prototxt'), 'layer { nmae: "x" }\n');
    const { code, stdout, stderr } = await netspec('import', file('bad.prototxt'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('bad.prototxt:1:13: Message type "caffe.LayerParameter" has no field named "nmae".\n');
  });
});

describe('netspec import', () => {
  test('writes five files, and says what was compared', async () => {
    const { code, stdout, stderr } = await netspec('import', save(SMALL), '-o', file('port'), '--json');
    expect(code).toBe(0);
    expect(stderr).toContain("input 'x': open axes are set to 1, which makes 1x3x5x4");
    expect(JSON.parse(stdout)).toMatchObject({
      layers: 4,
      outputs: ['y'],
      check: { ok: true, matched: 3, by: expect.stringMatching(/^onnxruntime-/) as unknown },
    });
    expect(readdirSync(file('port')).sort()).toEqual([
      'map.json',
      'net.caffemodel',
      'net.prototxt',
      'net.ts',
      'report.html',
    ]);
    expect(readFileSync(file('port/net.ts'), 'utf8')).toContain(
      "n['stem.0.conv'] = L.Convolution(n.x, { num_output: 2, kernel_size: 3, pad: 1, bias_term: false });",
    );
    expect(formatPrototxt(runProgram(readFileSync(file('port/net.ts'), 'utf8')))).toBe(
      readFileSync(file('port/net.prototxt'), 'utf8'),
    );
  });

  test('measures values near 0 by their difference, not as a part of the largest', async () => {
    // A sigmoid of -17 to -20 is 4e-8 or less: its float32 neighbours in a runtime are of any part of that.
    const model = save({
      nodes: [
        { op: 'Mul', inputs: ['x', 'small'], outputs: ['a'] },
        { op: 'Sub', inputs: ['a', 'far'], outputs: ['b'] },
        { op: 'Sigmoid', inputs: ['b'], outputs: ['y'] },
      ],
      inputs: { x: [1, 2, 8, 8] },
      constants: { small: { shape: [], data: [0.3] }, far: { shape: [], data: [18.5] } },
      outputs: ['y'],
    });
    const { code, stdout } = await netspec('import', model, '-o', file('port'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /3 of 3 values agree, the worst within [^ ]+ of the largest; where all are below 0\.0001, within \d\.\de-\d+\n/,
    );
  });

  test('computes a model itself that the runtime does not run, after it was given the weights', async () => {
    const w = { shape: [64, 64], data: Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i)) };
    const model = save({
      // No version of ONNX's operators has this number yet.
      opset: 99,
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      inputs: { x: [1, 64] },
      constants: { w },
      outputs: ['y'],
    });
    const { code, stdout, stderr } = await netspec('import', model, '-o', file('port'));
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^note: onnxruntime-\w+ [\d.]+ does not run it: [^\n]*\n$/),
    ]);
    expect(stdout).toContain("netspec's own references of the operators, in double precision: 1 of 1 values agree");
  });

  test('holds a net to a model in half precision as double precision computes it', async () => {
    const weights = halvesOf(Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i)));
    const model = save({
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'MatMul', inputs: ['a', 'w'], outputs: ['y'] },
      ],
      inputs: { x: [1, 64] },
      inputTypes: { x: 'float16' },
      constants: { w: { shape: [64, 64], data: weights, type: 'float16' } },
      outputs: ['y'],
    });
    const { code, stdout, stderr } = await netspec('import', model, '-o', file('port'), '--json');
    expect([code, stderr]).toEqual([0, expect.stringContaining('note: the model computes in half precision\n')]);
    const { check } = JSON.parse(stdout) as { check: { by: string; worst: number } };
    expect(check.by).toBe("netspec's own references of the operators, in double precision");
    // Sums of 64 products in float32, twice; of halves' products the runtime's have 1e-3.
    expect(check.worst).toBeLessThan(1e-5);
  });

  test('leaves a comparison that takes long to a command that it names', async () => {
    // 9 · 64 · 64 multiplications for each of 400 · 400 positions.
    const model = save({
      nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], attributes: { pads: [1, 1, 1, 1] } }],
      inputs: { x: [1, 64, 400, 400] },
      constants: { w: { shape: [64, 64, 3, 3], data: new Float32Array(64 * 64 * 9) } },
      outputs: ['y'],
    });
    const { code, stdout, stderr } = await netspec('import', model, '-o', file('a port'));
    expect(code).toBe(0);
    expect(stdout).toContain('wrote net.prototxt, net.caffemodel, net.ts, map.json to ');
    expect(stderr).toBe(
      'note: not compared with the model, as 5.90 G multiply-accumulates would take a while; this command does it: ' +
        `netspec verify '${file('a port/net.prototxt')}' -w '${file('a port/net.caffemodel')}' --onnx ${model}\n`,
    );
  });

  test('knows what takes long', () => {
    expect(tooCostly({ macs: 5e9, bytes: 64e6 })).toBeUndefined();
    expect(tooCostly({ macs: 0, bytes: 102.4e6 })).toBe('weights of 102.4 MB');
    expect(tooCostly({ macs: 4e11, bytes: 6.4e8 })).toBe('400.00 G multiply-accumulates and weights of 640.0 MB');
    const later = { model: "it's.onnx", folder: 'port', proto: 'ssd' };
    expect(verifyCommand(later)).toBe(
      String.raw`netspec verify port/net.prototxt -w port/net.caffemodel --onnx 'it'\''s.onnx' --proto ssd`,
    );
  });

  test('refuses all that Caffe cannot express at once, and writes nothing', async () => {
    const model = save({
      nodes: [
        { op: 'Floor', name: 'f', inputs: ['x'], outputs: ['a'] },
        { op: 'GridSample', name: 'g', inputs: ['a', 'x'], outputs: ['b'] },
        { op: 'Strange', name: 's', domain: 'my.ops', inputs: ['x'], outputs: ['c'] },
      ],
      inputs: { x: [1, 2, 3, 3] },
      outputs: ['b', 'c'],
    });
    const { code, stderr } = await netspec('import', model, '-o', file('port'));
    expect(code).toBe(2);
    expect(stderr).toContain('cut the model before this node with --outputs');
    for (const word of ["node 'f' (Floor)", "node 'g' (GridSample)", "node 's' (Strange) of my.ops"])
      expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder)).toEqual(['model.onnx']);
  });

  test('cuts a model at inner values', async () => {
    const { code } = await netspec('import', save(SMALL), '-o', file('port'), '--inputs', 'a', '--outputs', 'b');
    expect(code).toBe(0);
    const text = readFileSync(file('port/net.prototxt'), 'utf8');
    expect(text).toContain('top: "b"');
    expect(text).not.toContain('Convolution');
  });

  test.each([
    [['--input-shape', 'x=1x3x5'], "the shape 1x3x5 is given for the input 'x', which has 4 axes"],
    [['--input-shape', 'z=1x3x5x5'], "a shape is given for 'z', which is no input of the model"],
    [['--input-shape', 'x'], "--input-shape expects NAME=1x3x224x224, got 'x'"],
    [['--input-value', 'x'], "--input-value expects NAME=NUMBER, got 'x'"],
    [['--input-value', 'x=a'], "--input-value x expects some numbers separated by commas, got 'a'"],
    [['--input-value', 'x=1', '--input-value', 'x=2'], '--input-value x=… is given twice'],
    [['--outputs', 'q'], "the model has no value 'q' for an output"],
    [['--target', 'bvl'], "there is no target 'bvl'"],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await netspec('import', save(SMALL), '-o', file('port'), ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test('calls a file of another kind by its kind', async () => {
    writeFileSync(file('net.safetensors'), Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]));
    const { code, stderr } = await netspec('import', file('net.safetensors'), '-o', file('port'));
    expect(code).toBe(2);
    expect(stderr).toContain('expected an ONNX model, got');
  });
});
