import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import '../../src/node/platform.js';
import type { BlobProto, NetParameter } from '../../src/generated/messages.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { decodeNet, encodeNet } from '../../src/proto/codec.js';
import { fromBytes, toBytes } from '../../src/proto/random-access.js';
import { Blob } from '../../src/engine/blob.js';
import type { NetParam } from '../../src/runtime/net-param.js';
import { Net, type NetOptions } from '../../src/runtime/net.js';
import { createArena } from '../../src/engine/wasm-arena.js';
import { withWeights } from '../../src/runtime/weights-source.js';
import { copyWeights } from '../../src/runtime/weights.js';
import { caseNames, fixture, loadCase } from '../support/golden.js';

const loaded: Net[] = [];
afterEach(() => {
  for (const net of loaded.splice(0)) net.dispose();
});
const folder = mkdtempSync(path.join(tmpdir(), 'netspec-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function load(prototxt: string, options?: NetOptions): Promise<Net> {
  const net = await Net.load(prototxt, options);
  loaded.push(net);
  return net;
}

const data = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }\n';
const scale = (name: string, more = '') =>
  `layer { name: "${name}" type: "Scale" bottom: "data" top: "${name}" scale_param { filler { value: 7 } } ${more} }\n`;
const withBias = (name: string) => scale(name).replace('scale_param {', 'scale_param { bias_term: true');

const blob = (shape: number[], data: number[]): BlobProto => ({ shape: { dim: shape }, data });
const weights = (layers: Record<string, BlobProto[]>): NetParameter => ({
  layer: Object.entries(layers).map(([name, blobs]) => ({ name, type: 'Scale', blobs })),
});
const valuesOf = (net: Net, layer: string, index = 0): number[] => [...net.params.get(layer)![index]!.data];

