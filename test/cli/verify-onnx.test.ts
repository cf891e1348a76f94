/** netspec verify --onnx: every value of a model against an import, a net that begins in its middle, and a port by hand. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeNpyFile } from '../../src/node.js';
import { onnxModel, type ModelInput } from '../support/onnx-model.js';
import { netspec, programWords, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]): string => path.join(folder, ...parts);

const wave = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i * 1.7));

/** A convolution whose normalization is folded into it, a pooling, two branches and a product. */
const MODEL: ModelInput = {
  nodes: [
    {
      op: 'Conv',
      name: '/stem/conv/Conv',
      inputs: ['image', 'w'],
      outputs: ['/stem/conv/Conv_output_0'],
      attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
    },
    {
      op: 'BatchNormalization',
      name: '/stem/bn/BatchNormalization',
      inputs: ['/stem/conv/Conv_output_0', 'gamma', 'beta', 'mean', 'variance'],
      outputs: ['/stem/bn/BatchNormalization_output_0'],
    },
    {
      op: 'Relu',
      name: '/stem/relu/Relu',
      inputs: ['/stem/bn/BatchNormalization_output_0'],
      outputs: ['/stem/relu/Relu_output_0'],
    },
    {
      op: 'MaxPool',
      name: '/pool/MaxPool',
      inputs: ['/stem/relu/Relu_output_0'],
      outputs: ['/pool/MaxPool_output_0'],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
    {
      op: 'Split',
      name: '/Split',
      inputs: ['/pool/MaxPool_output_0'],
      outputs: ['left', 'right'],
      attributes: { axis: 1 },
    },
    { op: 'Mul', name: '/Mul', inputs: ['left', 'right'], outputs: ['y'] },
  ],
  inputs: { image: ['N', 3, 6, 6] },
  constants: {
    w: { shape: [4, 3, 3, 3], data: wave(108) },
    gamma: { shape: [4], data: [1, 2, 0.5, 1] },
    beta: { shape: [4], data: [0.5, -0.5, 0, 1] },
    mean: { shape: [4], data: [0.1, 0.2, -0.1, 0] },
    variance: { shape: [4], data: [1, 2, 0.5, 4] },
  },
  outputs: ['y'],
};

const verify = (net: string, ...words: string[]) =>
  netspec('verify', net, '-w', at('port', 'net.caffemodel'), '-i', `image=${at('x.npy')}`, ...words);

beforeAll(async () => {
  writeFileSync(at('model.onnx'), onnxModel(MODEL));
  await writeNpyFile(at('x.npy'), [1, 3, 6, 6], Float32Array.from(wave(108)));
  expect((await netspec('import', at('model.onnx'), '-o', at('port'))).code).toBe(0);
});

describe('netspec verify --onnx', () => {
  test('compares every value of an import by its map.json, and says where the others are', async () => {
    const { code, stdout, stderr } = await verify(at('port/net.prototxt'), '--onnx', at('model.onnx'), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      matched: 6,
      references: 6,
      unusedReferences: [],
      onnx: {
        by: expect.stringMatching(/^onnxruntime-/) as unknown,
        inside: { '/stem/conv/Conv_output_0': 'stem.conv' },
        outside: [],
        missingLayers: [],
      },
    });
  });

  test.each([[['--onnx', at('model.onnx')]], [['--against', at('model.onnx')]], [[`--against=${at('model.onnx')}`]]])(
    '%j says so in words',
    async (words) => {
      const { code, stdout } = await verify(at('port/net.prototxt'), ...words);
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nvalues of \S+model\.onnx by onnxruntime-\w+ [\d.]+\n/);
      expect(stdout).toContain(
        "computed within layers: '/stem/conv/Conv_output_0' in stem.conv\n6 of 6 references matched",
      );
      expect(stdout).toMatch(/every matched layer agrees\n$/);
    },
  );

  test('takes random values for an input that has none, and says so', async () => {
    const weights = ['-w', at('port', 'net.caffemodel'), '--onnx', at('model.onnx')];
    const { code, stdout, stderr } = await netspec('verify', at('port', 'net.prototxt'), ...weights);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "note: 'image': random values; give others with -i image=FILE.npy\n",
    });
    expect(stdout).toContain('6 of 6 references matched');
    // The net has another name for the same input.
    const renamed = readFileSync(at('port', 'net.prototxt'), 'utf8').replaceAll('"image"', '"data"');
    writeFileSync(at('port', 'renamed.prototxt'), renamed);
    const other = await netspec('verify', at('port', 'renamed.prototxt'), ...weights);
    expect(other).toMatchObject({ code: 0, stderr: stderr.replaceAll('image', 'data') });
  });

  test('finds a fault in the prototxt, and its cause', async () => {
    const text = readFileSync(at('port/net.prototxt'), 'utf8');
    writeFileSync(at('port/bad.prototxt'), text.replace('stride: 2\n', 'stride: 2\n    pool: AVE\n'));
    const { code, stdout } = await verify(
      at('port/bad.prototxt'),
      '--onnx',
      at('model.onnx'),
      '--report',
      at('r.html'),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('1. pooling-method at pool (Pooling): pool: MAX;');
    expect(stdout).toContain('first layer that diverges: pool (Pooling)');
    expect(readFileSync(at('r.html'), 'utf8')).toContain('model.onnx by onnxruntime-');
    const mended = await verify(at('port/bad.prototxt'), '--onnx', at('model.onnx'), '--fix', at('mended'));
    expect([mended.code, mended.stdout]).toEqual([0, expect.stringContaining('mended: pooling-method at pool')]);
  });

  test('names a layer of the map that the net has lost', async () => {
    const text = readFileSync(at('port/net.prototxt'), 'utf8');
    const without = text
      .replace(/layer \{\n {2}name: "stem.relu"[^]*?\n\}\n/, '')
      .replace('bottom: "stem.relu"', 'bottom: "stem.conv"');
    writeFileSync(at('port/lost.prototxt'), without);
    const { code, stdout } = await verify(at('port/lost.prototxt'), '--onnx', at('model.onnx'));
    expect(code).toBe(1);
    expect(stdout).toContain('layers of the map that this net has not: stem.relu\n');
    expect(stdout).toContain('first layer that diverges: pool (Pooling)');
  });

  test('feeds a net that begins at an inner value with it', async () => {
    const cut = at('cut');
    expect((await netspec('import', at('model.onnx'), '-o', cut, '--inputs', 'left,right')).code).toBe(0);
    const { code, stdout } = await netspec(
      ...['verify', path.join(cut, 'net.prototxt'), '-w', path.join(cut, 'net.caffemodel')],
      ...['-i', `image=${at('x.npy')}`, '--onnx', at('model.onnx'), '--json'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ matched: 1, references: 1 });
  });

  test('matches a port that was written by hand, by the names of modules', async () => {
    const hand = mkdtempSync(at('hand-'));
    const text = readFileSync(at('port/net.prototxt'), 'utf8').replaceAll('"image"', '"data"');
    writeFileSync(path.join(hand, 'net.prototxt'), text);
    const { code, stdout } = await netspec(
      ...['verify', path.join(hand, 'net.prototxt'), '-w', at('port/net.caffemodel')],
      ...['-i', `data=${at('x.npy')}`, '--onnx', at('model.onnx')],
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('every matched layer agrees')]);
    expect(stdout).toContain('6 of 7 references matched');
  });

  test.each([
    [['--onnx', at('model.onnx'), '-r', 'refs'], 'compare with references, with a model or with another net'],
    [['--onnx', at('none.onnx')], 'none.onnx: cannot read: no such file'],
    [['--onnx', at('port/net.prototxt')], 'not an ONNX model'],
    [['--onnx', at('model.onnx'), '-i', 'imgae=x.npy'], "neither the net nor the model has an input 'imgae'"],
  ])('%j is refused', async (words, reason) => {
    const { code, stdout, stderr } = await verify(at('port/net.prototxt'), ...words);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(reason)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('feeds a scalar from a blob of one value', async () => {
    const scalar: ModelInput = {
      nodes: [{ op: 'Mul', inputs: ['x', 's'], outputs: ['y'] }],
      inputs: { x: [1, 3], s: [] },
      outputs: ['y'],
    };
    writeFileSync(at('scalar.onnx'), onnxModel(scalar));
    const { code, stdout } = await netspec('import', at('scalar.onnx'), '-o', at('scalar'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ check: { ok: true, matched: 1 } });
  });

  test('computes a model itself that the runtime does not know, and says so in one line', async () => {
    // No version of ONNX's operators has this number yet.
    writeFileSync(at('new.onnx'), onnxModel({ ...MODEL, opset: 99 }));
    const { code, stdout, stderr } = await verify(at('port/net.prototxt'), '--onnx', at('new.onnx'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^note: onnxruntime-\w+ [\d.]+ does not run it: [^\n]*\n$/);
    expect(stdout).toContain("by netspec's own references of the operators, in double precision\n");
  });
});

describe('without ONNX Runtime', () => {
  test('the values are computed by the operators themselves, and one line says how to get it', () => {
    // As if neither package were installed.
    const without = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(\`
        export const resolve = (name, context, next) => {
          if (name.includes('onnxruntime-')) throw new Error('not found');
          return next(name, context);
        };\`));`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...['--import', `data:text/javascript,${encodeURIComponent(without)}`],
        ...programWords('verify', at('port/net.prototxt'), '-w', at('port/net.caffemodel')),
        ...['-i', `image=${at('x.npy')}`, '--onnx', at('model.onnx')],
      ],
      { encoding: 'utf8', cwd: folder },
    );
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'note: npm install onnxruntime-node (or onnxruntime-web) compares every value with ONNX Runtime\n',
    });
    expect(stdout).toContain("by netspec's own references of the operators, in double precision\n");
    expect(stdout).toContain('6 of 6 references matched');
  });
});

