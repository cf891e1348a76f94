/**
 * Nets that keep only their outputs: what is computed together, what is kept, what is refused, and that the results are
 * those of the net that keeps everything.
 */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { detectionV2, packWeights, parseNpy, toBytes } from '../../../src/node.js';
import { maskrcnnBenchmarkMap } from '../../../src/weights/maps/maskrcnn-benchmark.js';
import { NpyFolderSource } from '../../../src/node/npy-folder.js';
import { Layer, registerLayer, unregisterLayer } from '../../../src/layers/index.js';
import { ReLULayer } from '../../../src/layers/relu.js';
import type { Blob } from '../../../src/engine/blob.js';
import { Net, type ForwardOptions, type NetOptions } from '../../../src/runtime/net.js';
import { WasmArena } from '../../../src/engine/wasm-arena.js';
import { arrays, caseNames, expectSameBlob, fixture, loadCase } from '../../support/golden.js';
import { refusal } from '../../support/refusal.js';
import { uniform } from '../../support/values.js';

const loaded: Net[] = [];
afterEach(() => {
  for (const net of loaded.splice(0)) net.dispose();
});
async function load(source: Parameters<typeof Net.load>[0], options: NetOptions = {}): Promise<Net> {
  const net = await Net.load(source, options);
  loaded.push(net);
  return net;
}
const lean = (source: Parameters<typeof Net.load>[0], options: NetOptions = {}) =>
  load(source, { ...options, outputsOnly: true });

const data = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 6 dim: 6 } } }\n';
const layer = (type: string, name: string, bottoms: string, more = '', top = name) =>
  `layer { name: "${name}" type: "${type}"${bottoms.replace(/\S+/g, ' bottom: "$&"')} top: "${top}" ${more} }\n`;
const conv = (name: string, bottom: string, more = '', top = name) =>
  layer(
    'Convolution',
    name,
    bottom,
    `convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } ${more}`,
    top,
  );
const shared = 'param { name: "w" } param { name: "b" }';

function arenaOf(net: Net): WasmArena {
  const { arena } = net.blobs.values().next().value!;
  if (!(arena instanceof WasmArena)) throw new Error('not a WasmArena');
  return arena;
}

/** The layers of each step, by name. */
const stepsOf = (net: Net): string[] => net.steps.map(({ layers }) => layers.map(({ name }) => name).join(' '));

describe('golden cases', () => {
  /** Loads the case with memory that holds NaN wherever it is not written. */
  async function poisoned(folder: string, options: NetOptions = {}): Promise<Net> {
    const net = await loadCase(folder, { ...options, outputsOnly: true });
    loaded.push(net);
    const arena = arenaOf(net);
    const allocate = arena.allocate.bind(arena);
    arena.allocate = (bytes) => {
      const ptr = allocate(bytes);
      new Uint8Array(arena.buffer, ptr, bytes).fill(0xff);
      return ptr;
    };
    return net;
  }

  test.each(caseNames('layers'))('layer %s', async (name) => {
    const folder = `layers/${name}`;
    const net = await loadCase(folder, { outputsOnly: true });
    loaded.push(net);
    for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
    const out = await net.forward();
    for (const [blob, reference] of arrays(folder, 'out_')) expectSameBlob(blob, out.get(blob), reference);
  });

  test.each(caseNames('nets'))('net %s: its outputs, and then every blob asked for', async (name) => {
    const folder = `nets/${name}`;
    const { state } = JSON.parse(readFileSync(fixture(`${folder}/net.json`), 'utf8')) as { state: NetOptions };
    const expected = arrays(folder, 'blob_');
    if (expected.size === 0) return;
    const net = await poisoned(folder, state);
    for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
    const outputs = await net.forward();
    expect([...outputs.keys()]).toEqual(net.outputs);
    for (const [blob, values] of outputs) expectSameBlob(blob, values, expected.get(blob)!);
    const all = await net.forward({ blobs: [...expected.keys()] });
    for (const [blob, reference] of expected) expectSameBlob(blob, all.get(blob), reference);
  });

  test.each([{ shareParams: true }, {}, { inPlace: true }, { variant: 'notebook' }] as const)(
    'detection-v2 %p, as with all blobs kept, in two sizes',
    async (variant) => {
      const proto = detectionV2({
        ...{ inputSize: [96, 128], stemWidth: 8, stageWidths: [8, 16, 32, 64], pyramidChannels: 32 },
        ...variant,
      });
      const sink = toBytes();
      const source = await NpyFolderSource.open('test/fixtures/detection-v2-tiny/npy_save');
      const { params } = await load(proto);
      const shapes = new Map([...params].map(([name, blobs]) => [name, blobs.map(({ shape }) => shape)]));
      await packWeights({ net: proto, shapes, source, map: maskrcnnBenchmarkMap(), sink });
      const options = { weights: sink.bytes(), algorithm: 'gemm' } as const;
      const [plain, only] = [await load(proto, options), await lean(proto, options)];
      const input = parseNpy(new Uint8Array(readFileSync('test/fixtures/detection-v2-tiny/input.npy')), 'input');
      const small = uniform([1, 3, 64, 64], 1, 'data', -100, 100);
      for (const { shape, data: values } of [input, small]) {
        const [expected, actual] = await Promise.all(
          [plain, only].map((net) => {
            net.blobs.get('data')!.reshape(shape);
            net.blobs.get('data')!.data.set(Float32Array.from(values));
            return net.forward();
          }),
        );
        for (const [name, blob] of actual!) expectSameBlob(name, blob, expected!.get(name)!);
      }
      const distinct = new Map([...only.params.values()].flat().map((blob) => [blob.holder, blob.count * 4]));
      const paramBytes = [...distinct.values()].reduce((sum, bytes) => sum + bytes);
      expect(only.plannedBytes - paramBytes).toBeLessThan((plain.plannedBytes - paramBytes) / 5);
      // Stem and its pooling, 16 blocks of three convolutions, 4 of them with a shortcut, the pyramid, and the head: ten
      // convolutions for five levels together.
      if (!('variant' in variant)) expect(only.steps).toHaveLength(2 + 16 * 3 + 4 + 11 + 10);
    },
  );
});

