import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Layer, registerLayer, unregisterLayer } from '../../src/layers/index.js';
import { NetSpec } from '../../src/netspec/index.js';
import { Schema } from '../../src/proto/parse-schema.js';
import { decodeNet } from '../../src/proto/codec.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { toBytes } from '../../src/proto/random-access.js';
import type { Blob } from '../../src/engine/blob.js';
import { Net, type NetOptions } from '../../src/runtime/net.js';
import { childProgram } from '../support/child-program.js';
import { arrays, caseNames, expectSameBlob, fixture, loadCase } from '../support/golden.js';

/** What pycaffe says of a net. */
interface Facts {
  inputs: string[];
  outputs: string[];
  blobs: Record<string, number[]>;
  params: Record<string, number[][]>;
  layers: { name: string; type: string; blobs: number[][]; bottoms: string[]; tops: string[] }[];
  loss_weights: Record<string, number>;
  state: NetOptions;
}

const loaded: Net[] = [];
afterEach(() => {
  for (const net of loaded.splice(0)) net.dispose();
});

async function load(prototxt: string, options?: NetOptions): Promise<Net> {
  const net = await Net.load(prototxt, { file: 'net.prototxt', ...options });
  loaded.push(net);
  return net;
}

async function refusal(prototxt: string, options?: NetOptions): Promise<string> {
  try {
    await (await load(prototxt, options)).forward();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('accepted');
}

const data = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 8 dim: 8 } } }\n';
const relu = (name: string, bottom: string, top = name) =>
  `layer { name: "${name}" type: "ReLU" bottom: "${bottom}" top: "${top}" }\n`;
const scale = (name: string, bottom: string, more = '') =>
  `layer { name: "${name}" type: "Scale" bottom: "${bottom}" top: "${name}" ${more} }\n`;

describe('whole nets against Caffe', () => {
  test.each(caseNames('nets'))('%s', async (name) => {
    const folder = `nets/${name}`;
    const facts = JSON.parse(readFileSync(fixture(`${folder}/net.json`), 'utf8')) as Facts;
    const net = await loadCase(folder, facts.state);
    loaded.push(net);
    expect({
      inputs: net.inputs,
      outputs: net.outputs,
      blobs: [...net.blobs].map(([blob, { shape }]) => [blob, shape]),
      params: [...net.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]),
      layers: net.layers.map((layer) => ({
        name: layer.name,
        type: layer.type,
        blobs: layer.blobs.map(({ shape }) => shape),
        bottoms: net.bottomNames.get(layer.name),
        tops: net.topNames.get(layer.name),
      })),
      lossWeights: Object.fromEntries(net.blobLossWeights),
    }).toEqual({
      inputs: facts.inputs,
      outputs: facts.outputs,
      blobs: Object.entries(facts.blobs),
      params: Object.entries(facts.params),
      layers: facts.layers,
      lossWeights: facts.loss_weights,
    });
    const expected = arrays(folder, 'blob_');
    if (expected.size === 0) return;
    for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
    await net.forward();
    for (const [blob, reference] of expected) expectSameBlob(blob, net.blobs.get(blob), reference);
  });
});

describe('the state', () => {
  const net =
    data +
    `layer { name: "train" type: "ReLU" bottom: "data" top: "train" include { phase: TRAIN } }
     layer { name: "test" type: "ReLU" bottom: "data" top: "test" include { phase: TEST } }
     layer { name: "deep" type: "ReLU" bottom: "data" top: "deep" include { min_level: 2 } }
     layer { name: "deploy" type: "ReLU" bottom: "data" top: "deploy" include { stage: "deploy" } }
     layer { name: "file" type: "ReLU" bottom: "data" top: "file" include { stage: "file" } }`;
  const table: [string, string, NetOptions, string[]][] = [
    ['is TEST, level 0, no stages', net, {}, ['test']],
    ['has the phase asked for', net, { phase: 'TRAIN' }, ['train']],
    ['has the level asked for', net, { level: 2 }, ['deep', 'test']],
    ['has the stages asked for', net, { stages: ['deploy'] }, ['deploy', 'test']],
    ['of the file counts where nothing is asked', `state { phase: TRAIN level: 2 }${net}`, {}, ['deep', 'train']],
    [
      'asked for replaces the phase and level of the file',
      `state { phase: TRAIN level: 2 }${net}`,
      { phase: 'TEST', level: 0 },
      ['test'],
    ],
    [
      'asked for adds to the stages of the file',
      `state { stage: "file" }${net}`,
      { stages: ['deploy'] },
      ['deploy', 'file', 'test'],
    ],
  ];
  test.each(table)('%s', async (_what, prototxt, options, outputs) => {
    expect((await load(prototxt, options)).outputs).toEqual(outputs);
  });
  test('a layer’s own phase goes before the net’s', async () => {
    const dropout = 'layer { name: "d" type: "Dropout" bottom: "data" top: "d" phase: TRAIN }';
    const net = await load(data + dropout);
    net.blobs.get('data')!.data.fill(1);
    await net.forward();
    // In training, Dropout zeroes values and doubles the others; in testing it does nothing.
    expect(new Set(net.blobs.get('d')!.data)).toEqual(new Set([0, 2]));
  });
});