test('weights go from a file into memory that threads share, and equal ones are held once', async () => {
  const values = [1, 2, 3, 4];
  const file = path.join(folder, 'shared-memory.caffemodel');
  writeFileSync(file, encodeNet(weights({ a: [blob([4], values)], b: [blob([4], values)] })));
  const arena = await createArena({ shared: true });
  const targets = ['a', 'b'].map((name, layer) => {
    const param: NetParam = { blob: new Blob(arena, [4]), layer, index: 0, filled: false };
    return { name, params: [param], isComputed: false };
  });
  const report = await withWeights(file, undefined, (layers) => copyWeights(targets, layers));
  expect(report.copied).toEqual(['a', 'b']);
  const [a, b] = targets.map(({ params }) => params[0]!.blob);
  expect(a!.peek().buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([[...a!.peek()], b!.ptr]).toEqual([values, a!.ptr]);
  arena.dispose();
});

describe('copyFrom', () => {
  test('copies by name, whatever the order', async () => {
    const net = await load(data + scale('a') + scale('b'));
    const report = await net.copyFrom(weights({ b: [blob([2], [3, 4])], a: [blob([2], [1, 2])] }));
    expect([valuesOf(net, 'a'), valuesOf(net, 'b')]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(report).toEqual({ copied: ['b', 'a'], ignoredSources: [], unfilledLayers: [], computedLayers: [] });
  });
  test('ignores layers that the net has not, and says so', async () => {
    const net = await load(data + scale('a'));
    const report = await net.copyFrom(weights({ x: [blob([9], Array<number>(9).fill(0))], a: [blob([2], [1, 2])] }));
    expect(report.ignoredSources).toEqual(['x']);
  });
  test('says nothing of layers without blobs', async () => {
    const net = await load(data + scale('a'));
    const report = await net.copyFrom({
      layer: [{ name: 'data' }, { name: 'x' }, ...weights({ a: [blob([2], [1, 2])] }).layer!],
    });
    expect(report).toEqual({ copied: ['a'], ignoredSources: [], unfilledLayers: [], computedLayers: [] });
  });
  test('leaves layers that the source has not, and says so', async () => {
    const net = await load(data + scale('a') + scale('b'));
    const report = await net.copyFrom(weights({ a: [blob([2], [1, 2])] }));
    expect([report.unfilledLayers, valuesOf(net, 'b')]).toEqual([['b'], [7, 7]]);
  });
  test('asks nothing for layers whose values the prototxt gives, and says which they are', async () => {
    const image = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 2, 3, 3] } } }';
    const up = (name: string, filler: string) =>
      `layer { name: "${name}" type: "Deconvolution" bottom: "data" top: "${name}" convolution_param { num_output: 2 group: 2 kernel_size: 2 stride: 2 bias_term: false ${filler} } }`;
    const norm =
      'layer { name: "norm" type: "BatchNorm" bottom: "data" top: "norm" batch_norm_param { use_global_stats: false } }';
    const net = await load(
      `${image}${up('up', 'weight_filler { type: "bilinear" }')}${up('nearest', 'weight_filler { type: "constant" value: 1 }')}${norm}`,
    );
    const report = await net.copyFrom({ layer: [] }, { strict: true });
    expect([report.unfilledLayers, report.computedLayers]).toEqual([[], ['up', 'nearest', 'norm']]);
    const learned = await load(image + up('learned', 'weight_filler { type: "xavier" }') + up('zero', ''));
    await expect(learned.copyFrom({ layer: [] }, { strict: true })).rejects.toThrow(
      "the weights have nothing for 'learned', 'zero'",
    );
  });
  test('counts what an earlier call filled', async () => {
    const net = await load(data + scale('a') + scale('b'));
    await net.copyFrom(weights({ a: [blob([2], [1, 2])] }));
    const report = await net.copyFrom(weights({ b: [blob([2], [1, 2])] }));
    expect([report.copied, report.unfilledLayers]).toEqual([['b'], []]);
    expect(net.copyReport).toBe(report);
  });
  test('writes to views that were taken before', async () => {
    const net = await load(data + scale('a'));
    const view = net.params.get('a')![0]!.data;
    await net.copyFrom(weights({ a: [blob([2], [1, 2])] }));
    expect([...view]).toEqual([1, 2]);
  });
  test('copies into the first of several layers with one name, as Caffe does', async () => {
    const net = await load(data + scale('a') + scale('a').replace('top: "a"', 'top: "b"'));
    await net.copyFrom(weights({ a: [blob([2], [1, 2])] }));
    expect(net.layers.filter(({ name }) => name === 'a').map(({ blobs }) => [...blobs[0]!.data])).toEqual([
      [1, 2],
      [7, 7],
    ]);
  });
  test('takes the last of several sources with one name, as Caffe does', async () => {
    const net = await load(data + scale('a'));
    const [first] = weights({ a: [blob([2], [1, 2])] }).layer!;
    const [second] = weights({ a: [blob([2], [3, 4])] }).layer!;
    await net.copyFrom({ layer: [first!, second!] });
    expect(valuesOf(net, 'a')).toEqual([3, 4]);
  });
  test('reads double_data', async () => {
    const net = await load(data + scale('a'));
    await net.copyFrom(weights({ a: [{ shape: { dim: [2] }, double_data: [0.5, 1.5] }] }));
    expect(valuesOf(net, 'a')).toEqual([0.5, 1.5]);
  });

  describe('sources', () => {
    const bytes = encodeNet(weights({ a: [blob([2], [1, 2])] }));
    const file = path.join(folder, 'a.caffemodel');
    writeFileSync(file, bytes);
    test.each([
      ['a message', () => weights({ a: [blob([2], [1, 2])] })],
      ['bytes', () => bytes],
      ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
      ['something to read at random', () => fromBytes(bytes)],
      ['an open caffemodel', () => CaffemodelReader.open(bytes)],
      ['a path', () => file],
    ])('%s', async (_what, source) => {
      const net = await load(data + scale('a'));
      await net.copyFrom(await source());
      expect(valuesOf(net, 'a')).toEqual([1, 2]);
    });
    test('a V1 caffemodel', async () => {
      const net = await load(data + scale('a'));
      await net.copyFrom({
        layers: [{ name: 'a', blobs: [{ num: 1, channels: 1, height: 1, width: 2, data: [1, 2] }] }],
      });
      expect(valuesOf(net, 'a')).toEqual([1, 2]);
    });
  });

  describe('shapes from before blobs had any number of axes', () => {
    const legacy = (num: number, channels: number, height: number, width: number): BlobProto => ({
      ...{ num, channels, height, width },
      data: Array<number>(num * channels * height * width).fill(1),
    });
    test('may lead with ones', async () => {
      const net = await load(data + scale('a'));
      await net.copyFrom(weights({ a: [legacy(1, 1, 1, 2)] }));
      expect(valuesOf(net, 'a')).toEqual([1, 1]);
    });
    test('may not trail with ones', async () => {
      const net = await load(data + scale('a'));
      await expect(net.copyFrom(weights({ a: [legacy(1, 2, 1, 1)] }))).rejects.toThrow(
        new Error(
          "Cannot copy param 0 weights from layer 'a'; shape mismatch.  Source param shape is 1 2 1 1 (2); " +
            'target param shape is 2 (2).\nhint: only axes of length 1 differ: pack the weights anew for this net',
        ),
      );
    });
    test('leading ones in today’s shapes are refused', async () => {
      const net = await load(data + scale('a'));
      await expect(net.copyFrom(weights({ a: [blob([1, 1, 1, 2], [1, 2])] }))).rejects.toThrow(
        new Error(
          "Cannot copy param 0 weights from layer 'a'; shape mismatch.  Source param shape is 1 1 1 2 (2); " +
            'target param shape is 2 (2).\nhint: only axes of length 1 differ: pack the weights anew for this net',
        ),
      );
    });
    test('do not fit a parameter of five axes', async () => {
      const five =
        'layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 1 dim: 1 dim: 1 dim: 1 dim: 2 } } }';
      const net = await load(five);
      await expect(net.copyFrom(weights({ p: [legacy(1, 1, 1, 2)] }))).rejects.toThrow(
        /target param shape is 1 1 1 1 2 \(2\)\./,
      );
    });
  });

  describe('refuses, in Caffe’s words and more,', () => {
    const refusals: [string, string, NetParameter, string][] = [
      [
        'another shape',
        scale('a'),
        weights({ a: [blob([3], [1, 2, 3])] }),
        "Cannot copy param 0 weights from layer 'a'; shape mismatch.  Source param shape is 3 (3); target param shape is 2 (2).\n" +
          'hint: the layer has other parameters (num_output, kernel_size, group …) than the source net; ' +
          'Caffe says: rename it to learn it from scratch',
      ],
      [
        'a blob too few',
        withBias('a'),
        weights({ a: [blob([2], [1, 2])] }),
        'Incompatible number of blobs for layer a: the source has 1, the net 2\n' +
          'hint: is it bias_term: false in the source net and a bias here?',
      ],
      [
        'a blob too many',
        scale('a'),
        weights({ a: [blob([2], [1, 2]), blob([2], [1, 2])] }),
        'Incompatible number of blobs for layer a: the source has 2, the net 1\n' +
          'hint: the source has a bias, perhaps, and this layer bias_term: false',
      ],
      [
        'an entry without blobs for a layer that shares its parameter',
        scale('a', 'param { name: "w" }') + scale('b', 'param { name: "w" }'),
        weights({ a: [blob([2], [1, 2])], b: [] }),
        'Incompatible number of blobs for layer b: the source has 0, the net 1\n' +
          'hint: leave layers that share all their parameters out of the weights; an entry without blobs is refused',
      ],
    ];
    test('an inner product of other inputs, and tells where to look', async () => {
      const ip =
        'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 3 bias_term: false } }';
      const net = await load(data + ip);
      await expect(net.copyFrom(weights({ ip: [blob([3, 18], Array<number>(54).fill(0))] }))).rejects.toThrow(
        new Error(
          "Cannot copy param 0 weights from layer 'ip'; shape mismatch.  Source param shape is 3 18 (54); " +
            'target param shape is 3 32 (96).\nhint: the number of inputs differs: compare the shapes of the layers ' +
            'before this one with those of the source net',
        ),
      );
    });
    test('strictly, nets of which the source has nothing at all', async () => {
      await expect(load(data + scale('a') + scale('b'), { weights: {}, strict: true })).rejects.toThrow(
        new Error(
          "the weights have nothing for 'a', 'b'\n" +
            'hint: the parameters would keep the values of their fillers; without strict they do',
        ),
      );
    });
    test('strictly, and names the first ten', async () => {
      const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
      await expect(
        load(data + names.map((name) => scale(name)).join(''), { weights: {}, strict: true }),
      ).rejects.toThrow(
        new Error(
          "the weights have nothing for 's0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9' and 2 more\n" +
            'hint: the parameters would keep the values of their fillers; without strict they do',
        ),
      );
    });
    test.each(refusals)('%s', async (_what, layers, source, message) => {
      const net = await load(data + layers);
      await expect(net.copyFrom(source)).rejects.toThrow(new Error(message));
    });
    test('and names the file', async () => {
      const file = path.join(folder, 'three.caffemodel');
      writeFileSync(file, encodeNet(weights({ a: [blob([2, 3], [1, 2, 3, 4, 5, 6])] })));
      const net = await load(
        data + 'layer { name: "a" type: "Parameter" top: "a" parameter_param { shape { dim: 3 dim: 2 } } }',
      );
      await expect(net.copyFrom(file)).rejects.toHaveProperty(
        'message',
        `${file}: Cannot copy param 0 weights from layer 'a'; shape mismatch.  Source param shape is 2 3 (6); ` +
          'target param shape is 3 2 (6).\nhint: the source matrix is transposed',
      );
    });
    test('strictly, parameters that keep their fillers’ values', async () => {
      const net = Net.load(data + scale('conv1') + scale('b'), {
        weights: weights({ b: [blob([2], [1, 2])], conv_1: [blob([2], [1, 2])] }),
        strict: true,
      });
      await expect(net).rejects.toThrow(
        new Error(
          "the weights have nothing for 'conv1'\n" +
            "hint: for 'conv1' the weights have nothing of that name; did you mean 'conv_1'?",
        ),
      );
    });
  });

  describe('with shared parameters', () => {
    const shared = scale('a', 'param { name: "w" }') + scale('b', 'param { name: "w" }');
    test('the owner’s values are enough', async () => {
      const net = await load(data + shared, { weights: weights({ a: [blob([2], [1, 2])] }), strict: true });
      expect(valuesOf(net, 'b')).toEqual([1, 2]);
    });
    test('a later layer’s values replace the owner’s', async () => {
      const net = await load(data + shared, {
        weights: weights({ a: [blob([2], [1, 2])], b: [blob([2], [3, 4])] }),
      });
      expect(valuesOf(net, 'a')).toEqual([3, 4]);
    });
  });

  test('blobs in the net itself are loaded', async () => {
    const given = 'blobs { shape { dim: 2 } data: 1 data: 2 }';
    const net = await load(data + scale('a', given), { weights: weights({}), strict: true });
    expect(valuesOf(net, 'a')).toEqual([1, 2]);
  });
  test('blobs in the net itself are refused when they do not fit', async () => {
    const given = 'blobs { shape { dim: 3 } data: 1 data: 2 data: 3 }';
    await expect(load(data + scale('a', given))).rejects.toThrow(
      /^2:\d+: layer 'a' \(Scale\): Cannot copy param 0 weights from layer 'a'; shape mismatch\. {2}Source param shape is 3 \(3\); target param shape is 2 \(2\)\./,
    );
  });
});