describe('a step', () => {
  const scale = 'scale_param { bias_term: true }';
  test.each([
    [
      'a convolution, Scale and ReLU',
      conv('c', 'data') + layer('Scale', 's', 'c', scale) + layer('ReLU', 'r', 's'),
      ['c s r'],
    ],
    [
      'in-place layers',
      conv('c', 'data') + layer('Scale', 's', 'c', scale, 'c') + layer('ReLU', 'r', 'c', '', 'c'),
      ['c s r'],
    ],
    [
      'BatchNorm, Scale and Bias',
      conv('c', 'data') + layer('BatchNorm', 'n', 'c') + layer('Scale', 's', 'n') + layer('Bias', 'b', 's'),
      ['c n s b'],
    ],
    [
      'of two convolutions that are added, the later one, the sum and what follows',
      conv('a', 'data') + conv('b', 'data') + layer('Eltwise', 'sum', 'b a') + layer('ReLU', 'r', 'sum'),
      ['a', 'b sum r'],
    ],
    [
      'a sum with a blob that others read too, through a Split',
      conv('a', 'data') + conv('b', 'a') + layer('Eltwise', 'sum', 'a b') + layer('ReLU', 'r', 'sum'),
      ['a', 'b sum r'],
    ],
    [
      'an in-place ReLU before a Split',
      conv('a', 'data') + layer('ReLU', 'r', 'a', '', 'a') + conv('b', 'a') + layer('Eltwise', 'sum', 'a b'),
      ['a r', 'b sum'],
    ],
    [
      'nothing of a sum with coefficients',
      conv('a', 'data') + conv('b', 'data') + layer('Eltwise', 'sum', 'a b', 'eltwise_param { coeff: 1 coeff: 2 }'),
      ['a', 'b', 'sum'],
    ],
    ['nothing of a blob added to itself', conv('a', 'data') + layer('Eltwise', 'sum', 'a a'), ['a', 'sum']],
    [
      'nothing behind a blob that somebody else reads',
      conv('a', 'data') + layer('ReLU', 'r', 'a') + layer('AbsVal', 'other', 'a'),
      ['a', 'r', 'other'],
    ],
    [
      'nothing behind a Flatten, which moves the channels',
      conv('a', 'data') + layer('Flatten', 'f', 'a') + layer('Scale', 's', 'f', scale),
      ['a', 's'],
    ],
    [
      'nothing of a Scale along another axis, or by a second bottom',
      conv('a', 'data') +
        layer('Scale', 's', 'a', 'scale_param { axis: 2 }') +
        conv('b', 's') +
        layer('Scale', 't', 'b b', 'scale_param { axis: 0 }'),
      ['a', 's', 'b', 't'],
    ],
    [
      'nothing behind ReLU',
      conv('a', 'data') + layer('ReLU', 'r', 'a') + layer('Scale', 's', 'r', scale),
      ['a r', 's'],
    ],
    [
      'convolutions that share their parameters by name, at several sizes',
      layer('Pooling', 'half', 'data', 'pooling_param { kernel_size: 2 stride: 2 }') +
        conv('a', 'data', shared) +
        layer('ReLU', 'ra', 'a') +
        conv('a2', 'ra') +
        conv('b', 'half', shared) +
        layer('ReLU', 'rb', 'b'),
      ['half', 'a ra b rb', 'a2'],
    ],
    [
      'no two convolutions of which one reads what the other made',
      conv('a', 'data', shared) + conv('b', 'a', shared) + conv('c', 'data', shared),
      ['a c', 'b'],
    ],
    [
      'no two with different epilogues',
      conv('a', 'data', shared) + layer('ReLU', 'r', 'a') + conv('b', 'data', shared),
      ['a r', 'b'],
    ],
    ['no idle layers', layer('Split', 's', 'data') + layer('Dropout', 'd', 's', '', 's') + conv('a', 's'), ['a']],
  ])('contains %s', async (_what, layers, expected) => {
    const net = await lean(data + layers);
    expect(stepsOf(net)).toEqual(expected);
    // And computes the same.
    const plain = await load(data + layers);
    for (const [name, blobs] of plain.params)
      blobs.forEach((blob, i) => {
        const values = uniform(blob.shape, 1, `${blob.storage === blob ? name : 'shared'} ${i}`, 0.5, 1.5).data;
        for (const each of [blob, net.params.get(name)![i]!]) each.data.set(values);
      });
    const inputs = { data: uniform([1, 4, 6, 6], 1, 'data').data };
    const outputs = await plain.forward({ inputs });
    for (const [name, blob] of await net.forward({ inputs })) expectSameBlob(name, blob, outputs.get(name)!);
  });

  test('holds one convolution each of a long chain that shares its parameters, and all that another chain has beside it', async () => {
    const chain = (name: string, length: number): string =>
      Array.from({ length }, (_, i) => conv(`${name}${i}`, i === 0 ? 'data' : `${name}${i - 1}`, shared)).join('');
    // Each of 3,000 depends on all before it.
    const net = await lean(data + chain('a', 3000) + chain('b', 3));
    const steps = stepsOf(net);
    expect(steps).toHaveLength(3000);
    expect(steps.slice(0, 4)).toEqual(['a0 b0', 'a1 b1', 'a2 b2', 'a3']);
  });

  test('is a layer when all blobs are kept', async () => {
    const net = await load(data + conv('a', 'data') + layer('ReLU', 'r', 'a'));
    expect(stepsOf(net)).toEqual(['data', 'a', 'r']);
  });

  test('contains a convolution, and nothing that a class of the user’s computes', async () => {
    class Mine extends ReLULayer {}
    registerLayer('ReLU', Mine, { override: true });
    try {
      expect(stepsOf(await lean(data + conv('a', 'data') + layer('ReLU', 'r', 'a')))).toEqual(['a', 'r']);
    } finally {
      unregisterLayer('ReLU');
    }
  });

  test.each([true, false])('is announced after it was computed, outputs only: %p', async (outputsOnly) => {
    const net = await load(data + conv('a', 'data') + layer('ReLU', 'r', 'a') + layer('AbsVal', 'v', 'r'), {
      outputsOnly,
    });
    const seen: number[] = [];
    let isWaiting = false;
    await net.forward({
      onStep: async (index) => {
        expect(isWaiting).toBe(false);
        isWaiting = true;
        await Promise.resolve();
        isWaiting = false;
        seen.push(index);
      },
    });
    expect(seen).toEqual([...net.steps.keys()]);
  });
});