describe('what a net says of itself', () => {
  test('maps are in the order of the layers', async () => {
    const net = await load(data + scale('b', 'data') + scale('a', 'b'));
    expect([...net.blobs.keys()]).toEqual(['data', 'b', 'a']);
    expect([...net.params.keys()]).toEqual(['b', 'a']);
    expect(net.layerNames).toEqual(['data', 'b', 'a']);
    expect([...net.layerDict].map(([name, { type }]) => `${name} ${type}`)).toEqual([
      'data Input',
      'b Scale',
      'a Scale',
    ]);
  });
  test('an in-place layer has the same blob as bottom and top', async () => {
    const net = await load(data + relu('a', 'data', 'data'));
    expect([net.topNames.get('a'), net.bottomNames.get('a'), net.outputs]).toEqual([['data'], ['data'], ['data']]);
  });
  test('outputs are sorted by the bytes of their names', async () => {
    const tops = ['b', 'B', 'ä', '￿', '😀'];
    const net = await load(data + tops.map((top) => relu(top, 'data')).join(''));
    expect(net.outputs).toEqual(['B', 'b', 'ä', '￿', '😀']);
  });
  test('only Input layers make inputs', async () => {
    const net = await load(
      `layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 1 } } }
       layer { name: "m" type: "MemoryData" top: "m" top: "l" memory_data_param { batch_size: 1 channels: 1 height: 1 width: 1 } }`,
    );
    expect(net.inputs).toEqual([]);
  });
  test('of two layers with one name the later is meant, as in a Python dict', async () => {
    const net = await load(data + scale('s', 'data') + scale('s', 's').replace('top: "s"', 'top: "t"'));
    expect(net.layers).toHaveLength(3);
    expect(net.topNames.get('s')).toEqual(['t']);
  });
  test('a loss weighs 1 unless told otherwise', async () => {
    const loss = 'layer { name: "loss" type: "EuclideanLoss" bottom: "data" bottom: "data" top: "loss" }';
    expect((await load(data + loss)).blobLossWeights.get('loss')).toBe(1);
    const half = loss.replace(' }', ' loss_weight: 0.5 }');
    expect((await load(data + half)).blobLossWeights.get('loss')).toBe(0.5);
  });
  test('a loss layer without top makes one, which is no output', async () => {
    const net = await load(data + 'layer { name: "loss" type: "EuclideanLoss" bottom: "data" bottom: "data" }');
    expect(net.topNames.get('loss')).toEqual(['(automatic)']);
    expect(net.outputs).toEqual([]);
  });
  test('a top that never had elements is told when it is to be computed, as in Caffe', async () => {
    const pool = 'layer { name: "pool" type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 3 } }';
    const input = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 4 } } }';
    const net = await load(input + pool);
    expect(net.blobs.get('y')!.shape).toEqual([1, 1, 0, 2]);
    await expect(net.forward()).rejects.toHaveProperty(
      'message',
      "net.prototxt:1:97: layer 'pool' (Pooling): top 'y' has no elements: its shape is 1 1 0 2 (0)\n" +
        'hint: a larger input or a smaller kernel is needed; nothing can be computed where a dimension is 0',
    );
    net.blobs.get('x')!.reshape([1, 1, 3, 4]);
    expect((await net.forward()).get('y')!.shape).toEqual([1, 1, 1, 2]);
    net.blobs.get('x')!.reshape([1, 1, 2, 4]);
    expect((await net.forward()).get('y')!.shape).toEqual([1, 1, 0, 2]);
  });
  test('an empty net has nothing and runs', async () => {
    const net = await load('name: "empty"\n');
    expect([net.name, net.layers, [...(await net.forward())]]).toEqual(['empty', [], []]);
  });
  test('a message is taken as well as text, and left as it is', async () => {
    const message = parsePrototxt(data + relu('a', 'data') + relu('b', 'data'));
    const net = await Net.load(message);
    loaded.push(net);
    expect(net.outputs).toEqual(['a', 'b']);
    expect(message.layer).toHaveLength(3);
  });
  test('legacy inputs become an Input layer', async () => {
    const net = await load('input: "x" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4\n' + relu('a', 'x'));
    expect([net.inputs, net.blobs.get('a')!.shape]).toEqual([['x'], [1, 2, 3, 4]]);
  });
});