describe('equal parameters', () => {
  const wide = 'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2000 } } }\n';
  const values = Array.from({ length: 2000 }, (_, i) => i);
  const many = wide + scale('a') + scale('b') + scale('c');
  const source = (last = values) =>
    weights({ a: [blob([2000], values)], b: [blob([2000], values)], c: [blob([2000], last)] });
  const addresses = (net: Net): number => new Set([...net.params.values()].map(([param]) => param!.ptr)).size;

  test('are held once', async () => {
    expect(addresses(await load(many, { weights: source() }))).toBe(1);
  });
  test('that differ in the last value are not', async () => {
    const other = values.with(-1, 0);
    const net = await load(many, { weights: source(other) });
    expect(addresses(net)).toBe(2);
    expect(valuesOf(net, 'c').at(-1)).toBe(0);
  });
  test('are each one’s own when written to', async () => {
    const net = await load(many, { weights: source() });
    net.params.get('b')![0]!.data.fill(1);
    await net.forward({ inputs: { data: new Float32Array(2000).fill(1) } });
    expect(['a', 'b', 'c'].map((name) => net.blobs.get(name)!.data[5])).toEqual([5, 1, 5]);
  });
  test('stay each one’s own when weights are copied again', async () => {
    const net = await load(many, { weights: source() });
    const view = net.params.get('b')![0]!.data;
    await net.copyFrom(source());
    view.fill(1);
    expect(['a', 'b', 'c'].map((name) => net.params.get(name)![0]!.peek()[5])).toEqual([5, 1, 5]);
  });
  test('become different when weights are copied again', async () => {
    const net = await load(many, { weights: source() });
    await net.copyFrom(
      weights({
        b: [
          blob(
            [2000],
            values.map((v) => -v),
          ),
        ],
      }),
    );
    expect(['a', 'b', 'c'].map((name) => net.params.get(name)![0]!.peek()[5])).toEqual([5, -5, 5]);
  });
});