describe('parameters', () => {
  const two = data + conv('a', 'data') + conv('b', 'data');
  /** Weights for `two`, equal or not. */
  const weightsFor = async (isEqual: boolean) => {
    const net = await load(two);
    for (const name of ['a', 'b'])
      net.params
        .get(name)!
        .forEach((blob, i) => blob.data.set(uniform(blob.shape, 1, isEqual ? `${i}` : `${name} ${i}`).data));
    return net;
  };
  const inputs = { data: uniform([1, 4, 6, 6], 1, 'data').data };
  async function expectAsIn(plain: Net, net: Net): Promise<void> {
    const expected = await plain.forward({ inputs });
    for (const [name, blob] of await net.forward({ inputs })) expectSameBlob(name, blob, expected.get(name)!);
  }

  test('that turn out equal are used together, until one of them is written to', async () => {
    const equal = await weightsFor(true);
    const net = await lean(two);
    expect(stepsOf(net)).toEqual(['a', 'b']);
    await net.copyFrom(equal.toProto());
    expect(stepsOf(net)).toEqual(['a b']);
    await expectAsIn(equal, net);
    for (const each of [equal, net]) each.params.get('b')![1]!.data[2] = 5;
    expect(stepsOf(net)).toEqual(['a', 'b']);
    await expectAsIn(equal, net);
    const different = await weightsFor(false);
    await net.copyFrom(different.toProto());
    await expectAsIn(different, net);
  });

  test('of BatchNorm and Scale may change between passes', async () => {
    const source = data + conv('a', 'data') + layer('BatchNorm', 'n', 'a') + layer('Scale', 's', 'n');
    const [plain, net] = [await load(source), await lean(source)];
    for (const pass of [1, 2]) {
      for (const each of [plain, net])
        for (const [name, blobs] of each.params)
          blobs.forEach((blob, i) => blob.data.set(uniform(blob.shape, pass, `${name} ${i}`, 0.5, 2).data));
      await expectAsIn(plain, net);
    }
  });

  test('are saved as they were loaded', async () => {
    const plain = await weightsFor(true);
    const net = await lean(two, { weights: plain.toProto() });
    await net.forward({ inputs });
    expect(net.toProto()).toEqual(plain.toProto());
  });
});