describe('nets that Caffe refuses', () => {
  const table: [string, string, string][] = [
    [
      'an unknown bottom',
      data + relu('r', 'nope'),
      `net.prototxt:2:32: layer 'r' (ReLU): Unknown bottom blob 'nope' (layer 'r', bottom index 0)
hint: the blobs made before it are 'data'`,
    ],
    [
      'a misspelt bottom',
      data + relu('r', 'daat'),
      `net.prototxt:2:32: layer 'r' (ReLU): Unknown bottom blob 'daat' (layer 'r', bottom index 0)
hint: did you mean 'data'?`,
    ],
    [
      'a bottom that comes later',
      data + relu('a', 'b') + relu('b', 'data'),
      `net.prototxt:2:32: layer 'a' (ReLU): Unknown bottom blob 'b' (layer 'a', bottom index 0)
hint: layer 'b', which makes it, comes later; move it before this one`,
    ],
    [
      'a bottom that only the layer itself makes',
      data + relu('a', 'b', 'b'),
      `net.prototxt:2:32: layer 'a' (ReLU): Unknown bottom blob 'b' (layer 'a', bottom index 0)
hint: the layer reads what it makes itself; an in-place layer needs a layer before it that makes 'b'`,
    ],
    [
      'a bottom of a layer that the phase leaves out',
      data + relu('a', 'data').replace(' }', ' include { phase: TRAIN } }') + relu('b', 'a'),
      `net.prototxt:3:32: layer 'b' (ReLU): Unknown bottom blob 'a' (layer 'b', bottom index 0)
hint: layer 'a', which makes it, is left out in phase TEST, level 0 by its include or exclude rules`,
    ],
    [
      'data that only the other phase has',
      data.replace('top:', 'include { phase: TRAIN } top:') + relu('b', 'data'),
      `net.prototxt:2:32: layer 'b' (ReLU): Unknown bottom blob 'data' (layer 'b', bottom index 0)
hint: layer 'data', which makes it, is left out in phase TEST, level 0 by its include or exclude rules; options.phase TRAIN has it, or write an Input layer for 'data' without rules`,
    ],
    [
      'two producers of one top',
      data + relu('a', 'data', 'y') + relu('b', 'data', 'y'),
      `net.prototxt:3:47: layer 'b' (ReLU): Top blob 'y' produced by multiple sources.
hint: layer 'a' makes it already (net.prototxt:2); choose another name, or for an in-place layer name the same blob as bottom and top`,
    ],
    [
      'a top that is another bottom',
      data + relu('a', 'data') + 'layer { name: "s" type: "Eltwise" bottom: "data" bottom: "a" top: "a" }',
      `net.prototxt:3:62: layer 's' (Eltwise): Top blob 'a' produced by multiple sources.
hint: layer 'a' makes it already (net.prototxt:2); choose another name, or for an in-place layer name the same blob as bottom and top`,
    ],
    [
      'include and exclude rules together',
      data + relu('r', 'data').replace(' }', ' include {} exclude {} }'),
      "net.prototxt:2:67: layer 'r' (ReLU): Specify either include rules or exclude rules; not both.",
    ],
    [
      'too many bottoms',
      data + 'layer { name: "r" type: "ReLU" bottom: "data" bottom: "data" top: "r" }',
      "net.prototxt:2:32: layer 'r' (ReLU): ReLU Layer takes 1 bottom blob(s) as input (expected 1, got 2)",
    ],
    [
      'too few bottoms',
      data + 'layer { name: "e" type: "Eltwise" bottom: "data" top: "e" }',
      "net.prototxt:2:35: layer 'e' (Eltwise): Eltwise Layer takes at least 2 bottom blob(s) as input (expected 2, got 1)",
    ],
    [
      'more bottoms than the most',
      data + 'layer { name: "s" type: "Scale" bottom: "data" bottom: "data" bottom: "data" top: "s" }',
      "net.prototxt:2:33: layer 's' (Scale): Scale Layer takes at most 2 bottom blob(s) as input (expected 2, got 3)",
    ],
    [
      'no bottom at all',
      'layer { name: "r" type: "ReLU" top: "r" }',
      "net.prototxt:1:1: layer 'r' (ReLU): ReLU Layer takes 1 bottom blob(s) as input (expected 1, got 0)",
    ],
    [
      'too many tops',
      data + 'layer { name: "s" type: "Silence" bottom: "data" top: "s" }',
      "net.prototxt:2:50: layer 's' (Silence): Silence Layer produces 0 top blob(s) as output (expected 0, got 1)",
    ],
    [
      'too few tops',
      data + 'layer { name: "s" type: "Slice" bottom: "data" }',
      "net.prototxt:2:1: layer 's' (Slice): Slice Layer produces at least 1 top blob(s) as output (expected 1, got 0)",
    ],
    [
      'params for a layer that has none',
      data + 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" param { lr_mult: 1 } }',
      `net.prototxt:2:56: layer 'r' (ReLU): Too many params specified for layer r (1 vs. 0)
hint: ReLU has no parameters here; each takes one param {}`,
    ],
    [
      'more params than blobs',
      data + scale('s', 'data', 'param {} param {}'),
      `net.prototxt:2:57: layer 's' (Scale): Too many params specified for layer s (2 vs. 1)
hint: Scale has one parameter here; each takes one param {}`,
    ],
    [
      'loss weights for other tops than there are',
      data + 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" loss_weight: 1 loss_weight: 0 }',
      "net.prototxt:2:56: layer 'r' (ReLU): loss_weight must be unspecified or specified once per top blob (1 vs. 2)",
    ],
    [
      'propagate_down for other bottoms than there are',
      data + 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" propagate_down: true propagate_down: false }',
      "net.prototxt:2:56: layer 'r' (ReLU): propagate_down param must be specified either 0 or bottom_size times (2 vs. 1)",
    ],
    [
      'a layer type of a fork',
      data + 'layer { name: "r" type: "BoxAnnotatorOHEM" bottom: "data" top: "r" }',
      "net.prototxt:2:1: layer 'r' (BoxAnnotatorOHEM): BoxAnnotatorOHEM layers choose regions for training, which netspec does " +
        'not run\nhint: leave it out of a net for deployment, or give it include { phase: TRAIN }',
    ],
    [
      'a misspelt layer type',
      data + 'layer { name: "r" type: "Relu" bottom: "data" top: "r" }',
      expect.stringMatching(
        /^net\.prototxt:2:19: layer 'r' \(Relu\): Unknown layer type: Relu\nhint: did you mean 'ReLU'\?$/,
      ) as unknown as string,
    ],
    [
      'an unknown filler',
      data + scale('s', 'data', 'scale_param {\n filler { type: "gausian" } }'),
      `net.prototxt:3:11: layer 's' (Scale): Unknown filler name: gausian
hint: did you mean 'gaussian'?`,
    ],
  ];
  test.each(table)('%s', async (_what, prototxt, message) => {
    expect(await refusal(prototxt)).toEqual(message);
  });
});

