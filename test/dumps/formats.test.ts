/** Dumps for toolchains: names, values and layouts of the files, and that references are read from them again. */
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DUMP_FORMATS, type DumpedTop, type DumpFormat } from '../../src/dumps/index.js';
import { numbersIn, numpyExponential } from '../../src/dumps/number-text.js';
import { parseRaw } from '../../src/dumps/raw.js';
import { toBytes } from '../../src/proto/random-access.js';

const FORMATS: readonly DumpFormat[] = DUMP_FORMATS;
const root = new URL('../../', import.meta.url);

const top = (blob: string, shape: readonly number[], from: Partial<DumpedTop> = {}): DumpedTop => ({
  ...{ blob, layer: blob, index: 0, writers: ['Convolution'], shape },
  data: Float32Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, (_, i) => i / 8 - 1),
  ...from,
});
const formatOf = (name: string) => FORMATS.find((format) => format.name === name)!;
const filesOf = (name: string, ...tops: DumpedTop[]) =>
  formatOf(name).write({ net: 'a net', tops, time: 1_700_000_000_123_000 });
const contentOf = async ({ fill }: { fill: (sink: ReturnType<typeof toBytes>) => Promise<unknown> }) => {
  const sink = toBytes();
  await fill(sink);
  return Buffer.from(sink.bytes());
};