describe('what is kept', () => {
  const chain = data + conv('a', 'data') + layer('ReLU', 'r', 'a') + conv('b', 'r') + layer('AbsVal', 'v', 'b');
  const notKept = (name: string): string =>
    `the values of blob '${name}' are not kept: the net was loaded with outputsOnly\n` +
    `hint: name it in forward({ blobs: ['${name}'] }), or load the net without outputsOnly`;

  test('are inputs and outputs; other blobs are refused, before and after a pass, and in onStep', async () => {
    const net = await lean(chain);
    const look = (name: string) => refusal(() => net.blobs.get(name)!.data);
    expect(await look('a')).toBe(notKept('a'));
    await net.forward({
      onStep: async () => {
        expect(await look('r')).toBe(notKept('r'));
      },
    });
    for (const name of ['a', 'r', 'b']) {
      expect(await look(name)).toBe(notKept(name));
      expect(await refusal(() => net.blobs.get(name)!.peek())).toBe(notKept(name));
      expect(net.blobs.get(name)!.shape).toEqual([1, 4, 6, 6]);
    }
    for (const name of ['data', 'v']) expect(net.blobs.get(name)!.data).toHaveLength(144);
  });

  test('is what forward({ blobs }) names, until the next pass', async () => {
    const [plain, net] = [await load(chain), await lean(chain)];
    const inputs = { data: uniform([1, 4, 6, 6], 1, 'data').data };
    const expected = await plain.forward({ inputs, blobs: ['a', 'b'] });
    const { usedBytes } = arenaOf(plain);
    for (let i = 0; i < 3; i++) {
      const kept = await net.forward({ inputs, blobs: ['a', 'b'] });
      expect([...kept.keys()]).toEqual(['v', 'a', 'b']);
      for (const [name, blob] of kept) expectSameBlob(name, blob, expected.get(name)!);
      expect(stepsOf(net)).toEqual(['a', 'r', 'b', 'v']);
      await net.forward({ inputs });
      expect(stepsOf(net)).toEqual(['a r', 'b', 'v']);
      expect(await refusal(() => kept.get('a')!.data)).toBe(notKept('a'));
    }
    expect(arenaOf(net).usedBytes).toBeLessThanOrEqual(usedBytes);
  });

  test('are blobs that count in the loss', async () => {
    const source = data + conv('a', 'data', 'loss_weight: 2') + layer('ReLU', 'r', 'a');
    const net = await lean(source);
    await net.forward();
    expect(stepsOf(net)).toEqual(['a', 'r']);
    expect(net.blobs.get('a')!.data).toHaveLength(144);
  });

  test.each([
    ['start', { start: 'r' }],
    ['end', { end: 'r' }],
    ['onLayer', { onLayer: () => undefined }],
  ] as const)('forbids forward with %s', async (name, options: ForwardOptions) => {
    const net = await lean(chain);
    expect(await refusal(() => net.forward(options))).toBe(
      `forward({ ${name} }) needs the values of all blobs, and the net keeps only its outputs\n` +
        'hint: load the net without outputsOnly',
    );
  });

  test('forbids forwardLayer', async () => {
    const net = await lean(chain);
    expect(await refusal(() => net.forwardLayer('r'))).toBe(
      'forward({ start }) needs the values of all blobs, and the net keeps only its outputs\n' +
        'hint: load the net without outputsOnly',
    );
  });

  test('lets forwardAll run', async () => {
    const [plain, net] = [await load(chain), await lean(chain)];
    const samples = { data: uniform([3, 4, 6, 6], 1, 'data').data };
    const expected = await plain.forwardAll(samples, { blobs: ['a'] });
    const actual = await net.forwardAll(samples, { blobs: ['a'] });
    for (const [name, tensor] of actual) expectSameBlob(name, tensor, expected.get(name)!);
    expect([...actual.keys()]).toEqual(['v', 'a']);
  });

  test('is an option that is true or false', async () => {
    const options = { outputsOnly: 'yes' } as unknown as NetOptions;
    expect(await refusal(() => Net.load(chain, options))).toBe("option outputsOnly: expected true or false, got 'yes'");
  });
});