describe('shared parameters', () => {
  const w = 'param { name: "w" }';
  test('are one: a write to either is seen by both', async () => {
    const net = await load(data + scale('a', 'data', w) + scale('b', 'data', w));
    net.params.get('b')![0]!.data.set([1, 2, 3, 4]);
    expect([...net.params.get('a')![0]!.data]).toEqual([1, 2, 3, 4]);
  });
  test('hold the owner’s filler', async () => {
    const filled = (value: number) => `${w} scale_param { filler { type: "constant" value: ${value} } }`;
    const net = await load(data + scale('a', 'data', filled(2)) + scale('b', 'data', filled(3)));
    expect([...net.params.get('b')![0]!.data]).toEqual([2, 2, 2, 2]);
  });
  test('an empty name shares nothing', async () => {
    const net = await load(data + scale('a', 'data', 'param { name: "" }') + scale('b', 'data', 'param { name: "" }'));
    expect(net.params.get('a')![0]!.ptr).not.toBe(net.params.get('b')![0]!.ptr);
  });
  const other = 'scale_param { axis: 0 num_axes: -1 }';
  test('of other shapes are refused', async () => {
    expect(await refusal(data + scale('a', 'data', w) + scale('b', 'data', `${w} ${other}`))).toBe(
      "net.prototxt:3:57: layer 'b' (Scale): Cannot share param 'w' owned by layer 'a' with layer 'b'; shape mismatch.  " +
        'Owner layer param shape is 4 (4); sharing layer expects shape 1 4 8 8 (256)',
    );
  });
  test('of other counts are refused with PERMISSIVE too', async () => {
    const permissive = 'param { name: "w" share_mode: PERMISSIVE }';
    expect(await refusal(data + scale('a', 'data', w) + scale('b', 'data', `${permissive} ${other}`))).toBe(
      "net.prototxt:3:57: layer 'b' (Scale): Cannot share param 'w' owned by layer 'a' with layer 'b'; count mismatch.  " +
        'Owner layer param shape is 4 (4); sharing layer shape is 1 4 8 8 (256)',
    );
  });
  const narrow = 'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }\n';
  const all = 'scale_param { axis: 0 num_axes: -1 }';
  test('of one count and two shapes are accepted with PERMISSIVE', async () => {
    const net = await load(
      narrow + scale('a', 'data', w) + scale('b', 'data', `param { name: "w" share_mode: PERMISSIVE } ${all}`),
    );
    net.params.get('a')![0]!.data.set([1, 2, 3, 4]);
    const [b] = net.params.get('b')!;
    expect([b!.shape, [...b!.data]]).toEqual([
      [1, 4],
      [1, 2, 3, 4],
    ]);
  });
  test('of one count and two shapes are refused without, and told of it', async () => {
    expect(await refusal(narrow + scale('a', 'data', w) + scale('b', 'data', `${w} ${all}`))).toBe(
      "net.prototxt:3:57: layer 'b' (Scale): Cannot share param 'w' owned by layer 'a' with layer 'b'; shape mismatch.  " +
        'Owner layer param shape is 4 (4); sharing layer expects shape 1 4 (4)\nhint: share_mode: PERMISSIVE compares counts only',
    );
  });
  test('with other learning rates are refused', async () => {
    const rate = (lr: number) => `param { name: "w" lr_mult: ${lr} }`;
    expect(await refusal(data + scale('a', 'data', rate(1)) + scale('b', 'data', rate(2)))).toBe(
      "net.prototxt:3:57: layer 'b' (Scale): Shared param 'w' has mismatched lr_mult (2 vs. 1)",
    );
  });
  test('a rate that the owner left out is that of the first who has one', async () => {
    const more = (decay: number) => scale(`s${decay}`, 'data', `param { name: "w" decay_mult: ${decay} }`);
    expect(await refusal(data + scale('a', 'data', w) + more(1) + more(3))).toBe(
      "net.prototxt:4:59: layer 's3' (Scale): Shared param 'w' has mismatched decay_mult (3 vs. 1)",
    );
  });
});

