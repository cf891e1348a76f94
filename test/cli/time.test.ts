/** netspec time: what it prints, and that the layers' times add up to the total. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeNpyFile } from '../../src/node/npy-folder.js';
import { netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const net = path.join(folder, 'net.prototxt');
writeFileSync(
  net,
  `name: "small"
   layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
   layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
   layer { name: "relu" type: "ReLU" bottom: "conv" top: "relu" }
   layer { name: "pool" type: "Pooling" bottom: "relu" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }`,
);
/** Words of each line, with numbers as #. */
const shape = (text: string): string[] =>
  text.split('\n').map((line) => line.replaceAll(/\d+(\.\d+)?/g, '#').replaceAll(/ +/g, ' '));

interface TimeJson {
  net: string;
  algorithm: string;
  threads: number;
  keeps: string;
  iterations: number;
  total: { macs: number; ms: number; minMs: number; gflops: number };
  layers: {
    names: string[];
    types: string[];
    macs: number;
    ms: number;
    medianMs: number;
    minMs: number;
    gflops: number;
  }[];
  overheadMs: number;
  peakResidentBytes: number;
}

async function timeJson(...words: string[]): Promise<TimeJson> {
  const { code, stdout, stderr } = await netspec('time', ...words, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as TimeJson;
}

describe('netspec time', () => {
  test('prints the total, and how it was computed', async () => {
    const { code, stdout, stderr } = await netspec('time', net, '--iterations', '3', '--threads', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(shape(stdout)).toEqual([
      'total: median # ms, min # ms of # passes; # k multiply-accumulates, # GFLOP/s',
      // What the process ever had resident: jest's, which has run other tests before.
      expect.stringMatching(/^# thread, algorithm auto, outputs only, # [MG]B resident at most$/),
      '',
    ]);
    expect(stdout).toContain('221.2 k multiply-accumulates');
  });

  test('--per-layer: a line for each layer', async () => {
    const { stdout } = await netspec('time', net, '-n', '1', '--per-layer', '--all-blobs', '--algorithm', 'gemm');
    const lines = shape(stdout);
    expect(lines[0]).toBe('layer type MACs ms min ms GFLOP/s share');
    expect(lines.slice(1, 5)).toEqual([
      'data Input # # # %',
      'conv Convolution # k # # # # %',
      'relu ReLU # # # %',
      'pool Pooling # # # %',
    ]);
    expect(lines[6]).toBe('total: median # ms, min # ms of # pass; # k multiply-accumulates, # GFLOP/s');
    expect(lines[7]).toMatch(/^# threads?, algorithm gemm, all blobs, # [MG]B resident at most$/);
  });

  test('--by type --sort time: a line for each type, the slowest first', async () => {
    const { stdout } = await netspec('time', net, '-n', '2', '--by', 'type', '--sort', 'time', '--all-blobs');
    const [head, ...rows] = stdout.slice(0, stdout.indexOf('\n\n')).split('\n');
    expect(head!.split(/ {2,}/)).toEqual(['type', 'layers', 'MACs', 'ms', 'min ms', 'GFLOP/s', 'share']);
    expect(rows.map((row) => row.split(' ')[0]).sort()).toEqual(['Convolution', 'Input', 'Pooling', 'ReLU']);
    const shares = rows.map((row) => Number(/([\d.]+) %$/.exec(row)![1]));
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
  });

  test.each([[[]], [['--all-blobs']]])(
    'the layers of detection-v2 add up to the total within 3 %%, options %p',
    async (words) => {
      const tiny = path.join(folder, 'tiny.prototxt');
      await netspec('build', 'detection-v2', ...TINY, '--share-params', '-o', tiny);
      const { total, layers, overheadMs } = await timeJson(tiny, '-n', '3', ...words);
      const sum = layers.reduce((all, { ms }) => all + ms, 0);
      expect(sum / total.ms).toBeGreaterThan(0.97);
      // What is left is accounted for; the sums are of some 300 float64 numbers.
      expect(Math.abs(sum + overheadMs - total.ms) / total.ms).toBeLessThan(1e-9);
      expect(layers.reduce((all, { macs }) => all + macs, 0)).toBe(total.macs);
      expect(layers.flatMap(({ names }) => names)).toContain('rpn_head_cls_tower_p2_0');
      expect(new Set(layers.flatMap(({ types }) => types))).toContain('Convolution');
    },
  );

  test('--json holds the same figures', async () => {
    const {
      net: name,
      algorithm,
      keeps,
      iterations,
      total,
      layers,
      peakResidentBytes,
    } = await timeJson(net, '-n', '4');
    expect({ name, algorithm, keeps, iterations }).toEqual({
      name: 'small',
      algorithm: 'auto',
      keeps: 'outputs only',
      iterations: 4,
    });
    expect(total.macs).toBe(32 * 32 * 8 * 27);
    expect(total.gflops).toBeCloseTo((2 * total.macs) / total.ms / 1e6, 10);
    expect(total.minMs).toBeLessThanOrEqual(total.ms);
    for (const { ms, medianMs, minMs } of layers) {
      expect(minMs).toBeLessThanOrEqual(medianMs);
      expect(minMs).toBeLessThanOrEqual(ms);
    }
    // Node alone takes more than 30 MB; this is a test that the figure is in bytes.
    expect(peakResidentBytes).toBeGreaterThan(30e6);
  });

  test('layers that share a name have each their own work, in inspect too', async () => {
    const twins = path.join(folder, 'twins.prototxt');
    const fc = (top: string, from: string, outputs: number): string =>
      `layer { name: "fc" type: "InnerProduct" bottom: "${from}" top: "${top}" inner_product_param { num_output: ${outputs} } }`;
    writeFileSync(
      twins,
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 10 } } }
       ${fc('a', 'data', 20)} ${fc('b', 'a', 3)}`,
    );
    for (const words of [[], ['--all-blobs']]) {
      const { layers, total } = await timeJson(twins, '-n', '1', ...words);
      const macs = layers.flatMap((layer) => (layer.names.includes('fc') ? [layer.macs] : []));
      expect(macs).toEqual([10 * 20, 20 * 3]);
      expect(total.macs).toBe(10 * 20 + 20 * 3);
    }
    const { stdout } = await netspec('inspect', twins, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ total: { macs: 10 * 20 + 20 * 3 } });
  });

  test('takes inputs from files, of another size too', async () => {
    const file = path.join(folder, 'x.npy');
    await writeNpyFile(file, [1, 3, 64, 32], new Float32Array(3 * 64 * 32));
    const { code, stdout, stderr } = await netspec('time', net, '-n', '1', '-i', `data=${file}`);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `note: 'data' is 1x3x32x32 in the prototxt; reshaped to 1x3x64x32 of ${file}\n`,
    });
    expect(stdout).toContain('442.4 k multiply-accumulates');
  });

  test('takes a picture without an axis for the batch as it is', async () => {
    const file = path.join(folder, 'chw.npy');
    await writeNpyFile(file, [3, 32, 32], new Float32Array(3 * 32 * 32));
    expect(await netspec('time', net, '-n', '1', '-i', `data=${file}`)).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    [[1, 32, 48, 3], 'seems to have its channels last: Caffe takes np.transpose(x, (0, 3, 1, 2))'],
    [[32, 48, 3], 'seems to have its channels last: Caffe takes np.transpose(x, (2, 0, 1))[np.newaxis]'],
    [[3, 48, 32], 'has no axis for the batch: Caffe takes x[np.newaxis]'],
  ])('says what is odd about an input of %j', async (shape, oddity) => {
    const file = path.join(folder, 'odd.npy');
    await writeNpyFile(file, shape, new Float32Array(shape.reduce((a, b) => a * b)));
    const { code, stderr } = await netspec('time', net, '-n', '1', '-i', `data=${file}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`hint: ${file} ${oddity}\n`);
  });

  test.each([
    [['--iterations', '0'], '--iterations expects a whole number of at least 1, got 0'],
    [['--iterations', 'ten'], '--iterations expects a whole number of at least 1, got no number'],
    [['--threads', '1.5'], '--threads expects a whole number of at least 1, got 1.5'],
  ])('refuses %p', async (words, message) => {
    expect(await netspec('time', net, ...words)).toEqual({ code: 2, stdout: '', stderr: `netspec: ${message}\n` });
  });
});