describe('memory', () => {
  const deep = (depth: number, size: number) =>
    `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: ${size} dim: ${size} } } }\n` +
    Array.from({ length: depth }, (_, i) => conv(`c${i}`, i === 0 ? 'data' : `c${i - 1}`)).join('');

  test('of a chain is that of two neighbours, beside input, output and parameters', async () => {
    const net = await lean(deep(10, 32));
    const blob = 4 * 32 * 32 * 4;
    const params = 10 * (4 * 4 * 9 + 4) * 4;
    expect(net.plannedBytes).toBe(2 * blob + 2 * blob + params);
    const arena = arenaOf(net);
    await net.forward();
    const { usedBytes, buffer } = arena;
    for (let i = 0; i < 5; i++) await net.forward();
    expect([arena.usedBytes, arena.buffer]).toEqual([usedBytes, buffer]);
  });

  test('follows shapes that change, with or without reshape()', async () => {
    const [plain, net] = [await load(deep(4, 8)), await lean(deep(4, 8))];
    for (const [size, isTold] of [
      [16, false],
      [24, true],
      [8, false],
      [24, false],
    ] as const) {
      const shape = [2, 4, size, size];
      for (const each of [plain, net]) each.blobs.get('data')!.reshape(shape);
      if (isTold) {
        net.reshape();
        expect(net.blobs.get('c2')!.shape).toEqual(shape);
      }
      const inputs = { data: uniform(shape, size, 'data').data };
      const expected = await plain.forward({ inputs });
      const [output] = await net.forward({ inputs });
      expectSameBlob('c3', output![1], expected.get('c3')!);
    }
  });

  test('suffices when shapes depend on values, and on what a layer of one’s own decides', async () => {
    class Keep extends Layer {
      override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
        y!.reshape([1, ...x!.shape.slice(1)]);
      }

      override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
        const items = 1 + (Math.trunc(Math.abs(x!.data[0]!)) % x!.shape[0]!);
        y!.reshape([items, ...x!.shape.slice(1)]);
        y!.data.set(x!.data.subarray(0, y!.count));
      }
    }
    registerLayer('Keep', Keep);
    try {
      const source =
        'layer { name: "data" type: "Input" top: "data" top: "chosen"' +
        ' input_param { shape { dim: 4 dim: 4 dim: 3 dim: 3 } shape { dim: 4 } } }\n' +
        conv('a', 'data') +
        layer('Power', 'select', 'chosen') +
        layer('Filter', 'f', 'a select') +
        conv('b', 'f') +
        layer('ReLU', 'r', 'b') +
        layer('Keep', 'k', 'r') +
        layer('AbsVal', 'v', 'k');
      const [plain, net] = [await load(source), await lean(source)];
      for (const [pass, chosen] of [
        [0, 1, 0, 1],
        [1, 0, 0, 0],
        [1, 1, 1, 1],
        [0, 1, 1, 1],
      ].entries()) {
        const inputs = {
          data: uniform([4, 4, 3, 3], pass, 'data', -20, 20).data,
          chosen: Float32Array.from(chosen),
        };
        const expected = await plain.forward({ inputs });
        for (const [name, blob] of await net.forward({ inputs })) expectSameBlob(name, blob, expected.get(name)!);
      }
    } finally {
      unregisterLayer('Keep');
    }
  });

  test('is refused to an empty blob, with the layer', async () => {
    const source =
      'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 0 dim: 4 dim: 6 dim: 6 } } }\n' +
      conv('a', 'data') +
      layer('ReLU', 'r', 'a');
    expect(await refusal(async () => (await lean(source)).forward())).toBe(
      await refusal(async () => (await load(source)).forward()),
    );
  });
});
