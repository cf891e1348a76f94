/** Layers with several tops: each top is compared with a reference of its own, and a fault in one of them is found. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  blobMap,
  chooseMap,
  fromTensors,
  htmlReport,
  Layer,
  Net,
  readNpyFile,
  referencesFromNet,
  registerLayer,
  reportToJson,
  unregisterLayer,
  verify,
  type Blob,
  type LayerResult,
  type VerifyOptions,
  type VerifyReport,
} from '../../src/node.js';
import { diagnosisLines, summaryLines, tableRow } from '../../src/verify/report.js';
import { identityMap } from '../../src/weights/maps/identity.js';
import { fixture } from '../cli/support.js';

interface Array32 {
  shape: readonly number[];
  data: Float32Array;
}
type Arrays = Record<string, Array32>;

const row = (...values: number[]): Array32 => ({ shape: [1, values.length], data: Float32Array.from(values) });

/** The second top is rectified in place, and both are used. */
const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "slice" type: "Slice" bottom: "data" top: "left" top: "right" slice_param { slice_point: 2 } }
layer { name: "relu" type: "ReLU" bottom: "right" top: "right" }
layer { name: "sum" type: "Eltwise" bottom: "left" bottom: "right" top: "sum" }
`;
/** What the net gives for [1, 2, -3, 4]. */
const LEFT = row(1, 2);
const RIGHT = row(-3, 4);
const RELU = row(0, 4);
const SUM = row(1, 6);

type Options = Partial<VerifyOptions> & { text?: string; feed?: (net: Net) => void };

async function verified(references: Arrays, { text = NET, feed, ...options }: Options = {}): Promise<VerifyReport> {
  const net = await Net.load(text);
  try {
    if (feed) feed(net);
    else net.blobs.get('data')!.data.set([1, 2, -3, 4]);
    return await verify(net, { references: fromTensors(references, 'refs'), map: identityMap(), ...options });
  } finally {
    net.dispose();
  }
}

const found = ({ layers }: VerifyReport) => layers.map(({ label, reference, status }) => [label, reference, status]);

describe('references of the tops of one layer', () => {
  test('each top goes by its blob name', async () => {
    const report = await verified({ left: LEFT, right_output: RIGHT, relu: RELU, sum: SUM });
    expect(found(report)).toEqual([
      ['slice: left', 'left', 'agrees'],
      ['slice: right', 'right_output', 'agrees'],
      ['relu', 'relu', 'agrees'],
      ['sum', 'sum', 'agrees'],
    ]);
    expect(report).toMatchObject({ ok: true, matched: 4, references: 4, unusedReferences: [] });
  });

  test('the first goes by the layer name too, as that of a layer with one top', async () => {
    expect(found(await verified({ slice_output: LEFT }))).toEqual([
      ['slice: left', 'slice_output', 'agrees'],
      ['slice: right', undefined, 'no reference'],
      ['relu', undefined, 'no reference'],
      ['sum', undefined, 'no reference'],
    ]);
  });

  test('a tuple as dump_activations.py saves it: by position', async () => {
    expect(found(await verified({ 'slice[0]': LEFT, 'slice[1]': RIGHT })).slice(0, 2)).toEqual([
      ['slice: left', 'slice[0]', 'agrees'],
      ['slice: right', 'slice[1]', 'agrees'],
    ]);
  });

  test('a bare blob name is what the blob holds after the pass: no reference of a top that is overwritten', async () => {
    const dump = { left: LEFT, right: RELU, sum: SUM };
    expect(found(await verified(dump))).toEqual([
      ['slice: left', 'left', 'agrees'],
      ['slice: right', undefined, 'no reference'],
      ['relu', 'right', 'agrees'],
      ['sum', 'sum', 'agrees'],
    ]);
    const net = await Net.load(NET);
    const source = fromTensors(dump, 'refs');
    const { map, matched } = chooseMap(net, source);
    const names = [0, 1, 2, 3].map((layer) =>
      net.topNamesOf(layer).map((_, top) => blobMap(net).topReferenceNames(layer, top)),
    );
    net.dispose();
    expect([map.name, matched]).toEqual(['blobs', 3]);
    expect(names).toEqual([[['data']], [['left'], []], [['right']], [['sum']]]);
  });

  test('a reference belongs to the layer of its name before it belongs to a top of that name', async () => {
    const text = NET.replaceAll('name: "sum"', 'name: "left"');
    expect(found(await verified({ left: SUM }, { text }))).toEqual([
      ['slice: left', undefined, 'no reference'],
      ['slice: right', undefined, 'no reference'],
      ['relu', undefined, 'no reference'],
      ['left', 'left', 'agrees'],
    ]);
  });

  test('a layer of the name of its second top', async () => {
    const text = NET.replaceAll('name: "slice"', 'name: "right"').replace(/.*ReLU.*\n/, '');
    expect(found(await verified({ left: LEFT, right: RIGHT }, { text })).slice(0, 2)).toEqual([
      ['right: left', 'left', 'agrees'],
      ['right: right', 'right', 'agrees'],
    ]);
  });
});

describe('a fault in the second top only', () => {
  const references = { left: LEFT, right_output: row(-3, 5), relu: row(0, 5), sum: row(1, 7) };

  test('is the first divergence, by layer and top, and the only one that fails by itself', async () => {
    const report = await verified(references);
    expect(report.layers.map(({ label, status, isolated }) => [label, status, isolated?.status])).toEqual([
      ['slice: left', 'agrees', 'agrees'],
      ['slice: right', 'diverges', 'diverges'],
      ['relu', 'diverges', 'agrees'],
      ['sum', 'diverges', 'agrees'],
    ]);
    expect(report.firstDivergence).toMatchObject({ name: 'slice', top: 'right', topIndex: 1, label: 'slice: right' });
    expect(report.firstIsolated).toBe(report.firstDivergence);
    expect(report.evidence).toEqual({
      ...{ layer: 'slice', top: 'right', index: 1 },
      ...{ reference: row(-3, 5), actual: RIGHT, isolated: RIGHT },
    });
    // cosine = (9 + 20) / (5 · √34)
    expect(tableRow(report.layers[1]!)).toEqual([
      ...['slice: right', 'Slice', '1x2', '1', '0.2', '0.994692', 'NO (1 of 2)'],
    ]);
    expect(summaryLines(report)).toEqual([
      '4 of 4 references matched; rtol 0.001, atol 0.0001, algorithm auto',
      'first layer that diverges: slice: right (Slice): max abs 1, max rel 0.2, cosine 0.994692, 1 of 2 values outside the tolerance',
      'every layer that it reads from has a reference, and agrees',
    ]);
    expect(diagnosisLines(report).slice(0, 1)).toEqual([
      'fed the references of what they read, 1 of 3 layers diverge: slice: right',
    ]);
  });

  test('JSON names layer and top', async () => {
    const json = reportToJson(await verified(references));
    expect(json.first).toEqual({
      ...{ layer: 'slice', top: 'right', type: 'Slice' },
      error: 'max abs 1, max rel 0.2, cosine 0.994692, 1 of 2 values outside the tolerance',
    });
    expect(json.layers.map(({ name, top, ok }) => [name, top, ok])).toEqual([
      ['slice', 'left', true],
      ['slice', 'right', false],
      ['relu', 'right', false],
      ['sum', 'sum', false],
    ]);
  });

  test('a top without a reference before a divergence is suspected by its own name', async () => {
    // cosine = (1 + 42) / √(37 · 50)
    const report = await verified({ left: LEFT, sum: row(1, 7) });
    expect(summaryLines(report).slice(1)).toEqual([
      'first layer that diverges: sum (Eltwise): max abs 1, max rel 0.143, cosine 0.999730, 1 of 2 values outside the tolerance',
      'before it, without a reference: slice: right (Slice), relu (ReLU)',
    ]);
  });

  test('what reads the top is fed its reference in the isolated pass and in the search for a cause', async () => {
    const text = NET.replace(/.*ReLU.*\n/, 'layer { name: "relu" type: "ReLU" bottom: "right" top: "relu" }\n').replace(
      'bottom: "left" bottom: "right"',
      'bottom: "left" bottom: "relu"',
    );
    // The model's slice gives -5, its ReLU a slope of 0.5: neither can be told from the other unless -5 is fed.
    const report = await verified({ right: row(-5, 4), relu: row(-2.5, 4) }, { text });
    expect(report.causes.map(({ id, at, atTop, label }) => ({ id, at, atTop, label }))).toEqual([
      { id: 'negative-slope', at: 'relu', atTop: 'relu', label: 'negative_slope: 0.5' },
    ]);
  });

  test('the page shows both tops of the layer, marked by the worse', async () => {
    const net = await Net.load(NET);
    net.blobs.get('data')!.data.set([1, 2, -3, 4]);
    const report = await verify(net, { references: fromTensors(references), map: identityMap() });
    const html = await htmlReport(net, report);
    net.dispose();
    expect(html).toContain(
      '3 of 3 compared layers differ, the first: <a href="#" data-layer="1">slice: right</a> (Slice)',
    );
    expect(html).toContain('Values of <a href="#" data-layer="1">slice: right</a>');
    expect(html).toMatch(/<tr data-row="1" data-verdict="agrees" [^>]*>.*>slice: left<\/a>/);
    expect(html).toMatch(/<tr data-row="1" data-verdict="arises" [^>]*>.*>slice: right<\/a>/);
    const data = JSON.parse(/id="data">(.*)<\/script>/.exec(html)![1]!) as {
      layers: { name: string; mark: string; results: { title?: string; verdict: string }[] }[];
    };
    expect(data.layers.find(({ name }) => name === 'slice')).toMatchObject({
      mark: '✗',
      results: [
        { title: 'left', verdict: 'agrees' },
        { title: 'right', verdict: 'arises' },
      ],
    });
  });
});

describe('the search for a cause', () => {
  test('one edit that mends both tops is found once', async () => {
    const net = (pad: number) =>
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 5 dim: 5 } } }
       layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" top: "mask"
         pooling_param { kernel_size: 3 stride: 2 pad: ${pad} } }`;
    const feed = ({ blobs }: Net) => {
      blobs.get('data')!.data.forEach((_, i, data) => (data[i] = Math.sin(7 * i)));
    };
    const model = await Net.load(net(1));
    feed(model);
    const outputs = await model.forward();
    const references = Object.fromEntries(
      [...outputs].map(([name, { shape, data }]) => [name, { shape: [...shape], data: data.slice() }]),
    );
    model.dispose();
    const report = await verified(references, { text: net(0), feed });
    expect(report.layers.map(({ label, status }) => [label, status])).toEqual([
      ['pool: pool', 'shape differs'],
      ['pool: mask', 'shape differs'],
    ]);
    expect(report.causes.map(({ id, atTop }) => [id, atTop])).toEqual([['pooling-window', 'pool']]);
  });
});