describe('forward', () => {
  const chain = data + relu('a', 'data') + scale('b', 'a', 'scale_param { filler { value: 2 } }') + relu('c', 'b');

  test('returns the outputs, live', async () => {
    const net = await load(chain);
    const out = await net.forward();
    expect([...out.keys()]).toEqual(['c']);
    expect(out.get('c')).toBe(net.blobs.get('c'));
  });
  test('with blobs returns these as well', async () => {
    expect([...(await (await load(chain)).forward({ blobs: ['a', 'c'] })).keys()]).toEqual(['c', 'a']);
  });
  test('to a layer stops after it and returns its tops', async () => {
    const net = await load(chain);
    net.blobs.get('data')!.data.fill(3);
    const out = await net.forward({ end: 'b' });
    expect([[...out.keys()], out.get('b')!.data[0], net.blobs.get('c')!.data[0]]).toEqual([['b'], 6, 0]);
  });
  test('from a layer uses the blobs as they are', async () => {
    const net = await load(chain);
    net.blobs.get('data')!.data.fill(3);
    net.blobs.get('a')!.data.fill(5);
    const out = await net.forward({ start: 'b' });
    expect(out.get('c')!.data[0]).toBe(10);
  });
  test('of one layer runs no other', async () => {
    const net = await load(chain);
    net.blobs.get('a')!.data.fill(5);
    const out = await net.forwardLayer('b');
    expect([out.get('b')!.data[0], net.blobs.get('c')!.data[0]]).toEqual([10, 0]);
  });
  test('layers may be given by index', async () => {
    const net = await load(chain);
    net.blobs.get('data')!.data.fill(3);
    expect([...(await net.forward({ start: 1, end: 2 })).keys()]).toEqual(['b']);
  });
  test('calls onLayer after each layer, while its top holds what it made', async () => {
    const net = await load(data + relu('a', 'data') + relu('b', 'a', 'a').replace('ReLU', 'TanH'));
    net.blobs.get('data')!.data.fill(3);
    const seen: unknown[] = [];
    await net.forward({
      onLayer: (index, { name }) => seen.push([index, name, net.blobs.get('a')!.data[0]]),
    });
    expect(seen).toEqual([
      [0, 'data', 0],
      [1, 'a', 3],
      [2, 'b', Math.fround(Math.tanh(3))],
    ]);
  });
  test('waits for what onLayer promises', async () => {
    const net = await load(chain);
    const order: string[] = [];
    await net.forward({
      onLayer: async (_index, { name }) => {
        order.push(`begin ${name}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`end ${name}`);
      },
    });
    expect(order).toEqual(['data', 'a', 'b', 'c'].flatMap((name) => [`begin ${name}`, `end ${name}`]));
  });
  test('may be called again after onLayer threw', async () => {
    const net = await load(chain);
    const failing = net.forward({
      onLayer: () => {
        throw new Error('enough');
      },
    });
    await expect(failing).rejects.toThrow(new Error('enough'));
    await expect(net.forward()).resolves.toBeDefined();
  });
  test('sets the inputs it is given', async () => {
    const net = await load(chain);
    const out = await net.forward({ inputs: { data: new Float32Array(256).fill(4) } });
    expect(out.get('c')!.data[255]).toBe(8);
  });

  test('refuses a second pass before the first is done', async () => {
    const net = await load(chain);
    const first = net.forward({ onLayer: () => new Promise((resolve) => setImmediate(resolve)) });
    await expect(net.forward()).rejects.toThrow(
      new Error('forward() was called while forward() is under way\nhint: await the first call, or load a second net'),
    );
    await first;
  });

  const refusals: [string, (net: Net) => Promise<unknown>, string][] = [
    ['an unknown layer', (net) => net.forward({ end: 'bb' }), "the net has no layer 'bb'\nhint: did you mean 'b'?"],
    ['an index beyond the last', (net) => net.forward({ end: 4 }), 'the net has no layer 4: it has 4, counted from 0'],
    [
      'an unknown blob',
      (net) => net.forward({ blobs: ['datas'] }),
      "the net has no blob 'datas'\nhint: did you mean 'data'?",
    ],
    [
      'a start after the end',
      (net) => net.forward({ start: 'c', end: 'a' }),
      "cannot run from layer 'c' to 'a': the first comes after the last",
    ],
    [
      'inputs that are none',
      (net) => net.forward({ inputs: { image: new Float32Array(256) } }),
      "Input blob arguments do not match net inputs: the inputs are 'data', given are 'image'",
    ],
    [
      'inputs of another size',
      (net) => net.forward({ inputs: { data: new Float32Array(4) } }),
      `input 'data' takes 1 4 8 8 (256) values, got 4
hint: reshape the blob first, or run more samples than a batch with forwardAll()`,
    ],
    [
      'a net that was disposed',
      (net) => {
        net.dispose();
        return net.forward();
      },
      'the net was disposed\nhint: load it again',
    ],
  ];
  test.each(refusals)('refuses %s', async (_what, action, message) => {
    const net = await load(chain);
    await expect(action(net)).rejects.toThrow(new Error(message));
  });
});

describe('reshape', () => {
  test('carries a new input shape through the net', async () => {
    const net = await load(data + relu('a', 'data') + relu('b', 'data'));
    net.blobs.get('data')!.reshape([2, 4, 3, 5]);
    net.reshape();
    expect([...net.blobs.values()].map(({ shape }) => shape.join('x'))).toEqual(Array(5).fill('2x4x3x5'));
  });
  test('is done by forward as well', async () => {
    const net = await load(data + relu('a', 'data'));
    net.blobs.get('data')!.reshape([2, 4, 3, 5]);
    net.blobs.get('data')!.data.fill(7);
    const out = await net.forward();
    expect([out.get('a')!.shape, out.get('a')!.data[119]]).toEqual([[2, 4, 3, 5], 7]);
  });
  test('to a larger shape and back gives the same results', async () => {
    const net = await load(data + relu('a', 'data') + scale('s', 'a', 'scale_param { filler { value: 3 } }'));
    const run = async (shape: number[]): Promise<number[]> => {
      const input = net.blobs.get('data')!;
      input.reshape(shape);
      input.data.set(Float32Array.from({ length: input.count }, (_, i) => (i % 7) - 3));
      return [...(await net.forward()).get('s')!.data];
    };
    const before = await run([1, 4, 8, 8]);
    await run([3, 4, 50, 40]);
    expect(await run([1, 4, 8, 8])).toEqual(before);
  });
  test('that a layer cannot take is refused with the layer', async () => {
    const net = await load(data + scale('s', 'data'));
    net.blobs.get('data')!.reshape([1, 5, 8, 8]);
    expect(() => {
      net.reshape();
    }).toThrow(/^net\.prototxt:2:\d+: layer 's' \(Scale\): /);
  });
  test('follows shapes that depend on data', async () => {
    const net = await load(
      `layer { name: "in" type: "Input" top: "x" top: "keep" input_param { shape { dim: 3 dim: 2 } shape { dim: 3 } } }
       layer { name: "f" type: "Filter" bottom: "x" bottom: "keep" top: "f" }
       ${relu('a', 'f')}`,
    );
    const run = async (keep: number[]): Promise<unknown> => {
      const out = await net.forward({
        inputs: { x: Float32Array.of(1, 2, 3, 4, 5, 6), keep: Float32Array.from(keep) },
      });
      return [out.get('a')!.shape, [...out.get('a')!.data]];
    };
    expect(await run([0, 1, 0])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await run([1, 0, 1])).toEqual([
      [2, 2],
      [1, 2, 5, 6],
    ]);
  });
});

describe('forwardAll', () => {
  const batches =
    'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n' +
    'layer { name: "p" type: "Power" bottom: "x" top: "y" power_param { scale: 10 } }\n';
  const samples = (n: number) => Float32Array.from({ length: n * 3 }, (_, i) => i);

  test.each([1, 2, 4, 5])('%d samples in batches of 2', async (n) => {
    const net = await load(batches);
    const y = (await net.forwardAll({ x: samples(n) })).get('y')!;
    expect(y.shape).toEqual([n, 3]);
    expect([...y.data]).toEqual([...samples(n)].map((v) => v * 10));
  });
  test('takes tensors and returns the blobs asked for', async () => {
    const net = await load(batches);
    const out = await net.forwardAll({ x: { shape: [3, 3], data: samples(3) } }, { blobs: ['x'] });
    expect([...out.keys()]).toEqual(['y', 'x']);
    expect([...out.get('x')!.data]).toEqual([...samples(3)]);
  });
  test('several rows for each sample', async () => {
    const rows = 'layer { name: "r" type: "Reshape" bottom: "x" top: "y" reshape_param { shape { dim: 6 dim: 1 } } }';
    const net = await load(batches.split('\n')[0]! + '\n' + rows);
    expect((await net.forwardAll({ x: samples(3) })).get('y')!.shape).toEqual([9, 1]);
  });
  test('an output without rows for the samples is refused', async () => {
    const sum = 'layer { name: "s" type: "Reduction" bottom: "x" top: "s" }';
    const net = await load(batches.split('\n')[0]! + '\n' + sum);
    await expect(net.forwardAll({ x: samples(3) })).rejects.toThrow(
      new Error(
        "'s' of shape (1) has no row for each of the 2 samples of a batch\nhint: run batch by batch with forward()",
      ),
    );
  });
  test('half a sample is refused', async () => {
    const net = await load(batches);
    await expect(net.forwardAll({ x: new Float32Array(7) })).rejects.toThrow(
      new Error("samples for 'x' have 3 (3) values each, got 7 in all"),
    );
  });
});

describe('fillers', () => {
  const random = (name: string) => scale(name, 'data', 'scale_param { filler { type: "gaussian" } }');
  const valuesOf = async (prototxt: string, layer: string, seed?: number): Promise<number[]> => {
    const net = await load(prototxt, { seed });
    return [...net.params.get(layer)![0]!.data];
  };
  test('give the same values for the same seed', async () => {
    expect(await valuesOf(data + random('a'), 'a', 3)).toEqual(await valuesOf(data + random('a'), 'a', 3));
    expect(await valuesOf(data + random('a'), 'a', 3)).not.toEqual(await valuesOf(data + random('a'), 'a', 4));
  });
  test('do not depend on the layers before', async () => {
    expect(await valuesOf(data + random('b') + random('a'), 'a')).toEqual(await valuesOf(data + random('a'), 'a'));
  });
  test('give layers of one shape different values', async () => {
    expect(await valuesOf(data + random('a') + random('b'), 'b')).not.toEqual(await valuesOf(data + random('a'), 'a'));
  });
  test('give the parameters of one layer different values', async () => {
    const more = 'scale_param { bias_term: true filler { type: "gaussian" } bias_filler { type: "gaussian" } }';
    const net = await load(data + scale('a', 'data', more));
    const [weight, bias] = net.params.get('a')!;
    expect([...weight!.data]).not.toEqual([...bias!.data]);
  });
  const dummy = (filler: string) =>
    `layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 4 } data_filler { ${filler} } } }\n`;
  test('constant ones fill DummyData once, so that others may write to it', async () => {
    const net = await load(dummy('value: 3') + relu('a', 'd'));
    expect((await net.forward()).get('a')!.data[0]).toBe(3);
    net.blobs.get('d')!.data.fill(5);
    expect((await net.forward()).get('a')!.data[0]).toBe(5);
  });
  test('random ones fill DummyData anew at each pass', async () => {
    const net = await load(dummy('type: "uniform"') + relu('a', 'd'));
    const first = [...(await net.forward()).get('a')!.data];
    expect([...(await net.forward()).get('a')!.data]).not.toEqual(first);
  });
});

describe('what load is given', () => {
  const table: [string, unknown, Record<string, unknown>, string][] = [
    [
      'a phase in small letters',
      data,
      { phase: 'test' },
      "option phase: expected 'TEST' or 'TRAIN', got 'test'\nhint: did you mean 'TEST'?",
    ],
    ['a level that is no number', data, { level: '1' }, "option level: expected a whole number, got '1'"],
    ['one stage without a list', data, { stages: 'deploy' }, "option stages: expected a list of names, got 'deploy'"],
    ['an unknown algorithm', data, { algorithm: 'fft' }, "option algorithm: expected 'auto' or 'gemm', got 'fft'"],
    ['nothing', undefined, {}, 'expected a net: a path, prototxt text or a NetParameter, got undefined'],
    ['a number', 3, {}, 'expected a net: a path, prototxt text or a NetParameter, got 3'],
    [
      'a NetSpec',
      new NetSpec(),
      {},
      'expected a net: a path, prototxt text or a NetParameter, got a NetSpec\nhint: call its toProto()',
    ],
    [
      'a message with a field of another type',
      { layer: [{ name: 'r', type: 'ReLU', bottom: 'data' }] },
      {},
      "layer 'r' (ReLU): bottom: expected a list, got 'data'",
    ],
    [
      'a message with a misspelt field',
      { layer: [{ name: 'r', typ: 'ReLU' }] },
      {},
      "layer 'r': LayerParameter has no field typ\nhint: did you mean 'type'?",
    ],
    [
      'weights that are none',
      data,
      { weights: 5 },
      'expected weights: a path, bytes, a reader or a NetParameter, got 5',
    ],
  ];
  test.each(table)('refuses %s', async (_what, source, options, message) => {
    await expect(Net.load(source as string, options as NetOptions)).rejects.toHaveProperty('message', message);
  });
  test('refuses a path where there are no files', () => {
    // In a process of its own: another test may have loaded what makes paths work.
    const message = childProgram(`
      const { Net } = await import('./src/runtime/net.js');
      result = await Net.load('net.prototxt').catch((error) => error.message);`);
    expect(message).toBe(
      "'net.prototxt' looks like a path, and there are no files here\nhint: give the net as prototxt text or a NetParameter, weights as bytes, a Blob or a RandomAccess",
    );
  });
});

test('a vendor’s layer runs with the vendor’s schema and a class of one’s own', async () => {
  const proto = readFileSync(new URL('../../caffe.proto', import.meta.url), 'utf8').replace(
    /message LayerParameter \{/,
    `message TimesParameter { optional float factor = 1 [default = 2]; }
     message LayerParameter { optional TimesParameter times_param = 8266711;`,
  );
  class Times extends Layer {
    override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
      y!.reshapeLike(x!);
    }
    override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
      const { factor = 2 } = (this.param as { times_param?: { factor?: number } }).times_param ?? {};
      y!.data.set(x!.data.map((value) => value * factor));
    }
  }
  registerLayer('Times', Times);
  try {
    const schema = Schema.parse(proto);
    const net = await load(
      data + 'layer { name: "t" type: "Times" bottom: "data" top: "t" times_param { factor: 3 } }',
      { schema },
    );
    net.blobs.get('data')!.data.fill(5);
    expect((await net.forward()).get('t')!.data[0]).toBe(15);
    const sink = toBytes();
    await net.save(sink);
    expect(decodeNet(sink.bytes(), { schema }).layer![1]).toMatchObject({ times_param: { factor: 3 } });
  } finally {
    unregisterLayer('Times');
  }
});