describe('the table', () => {
  test('has a row for each file in src/dumps/formats/', () => {
    const files = readdirSync(new URL('src/dumps/formats/', root)).map((file) => file.replace(/\.ts$/, ''));
    expect(FORMATS.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  test('is the table of docs/dumps.md', () => {
    const docs = readFileSync(new URL('docs/dumps.md', root), 'utf8');
    for (const { name, docs: row } of FORMATS)
      expect(docs).toContain(`| \`${name}\` | ${row.readBy} | ${row.names} | ${row.source} |`);
  });
});

describe('names of files', () => {
  test('npy: a / becomes __', () => {
    expect(filesOf('npy', top('a/b', [1, 2])).files.map(({ file }) => file)).toEqual(['a__b.npy']);
  });

  test('ascend: layer, output and time; / and . become _', () => {
    const { files, notes } = filesOf('ascend', top('b', [1, 2], { layer: 'conv1/3x3.a' }), top('c', [1], { index: 1 }));
    expect(files.map(({ file }) => file)).toEqual(['conv1_3x3_a.0.1700000000123000.npy', 'c.1.1700000000123000.npy']);
    expect(notes).toBeUndefined();
  });

  test('ascend: two layers of one name there are refused, other characters remarked on', () => {
    expect(() => filesOf('ascend', top('a/b', [1]), top('a.b', [1]))).toThrow(
      "layers 'a/b' and 'a.b' are both 'a_b' for Ascend's tool\nhint: rename one of them: / and . become _ in its names",
    );
    expect(filesOf('ascend', top('a b', [1])).notes).toEqual([
      "Ascend's tool takes letters, digits, _ and - in names of layers, and not 'a b'",
    ]);
  });

  test('ascend: what its tool converts from the chip is known by the operator', () => {
    const { nameOfNpy } = formatOf('ascend');
    expect(nameOfNpy!('Conv2D.conv1conv1_relu.3.1.1700000000123000.output.0')).toBe('conv1conv1_relu');
    expect(nameOfNpy!('Slice.parts.4.1700000000123000.output.1')).toBe('parts[1]');
    expect(nameOfNpy!('conv1.0.1700000000123000')).toBe('conv1');
    expect(nameOfNpy!('layer1.0.conv1')).toBeUndefined();
  });

  test('tpu-mlir: one archive, without the tops of Slice and Split', () => {
    const { files } = filesOf('tpu-mlir', top('a', [1]), top('b', [1], { writers: ['Slice'] }));
    expect(files.map(({ file }) => file)).toEqual(['a_net_ref_outputs.npz']);
  });

  test('text: layer and dimensions', () => {
    const { files } = filesOf(
      'text',
      top('b', [1, 2, 3, 4], { layer: 'inception/b' }),
      top('prob', [1, 10]),
      top('v', [5]),
    );
    expect(files.map(({ file }) => file)).toEqual([
      'inception_b_output0_2_3_4_caffe.linear.float',
      'prob_output0_10_caffe.linear.float',
      'v_output0_caffe.linear.float',
    ]);
  });
});

describe('what files hold', () => {
  test('text: as numpy.savetxt writes it', async () => {
    const { files } = filesOf('text', top('a', [1, 3], { data: Float32Array.of(0.1, -0, 1e10) }));
    expect((await contentOf(files[0]!)).toString()).toBe(
      '1.000000014901161194e-01\n-0.000000000000000000e+00\n1.000000000000000000e+10\n',
    );
  });

  test('sigmastar: images with their channels last, sixteen numbers a line', async () => {
    const { files } = filesOf('sigmastar', top('a', [1, 2, 1, 9]));
    const values = Array.from({ length: 18 }, (_, i) => ((i % 2) * 9 + (i >> 1)) / 8 - 1);
    const line = (from: number, to: number) =>
      values
        .slice(from, to)
        .map((v) => `${v.toFixed(6)}  `)
        .join('');
    expect((await contentOf(files[0]!)).toString()).toBe(
      `a Tensor:\n{\ntensor dim:4,  Original shape:[1 1 9 2]\ntensor data:\n${line(0, 16)}\n${line(16, 18)}\n}\n\n`,
    );
  });

  test.each(['text', 'sigmastar'])('%s: is read again', async (name) => {
    const tops = [top('a', [2, 2, 3, 2]), top('b', [1, 4], { data: Float32Array.of(NaN, Infinity, -Infinity, 0.5) })];
    const { files } = filesOf(name, ...tops);
    const { read } = formatOf(name);
    const found = [];
    for (const each of files) {
      expect(read!.match(each.file)).toBe(true);
      found.push(...read!.parse(await contentOf(each), each.file));
    }
    expect(found).toEqual(tops.map(({ blob, shape, data }) => ({ name: blob, shape, dtype: 'float32', data })));
  });
});

describe('what other tools write', () => {
  const parse = (name: string, file: string, text: string) => formatOf(name).read!.parse(Buffer.from(text), file);

  test('sigmastar: what the chip fills the last axis up with is cut', () => {
    const text =
      'conv Tensor:\n{\ntensor dim:2,  Original shape:[2 3],  Alignment shape:[2 4]\n' +
      'The following tensor data shape is alignment shape.\ntensor data:\n1  2  3  0  \n4  5  6  0  \n}\n';
    expect(parse('sigmastar', 'unknown_x.txt', text)).toEqual([
      { name: 'conv', shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    ]);
  });

  test("text: NNIE's fixed-point numbers have twelve bits behind the point", () => {
    expect(parse('text', 'fc_output0_2_quant.linear.hex', '00001800\nFFFFF000\n')).toEqual([
      { name: 'fc', shape: [1, 2], dtype: 'float32', data: Float32Array.of(1.5, -1) },
    ]);
    expect(parse('text', 'seg0_layer3_output0_inst.linear.hex', '00001000')).toEqual([
      { name: 'layer3', dtype: 'float32', data: Float32Array.of(1) },
    ]);
  });

  test('text: any numbers, whose shape the net gives', () => {
    expect(parse('text', 'conv1.txt', '1, 2\n3 4e-1')).toEqual([
      { name: 'conv1', dtype: 'float32', data: Float32Array.of(1, 2, 3, 0.4) },
    ]);
  });

  test('malformed files are refused with the place', () => {
    expect(() => parse('text', 'conv1.txt', '1\n2\nx 3')).toThrow("3: expected numbers, got 'x'");
    expect(() => parse('text', 'c_output0_2_2_caffe.linear.float', '1 2 3')).toThrow(
      'its name says 2x2 values an image, it has 3',
    );
    expect(() => parse('text', 'c_output0_2_quant.linear.hex', '12 xyz')).toThrow(
      "expected 32-bit numbers of hexadecimal digits, got 'xyz'",
    );
    const head = 'a Tensor:\n{\ntensor dim:1,  Original shape:[3]\ntensor data:\n';
    expect(() => parse('sigmastar', 'unknown_a.txt', `${head}1 2\n}`)).toThrow(
      "tensor 'a': shape 3 has 3 values, got 2",
    );
    expect(() => parse('sigmastar', 'unknown_a.txt', `${head}1 2`)).toThrow(
      "tensor 'a': its values do not end with '}'",
    );
    expect(() => parse('sigmastar', 'unknown_a.txt', '1 2')).toThrow('expected tensors as simulator.py writes them');
  });

  test('raw binary, by its element type', () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2).buffer);
    expect(parseRaw(bytes, 'conv1.bin', 'float32')).toEqual({
      ...{ name: 'conv1', dtype: 'float32', data: Float32Array.of(1, 2) },
    });
    expect(() => parseRaw(bytes.subarray(1), 'conv1.bin', 'float32')).toThrow(
      'conv1.bin: 7 bytes are no whole number of float32 values',
    );
    expect(() => parseRaw(bytes, 'conv1.bin', 'flaot32')).toThrow(
      "there is no element type 'flaot32'\nhint: did you mean",
    );
  });
});

test('numbers as Python writes them', () => {
  expect([NaN, Infinity, -Infinity, 1e-120].map(numpyExponential)).toEqual([
    'nan',
    'inf',
    '-inf',
    '9.999999999999999786e-121',
  ]);
  expect(numbersIn(Buffer.from('nan INF -inf'))).toEqual([NaN, Infinity, -Infinity]);
});