describe('--against', () => {
  test('compares every top, one that is overwritten in place before it is', async () => {
    const [net, other] = await Promise.all([Net.load(NET), Net.load(NET)]);
    net.blobs.get('data')!.data.set([1, 2, -3, 4]);
    other.blobs.get('data')!.data.set([1, 2, -4, 4]);
    const report = await verify(net, await referencesFromNet(net, other));
    net.dispose();
    other.dispose();
    expect(found(report)).toEqual([
      ['slice: left', 'left', 'agrees'],
      ['slice: right', 'right before relu', 'diverges'],
      ['relu', 'right', 'agrees'],
      ['sum', 'sum', 'agrees'],
    ]);
    expect(report.unusedReferences).toEqual([]);
  });

  test('layers that share a name are compared each with its own', async () => {
    const twins = (scale: number) => `
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
      layer { name: "p" type: "Power" bottom: "data" top: "x" power_param { scale: ${scale} } }
      layer { name: "p" type: "Power" bottom: "x" top: "x" power_param { scale: 0 } }
      layer { name: "p" type: "Power" bottom: "x" top: "y" power_param { shift: 1 } }`;
    const [net, other] = await Promise.all([Net.load(twins(2)), Net.load(twins(3))]);
    for (const { blobs } of [net, other]) blobs.get('data')!.data.set([1, 2, -3, 4]);
    const report = await verify(net, await referencesFromNet(net, other));
    net.dispose();
    other.dispose();
    expect(report.layers.map(({ top, reference, status }) => [top, reference, status])).toEqual([
      ['x', 'x before p', 'diverges'],
      ['x', 'x', 'agrees'],
      ['y', 'y', 'agrees'],
    ]);
  });
});

