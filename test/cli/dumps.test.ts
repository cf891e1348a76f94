/** forward --format writes dumps that verify reads back; and references as boards write them: quantized, channels last, raw. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DUMP_FORMATS } from '../../src/dumps/index.js';
import { Net, readNpyFile, writeNpyFile } from '../../src/node.js';
import { netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [net, weights, input] = [at('net.prototxt'), at('net.caffemodel'), at('x.npy')];

/** An in-place layer, a layer with two tops, names with slashes, and a blob that two layers read. */
const NET = `
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 6 dim: 5 } } }
layer { name: "a/conv" type: "Convolution" bottom: "data" top: "a/conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } bias_filler { type: "uniform" max: 0.5 } } }
layer { name: "a/relu" type: "ReLU" bottom: "a/conv" top: "a/conv" }
layer { name: "slice" type: "Slice" bottom: "a/conv" top: "left" top: "right" slice_param { slice_point: 1 } }
layer { name: "pool" type: "Pooling" bottom: "right" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "sum" type: "Power" bottom: "left" top: "sum" power_param { scale: 3 shift: 1 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
`;

interface Report {
  layers: { name: string; top: string; status: string }[];
  matched: number;
}

const forward = (...words: string[]) => netspec('forward', net, '-w', weights, '-i', `data=${input}`, ...words);
const verify = async (reference: string, ...words: string[]) => {
  const result = await netspec(
    ...['verify', net, '-w', weights, '-i', `data=${input}`, '-r', reference, '--no-diagnose', '--json', ...words],
  );
  const report = (result.code < 2 ? JSON.parse(result.stdout) : undefined) as Report | undefined;
  const agree = report?.layers.filter(({ status }) => status === 'agrees').map(({ name, top }) => `${name}:${top}`);
  return { ...result, agree };
};
/** Values of a blob, as the default dump has them. */
const blob = (name: string) => readNpyFile(at('plain', `${name}.npy`));

beforeAll(async () => {
  writeFileSync(net, NET);
  const built = await Net.load(NET, { seed: 3 });
  await built.save(weights);
  built.dispose();
  await writeNpyFile(
    input,
    [2, 3, 6, 5],
    Float32Array.from({ length: 180 }, (_, i) => Math.sin(i)),
  );
  await forward('--blobs', 'all', '-o', at('plain'));
});

describe('forward --format', () => {
  const layers = ['slice:left', 'slice:right', 'pool:pool', 'sum:sum', 'fc:fc', 'prob:prob'];

  test.each(DUMP_FORMATS.map(({ name }) => name))('%s is read back by verify, and agrees', async (format) => {
    const { code, stderr } = await forward('--blobs', 'all', '--format', format, '-o', at(format));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = await verify(at(format), ...(format === 'npy' || format === 'npz' ? ['--map', 'blobs'] : []));
    expect(result.code).toBe(0);
    // tpu-mlir's file has no tops of Slice, and Ascend's has the convolution before its ReLU too.
    const expected = format === 'tpu-mlir' ? layers.filter((name) => !name.startsWith('slice')) : layers;
    expect(result.agree).toEqual(expect.arrayContaining(expected));
    expect(result.agree!.includes('a/conv:a/conv')).toBe(format === 'ascend');
    expect(result.agree).toContain('a/relu:a/conv');
  });

  test('ascend writes a file for each top, as each layer left it', () => {
    const files = readdirSync(at('ascend')).map((file) => file.replace(/\.\d{16}\.npy$/, ''));
    expect(files).toEqual([
      ...['a_conv.0', 'a_relu.0', 'data.0', 'fc.0', 'pool.0', 'prob.0', 'slice.0', 'slice.1', 'sum.0'],
    ]);
  });

  test('one file is written where its name is given', async () => {
    const { code } = await forward('--format', 'npz', '-o', at('one.npz'));
    expect(code).toBe(0);
    expect((await verify(at('one.npz'))).agree).toEqual(['sum:sum', 'prob:prob']);
  });

  test('without a folder it is refused', async () => {
    expect(await forward('--format', 'npz')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--format says what is written: give the folder, -o DIR') as unknown,
    });
  });
});