describe('a model with an input of one value', () => {
  const branch = (op: string) => ({
    graph: { nodes: [{ op, inputs: ['x'], outputs: ['inner'] }], outputs: ['inner'] },
  });
  const model: ModelInput = {
    nodes: [
      { op: 'Equal', inputs: ['rate', 'high'], outputs: ['flag'] },
      {
        op: 'If',
        name: 'pick',
        inputs: ['flag'],
        outputs: ['a'],
        attributes: { then_branch: branch('Relu'), else_branch: branch('Tanh') },
      },
      { op: 'Sigmoid', inputs: ['a'], outputs: ['y'] },
    ],
    constants: { high: { shape: [], data: [16000], type: 'int64' } },
    inputs: { x: [2, 3], rate: [] },
    inputTypes: { rate: 'int64' },
    outputs: ['y'],
  };

  test('is imported for that value, which map.json keeps for verify', async () => {
    writeFileSync(at('rate.onnx'), onnxModel(model));
    const words = [at('rate.onnx'), '-o', at('rate')];
    const refused = await netspec('import', ...words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('say the value with --input-value')]);
    for (const [rate, type] of [
      ['16000', 'ReLU'],
      ['8000', 'TanH'],
    ] as const) {
      const made = await netspec('import', ...words, '--input-value', `rate=${rate}`);
      expect([made.code, made.stderr]).toEqual([0, '']);
      expect(made.stdout).toContain('1 of 1 values agree');
      expect(readFileSync(at('rate/net.prototxt'), 'utf8')).toContain(`type: "${type}"`);
      expect(JSON.parse(readFileSync(at('rate/map.json'), 'utf8'))).toMatchObject({ inputs: { rate: [Number(rate)] } });
      const { code, stdout } = await netspec(
        ...['verify', at('rate/net.prototxt'), '-w', at('rate/net.caffemodel'), '--onnx', at('rate.onnx')],
      );
      expect([code, stdout]).toEqual([0, expect.stringContaining('1 of 1 references matched')]);
    }
    const map = ['--map', at('rate/map.json')];
    const { code } = await netspec(
      ...['verify', at('rate/net.prototxt'), '-w', at('rate/net.caffemodel'), '--onnx', at('rate.onnx'), ...map],
    );
    expect(code).toBe(0);
  });
});