/** A layer as people write them in Python: two tops, the first in place. */
class DoubleAndNegate extends Layer {
  override readonly topCount = { exact: 2 };

  override reshape([x]: readonly Blob[], tops: readonly Blob[]): void {
    for (const top of tops) if (top !== x) top.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [twice, minus]: readonly Blob[]): void {
    const from = Float32Array.from(x!.data);
    minus!.data.set(from.map((v) => -v));
    twice!.data.set(from.map((v) => 2 * v));
  }
}

test('a layer of ones own, its first top in place and its second not', async () => {
  registerLayer('DoubleAndNegate', DoubleAndNegate);
  try {
    const text = `
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
      layer { name: "x" type: "Power" bottom: "data" top: "x" }
      layer { name: "both" type: "DoubleAndNegate" bottom: "x" top: "x" top: "minus" }
      layer { name: "next" type: "Power" bottom: "minus" top: "next" power_param { shift: 1 } }`;
    const references = { both: row(2, 4, -6, 8), minus: row(-1, -2, 3, -4), next: row(0, -1, 4, -2) };
    expect(found(await verified(references, { text }))).toEqual([
      ['x', undefined, 'no reference'],
      ['both: x', 'both', 'agrees'],
      ['both: minus', 'minus', 'agrees'],
      ['next', 'next', 'diverges'],
    ]);
  } finally {
    unregisterLayer('DoubleAndNegate');
  }
});