describe('save', () => {
  test.each(caseNames('nets').filter((name) => readdirSync(fixture(`nets/${name}`)).includes('weights.caffemodel')))(
    'writes the bytes that Caffe wrote: %s',
    async (name) => {
      const { state } = JSON.parse(readFileSync(fixture(`nets/${name}/net.json`), 'utf8')) as { state: NetOptions };
      const net = await loadCase(`nets/${name}`, state);
      loaded.push(net);
      const sink = toBytes();
      await net.save(sink);
      const expected = new Uint8Array(readFileSync(fixture(`nets/${name}/weights.caffemodel`)));
      expect(decodeNet(sink.bytes())).toEqual(decodeNet(expected));
      expect(Buffer.from(sink.bytes()).equals(expected)).toBe(true);
    },
  );
  test('writes a file that gives the same net', async () => {
    const file = path.join(folder, 'saved.caffemodel');
    const net = await load(data + withBias('a'), { weights: weights({ a: [blob([2], [1, 2]), blob([2], [3, 4])] }) });
    await net.save(file);
    const again = await load(data + withBias('a'), { weights: file, strict: true });
    expect([valuesOf(again, 'a', 0), valuesOf(again, 'a', 1)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });
  test('writes what fillers give where nothing else was', async () => {
    const net = await load(data + scale('a'));
    const sink = toBytes();
    await net.save(sink);
    expect(decodeNet(sink.bytes()).layer![1]!.blobs![0]!.data).toEqual(Float32Array.of(7, 7));
  });
  test('a loss layer’s default weight is written down, as Caffe does', async () => {
    const loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "data" bottom: "data" top: "l" MORE }';
    const savedWeight = async (more: string) =>
      (await load(data + loss.replace('MORE', more))).toProto().layer!.at(-1)!.loss_weight;
    expect(await savedWeight('')).toEqual([1]);
    expect(await savedWeight('loss_weight: 3')).toEqual([3]);
  });
  test('toProto gives the same message', async () => {
    const net = await load(`name: "n"\n${data}` + scale('a'));
    const sink = toBytes();
    await net.save(sink);
    expect(Buffer.from(encodeNet(net.toProto())).equals(sink.bytes())).toBe(true);
  });
  test('the values in toProto are copies', async () => {
    const net = await load(data + scale('a'));
    const message = net.toProto();
    net.params.get('a')![0]!.data.fill(1);
    expect(message.layer![1]!.blobs![0]!.data).toEqual(Float32Array.of(7, 7));
  });
});