describe('what a board wrote', () => {
  const folderOf = (name: string, files: Record<string, Uint8Array | string>) => {
    mkdirSync(at(name), { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(at(name, file), content);
    return at(name);
  };
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  /** An image batch with its channels last. */
  const channelsLast = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }) => {
    const [n, c, h, w] = shape as [number, number, number, number];
    const turned = new Float32Array(n * c * h * w);
    let to = 0;
    for (let image = 0; image < n; image++)
      for (let pixel = 0; pixel < h * w; pixel++)
        for (let channel = 0; channel < c; channel++) turned[to++] = data[(image * c + channel) * h * w + pixel]!;
    return { shape: [n, h, w, c], data: turned };
  };

  test('raw binary without a shape, in the order of the blob or channels last', async () => {
    const left = await blob('left');
    const right = await blob('right');
    const nchw = folderOf('raw', { 'right.bin': bytesOf(right.data), 'left.raw': bytesOf(left.data) });
    expect(await verify(nchw, '--dtype', 'float32')).toMatchObject({ code: 0, agree: ['slice:left', 'slice:right'] });
    const nhwc = folderOf('nhwc', { 'right.bin': bytesOf(channelsLast(right).data) });
    expect((await verify(nhwc, '--dtype', 'float32')).code).toBe(1);
    expect(await verify(nhwc, '--dtype', 'float32', '--layout', 'nhwc')).toMatchObject({
      ...{ code: 0, agree: ['slice:right'] },
    });
    expect(await verify(nchw)).toMatchObject({
      code: 2,
      stderr: `netspec: ${at('raw', 'left.raw')}: a raw binary file does not say what its values are\nhint: say it: --dtype float32, or int8 with --scales\n`,
    });
  });

  test('images with channels last that know their shape', async () => {
    const { shape, data } = channelsLast(await blob('right'));
    mkdirSync(at('last'));
    await writeNpyFile(at('last', 'right.npy'), shape, data);
    expect(await verify(at('last'), '--layout', 'nhwc')).toMatchObject({ code: 0, agree: ['slice:right'] });
  });

  test('integers with scale and zero point, fused names through a map', async () => {
    const { data } = await blob('a__conv');
    const [scale, zero_point] = [Math.max(...data) / 200, -100];
    const stored = Int8Array.from(data, (value) => Math.round(value / scale) + zero_point);
    const board = folderOf('board', { 'aconvarelu.bin': bytesOf(stored) });
    writeFileSync(at('scales.json'), JSON.stringify({ aconvarelu: { scale, zero_point } }));
    writeFileSync(at('map.json'), JSON.stringify({ references: [{ layer: 'a/relu', from: 'aconvarelu' }] }));
    const words = ['--dtype', 'int8', '--scales', at('scales.json'), '--map', at('map.json'), '--rtol', '0'];
    // A rounded value is off by half a scale, and by the rounding of a float32 of at most 1.
    const half = scale / 2 + 2 ** -23;
    expect(await verify(board, ...words, '--atol', String(half))).toMatchObject({ code: 0, agree: ['a/relu:a/conv'] });
    expect((await verify(board, ...words, '--atol', String(half / 4))).code).toBe(1);
  });

  test('text of numbers alone, and one file of a format', async () => {
    const prob = await blob('prob');
    const numbers = folderOf('numbers', { 'prob.txt': [...prob.data].join('\n') });
    expect(await verify(numbers)).toMatchObject({ code: 0, agree: ['prob:prob'] });
    expect(await verify(at('numbers', 'prob.txt'))).toMatchObject({ code: 0, agree: ['prob:prob'] });
  });

  test('a scale file that cannot be meant is refused', async () => {
    const { data } = await blob('prob');
    const board = folderOf('refused', { 'prob.bin': bytesOf(Int8Array.from(data, (v) => Math.round(v * 100))) });
    const run = async (scales: unknown) => {
      writeFileSync(at('bad.json'), typeof scales === 'string' ? scales : JSON.stringify(scales));
      const { stderr } = await verify(board, '--dtype', 'int8', '--scales', at('bad.json'));
      return stderr.replaceAll(at('bad.json'), 'bad.json').replaceAll(board, 'board');
    };
    expect(await run('{')).toContain('bad.json: it is no JSON: expected an object such as');
    expect(await run({ prob: 0 })).toBe("netspec: bad.json: 'prob': expected a scale above 0, got 0\n");
    expect(await run({ prob: { scale: 1, zero: 1 } })).toContain("bad.json: 'prob': there is no field 'zero'");
    expect(await run({ prob: { scale: 1, zero_point: 0.5 } })).toContain('expected a whole zero_point, got 0.5');
    expect(await run({ prbo: 1 })).toBe("netspec: bad.json: board has no tensor 'prbo'\nhint: did you mean 'prob'?\n");
    expect(await run({})).toContain("no scale for 'prob', whose values are int8");
  });

  test('two runs in one folder are refused', async () => {
    const { shape, data } = await blob('prob');
    mkdirSync(at('twice'));
    for (const time of ['1700000000000000', '1700000000000001'])
      await writeNpyFile(at('twice', `prob.0.${time}.npy`), shape, Float32Array.from(data));
    expect(await verify(at('twice'))).toMatchObject({
      code: 2,
      stderr:
        `netspec: ${at('twice')}: 'prob.0.1700000000000000' and 'prob.0.1700000000000001' are both the output 'prob'\n` +
        'hint: keep the files of one run in a folder\n',
    });
  });
});