describe('layers whose further tops are seldom asked for', () => {
  const input = (name: string, ...shape: number[]) =>
    `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${shape.map((dim) => `dim: ${dim}`).join(' ')} } } }`;
  const filler = 'weight_filler { type: "gaussian" std: 1 } bias_filler { type: "gaussian" std: 1 }';

  test.each([
    [
      'a loss that gives its probabilities',
      `${input('x', 3, 4)} ${input('label', 3)}
       layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" top: "loss" top: "prob"
         loss_weight: 1 loss_weight: 0 }`,
      ['loss: loss', 'loss: prob'],
    ],
    [
      'a pooling that gives where its maxima are',
      `${input('x', 1, 2, 6, 6)}
       layer { name: "pool" type: "Pooling" bottom: "x" top: "pool" top: "where" pooling_param { kernel_size: 2 stride: 2 } }`,
      ['pool: pool', 'pool: where'],
    ],
    [
      'an LSTM that exposes its hidden state',
      `${input('x', 3, 2, 4)} ${input('cont', 3, 2)} ${input('h0', 1, 2, 5)} ${input('c0', 1, 2, 5)}
       layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" bottom: "h0" bottom: "c0" top: "h" top: "hT" top: "cT"
         recurrent_param { num_output: 5 expose_hidden: true ${filler} } }`,
      ['lstm: h', 'lstm: hT', 'lstm: cT'],
    ],
  ])('%s', async (_what, text, labels) => {
    const feed = ({ inputs, blobs }: Net) => {
      for (const name of inputs)
        blobs.get(name)!.data.forEach((_, i, data) => {
          data[i] = name === 'label' || name === 'cont' ? 1 : Math.sin(7 * i + 1);
        });
    };
    const model = await Net.load(text, { seed: 0 });
    feed(model);
    await model.forward();
    const tops = model.topNamesOf(model.layers.length - 1);
    const references = Object.fromEntries(
      tops.map((top) => [top, { shape: model.blobs.get(top)!.shape, data: model.blobs.get(top)!.data.slice() }]),
    );
    model.dispose();
    const results = async () => found(await verified(references, { text, feed }));
    expect(await results()).toEqual(labels.map((label, i) => [label, tops[i], 'agrees']));
    references[tops[1]!]!.data[2]! += 1;
    expect(await results()).toEqual(labels.map((label, i) => [label, tops[i], i === 1 ? 'diverges' : 'agrees']));
  });
});

describe('every layer of several tops that Caffe itself was asked about', () => {
  // A Split's tops are copies of what was compared before it.
  const several = readdirSync(fixture('layers')).filter(
    (name) =>
      !name.startsWith('Split') &&
      readdirSync(fixture('layers', name)).filter((file) => file.startsWith('out_')).length > 1,
  );

  /** The layer's net and inputs, held against the outputs of Caffe, of which `spoil` may change some. */
  async function held(name: string, spoil: (references: Arrays) => void = () => undefined): Promise<LayerResult[]> {
    const folder = fixture('layers', name);
    const files = readdirSync(folder);
    const read = async (prefix: string) =>
      Promise.all(
        files
          .filter((file) => file.startsWith(prefix) && file.endsWith('.npy'))
          .map(async (file) => [file.slice(prefix.length, -4), await readNpyFile(path.join(folder, file))] as const),
      );
    const outputs = Object.fromEntries(
      (await read('out_')).map(([blob, { shape, data }]) => [blob, { shape, data: Float32Array.from(data) }]),
    );
    spoil(outputs);
    const weights = files.includes('weights.caffemodel') ? path.join(folder, 'weights.caffemodel') : undefined;
    const net = await Net.load(path.join(folder, 'net.prototxt'), { weights, algorithm: 'gemm' });
    try {
      for (const [blob, { data }] of await read('in_')) net.blobs.get(blob)!.data.set(data);
      const { layers } = await verify(net, { references: fromTensors(outputs), map: identityMap(), diagnose: false });
      return layers.filter(({ reference }) => reference !== undefined);
    } finally {
      net.dispose();
    }
  }

  test('there are such fixtures', () => {
    expect([...new Set(several.map((name) => name.replace(/_\d+$/, '')))]).toEqual([
      'Accuracy',
      'Convolution',
      'Deconvolution',
      'Slice',
    ]);
  });

  test.each(several)('%s: all tops agree, and a fault in the last alone is named', async (name) => {
    const right = await held(name);
    const outputs = readdirSync(fixture('layers', name)).filter((file) => file.startsWith('out_'));
    expect(right.map(({ top, status }) => [top, status])).toEqual(outputs.map((file) => [file.slice(4, -4), 'agrees']));
    const last = right.at(-1)!;
    const wrong = await held(name, (references) => {
      references[last.top]!.data[0]! += 1;
    });
    expect(wrong.map(({ label, status }) => [label, status])).toEqual(
      right.map(({ label, top }) => [label, top === last.top ? 'diverges' : 'agrees']),
    );
    expect(last.label).toBe(`l: ${last.top}`);
  });
});
