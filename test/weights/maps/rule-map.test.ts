import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NetParameter } from '../../../src/generated/messages.js';
import { decodeNet } from '../../../src/proto/codec.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { toBytes } from '../../../src/proto/random-access.js';
import { Net } from '../../../src/runtime/index.js';
import {
  fromTensors,
  packWeights,
  planPack,
  ruleMap,
  type PackReport,
  type Rule,
  type RuleFile,
  type Tensor,
} from '../../../src/weights/index.js';
import { parseRuleJson } from '../../../src/weights/maps/rule-file.js';
import { findJsonError } from '../../../src/weights/maps/json-error.js';
import { caffeResnet, torchvisionState } from '../../support/resnets.js';

const input = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 4, 4] } } }';
const conv = (name: string, more = '', bottom = 'data') =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}"
    convolution_param { num_output: 2 kernel_size: 1 ${more} } }`;
const dense = (name: string, more = '') =>
  `layer { name: "${name}" type: "InnerProduct" bottom: "data" top: "${name}"
    inner_product_param { num_output: 2 ${more} } }`;
const scale = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "Scale" bottom: "${bottom}" top: "${name}" scale_param { bias_term: true } }`;
const batchNorm = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "BatchNorm" bottom: "${bottom}" top: "${name}" batch_norm_param { use_global_stats: true } }`;

function parse(...layers: string[]): NetParameter {
  return parsePrototxt([input, ...layers].join('\n'));
}

async function shapesOf(net: NetParameter): Promise<Map<string, (readonly number[])[]>> {
  const built = await Net.load(net);
  const shapes = new Map([...built.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]));
  built.dispose();
  return shapes;
}

type Tensors = Readonly<Record<string, Tensor>>;

async function plan(net: NetParameter, tensors: Tensors, rules: RuleFile): Promise<PackReport> {
  const source = fromTensors(tensors, 'tensors');
  return planPack({ net, shapes: await shapesOf(net), source, map: ruleMap(rules, 'map.json') }).report;
}

/** The values of each layer's blobs after packing. */
async function pack(net: NetParameter, tensors: Tensors, ...rules: Rule[]): Promise<Record<string, number[][]>> {
  const sink = toBytes();
  const source = fromTensors(tensors, 'tensors');
  await packWeights({ net, shapes: await shapesOf(net), source, map: ruleMap({ rules }), sink });
  const layers = decodeNet(sink.bytes()).layer!.filter(({ blobs }) => blobs);
  return Object.fromEntries(layers.map(({ name, blobs }) => [name!, blobs!.map(({ data }) => Array.from(data!))]));
}

function tensor(shape: readonly number[], ...values: number[]): Tensor {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => values[i] ?? i) };
}

describe('where values come from', () => {
  test('a module: all blobs of a layer by its type', async () => {
    const net = parse(conv('c'), batchNorm('n', 'c'), scale('s', 'n'));
    const tensors = {
      'a.weight': tensor([2, 3, 1, 1]),
      'a.bias': tensor([2], 1, 2),
      'b.weight': tensor([2], 3, 4),
      'b.bias': tensor([2], 5, 6),
      'b.running_mean': tensor([2], 7, 8),
      'b.running_var': tensor([2], 9, 10),
    };
    expect(await pack(net, tensors, { layer: 'c', module: 'a' }, { layer: '[ns]', module: 'b' })).toEqual({
      c: [
        [0, 1, 2, 3, 4, 5],
        [1, 2],
      ],
      n: [[7, 8], [9, 10], [1]],
      s: [
        [3, 4],
        [5, 6],
      ],
    });
  });

  const norm = {
    'c.weight': tensor([2, 3, 1, 1]),
    'b.weight': tensor([2], 3, 8),
    'b.bias': tensor([2], 10, 20),
    'b.running_mean': tensor([2], 2, 1),
    'b.running_var': tensor([2], 8, 15),
  };

  test('a Scale by itself takes the whole normalization, with eps', async () => {
    const net = parse(conv('c', 'bias_term: false'), scale('s', 'c'));
    const rules: Rule[] = [
      { layer: 'c', module: 'c' },
      { layer: 's', module: 'b', eps: 1 },
    ];
    // Factors 3/sqrt(8 + 1) and 8/sqrt(15 + 1).
    expect((await pack(net, norm, ...rules))['s']).toEqual([
      [1, 2],
      [10 - 2, 20 - 2],
    ]);
  });

  test('unless told to leave the statistics', async () => {
    const net = parse(conv('c', 'bias_term: false'), scale('s', 'c'));
    const map = ruleMap({
      rules: [
        { layer: 'c', module: 'c' },
        { layer: 's', module: 'b', fold: false },
      ],
    });
    const source = fromTensors(norm);
    const { report } = planPack({ net, shapes: await shapesOf(net), source, map, allowUnused: true });
    expect(report.filled.map(({ sources }) => sources)).toEqual([['c.weight'], ['b.weight'], ['b.bias']]);
    expect(report.unusedSources.map(({ name }) => name)).toEqual(['b.running_mean', 'b.running_var']);
  });

  test('a normalization folded into the convolution before it', async () => {
    const rule: Rule = { layer: 'c', module: 'c', batchNorm: 'b', eps: 1 };
    expect(await pack(parse(conv('c')), norm, rule)).toEqual({
      c: [
        [0, 1, 2, 6, 8, 10],
        [8, 18],
      ],
    });
    // (bias − mean) · factor + shift
    const biased = { ...norm, 'c.bias': tensor([2], 1, 3) };
    expect((await pack(parse(conv('c')), biased, rule))['c']![1]).toEqual([9, 24]);
  });

  test('into a grouped Deconvolution, whose weight is (inputs, outputs / group, …)', async () => {
    const net = parse(`layer { name: "split" type: "Convolution" bottom: "data" top: "four"
        convolution_param { num_output: 4 kernel_size: 1 bias_term: false } }
      layer { name: "d" type: "Deconvolution" bottom: "four" top: "d"
        convolution_param { num_output: 2 kernel_size: 1 group: 2 } }`);
    const tensors = { ...norm, 'c.weight': tensor([4, 1, 1, 1], 1, 1, 1, 1), 'x.weight': tensor([4, 3, 1, 1]) };
    const rules: Rule[] = [
      { layer: 'd', module: 'c', batchNorm: 'b', eps: 1 },
      { layer: 'split', module: 'x' },
    ];
    // Inputs 0 and 1 make output 0, whose factor is 1; inputs 2 and 3 output 1, with 2.
    expect((await pack(net, tensors, ...rules))['d']).toEqual([
      [1, 1, 2, 2],
      [8, 18],
    ]);
  });

  test('an inner product that holds its matrix transposed', async () => {
    const tensors = { 'a.weight': tensor([2, 48]), 'a.bias': tensor([2]) };
    const packed = await pack(parse(dense('f', 'transpose: true')), tensors, { layer: 'f', module: 'a' });
    expect(packed['f']![0]!.slice(0, 4)).toEqual([0, 48, 1, 49]);
  });

  test('tensors and what is done to them, blob by blob', async () => {
    const net = parse(
      conv('first'),
      dense('q', 'bias_term: false'),
      dense('k', 'bias_term: false'),
      dense('both', 'bias_term: false'),
    );
    const tensors = {
      w: tensor([2, 3, 1, 1]),
      qk: tensor([48, 4]),
      one: tensor([1, 48]),
      two: tensor([1, 48], 7),
    };
    const packed = await pack(
      net,
      tensors,
      { layer: 'first', blob: 0, from: 'w', transform: ['rgb-bgr', { scale: 2 }] },
      { layer: 'first', blob: 1, constant: 0.5 },
      { layer: 'q', blob: 0, from: 'qk', transform: ['transpose', { slice: { to: 2 } }] },
      { layer: 'k', blob: 0, from: 'qk', transform: ['transpose', { split: { parts: 2, take: 1 } }] },
      { layer: 'both', blob: 0, from: ['one', 'two'], transform: { concat: 0 } },
    );
    expect(packed['first']).toEqual([
      [4, 2, 0, 10, 8, 6],
      [0.5, 0.5],
    ]);
    expect(packed['q']![0]!.slice(0, 3)).toEqual([0, 4, 8]);
    expect(packed['k']![0]!.slice(0, 3)).toEqual([2, 6, 10]);
    expect(packed['both']![0]!.slice(46, 50)).toEqual([46, 47, 7, 1]);
  });

  test("names of another framework's tensors", async () => {
    const net = parse(conv('c', 'bias_term: false'), scale('s', 'c'));
    const tensors = {
      'c/kernel': norm['c.weight'],
      'b/gamma': norm['b.weight'],
      'b/beta': norm['b.bias'],
      'b/moving_mean': norm['b.running_mean'],
      'b/moving_variance': norm['b.running_var'],
    };
    const report = await plan(net, tensors, {
      tensors: { weight: 'kernel', scale: 'gamma', shift: 'beta', mean: 'moving_mean', variance: 'moving_variance' },
      batchNormEps: 1e-3,
      rules: [
        { layer: 'c', module: 'c' },
        { layer: 's', module: 'b' },
      ],
    });
    expect(report.filled.map(({ operation }) => operation)).toEqual([
      'permute 3,2,0,1',
      'gamma / sqrt(moving_variance + 0.001)',
      'beta − moving_mean · gamma / sqrt(moving_variance + 0.001)',
    ]);
  });
});

describe('which rule decides', () => {
  const net = parse(conv('c', 'bias_term: false'));
  const tensors = { 'a.weight': tensor([2, 3, 1, 1]), 'c.weight': tensor([2, 3, 1, 1]) };
  const used = async (rules: Rule[], more: RuleFile = {}) => {
    const source = fromTensors(tensors, 'tensors');
    const map = ruleMap({ ...more, rules }, 'map.json');
    return planPack({ net, shapes: await shapesOf(net), source, map, allowUnused: true }).report;
  };

  test('the first that fits; the one that is never asked is remarked on, as is one that fits nothing', async () => {
    const report = await used([
      { layer: 'd', module: 'd' },
      { layer: 'c', type: 'InnerProduct', blob: 1, constant: 0 },
      { layer: 'c', module: 'a' },
      { layer: '.*', module: '$0' },
    ]);
    expect(report.filled[0]!.sources).toEqual(['a.weight']);
    expect(report.notes).toEqual([
      "rule 1 is never used: no layer is called 'd'",
      "rule 2 is never used: no layer of type InnerProduct with a blob 1 is called 'c'",
      'rule 4 is never used: earlier rules take all that it fits',
    ]);
  });

  test('an optional one only when its tensors are there', async () => {
    const report = await used([
      { layer: 'c', module: 'b', optional: true },
      { layer: 'c', module: 'a' },
    ]);
    expect(report.filled[0]!.sources).toEqual(['a.weight']);
    expect(report.notes).toEqual([]);
  });

  test('the extended preset, for what no rule fits', async () => {
    const report = await used([{ layer: 'd', module: 'a' }], { extends: 'identity' });
    expect(report.filled[0]!.sources).toEqual(['c.weight']);
  });

  test('a rule whose tensor is misspelt is not passed over in favour of the preset', async () => {
    const rules: Rule[] = [{ layer: 'c', blob: 0, from: 'a.wieght', transform: 'rgb-bgr' }];
    await expect(plan(net, tensors, { extends: 'identity', rules })).rejects.toThrow(
      new Error(
        "cannot pack the net from tensors with name map 'map.json': 3 problems\n" +
          "  layer 'c' (Convolution), blob 0 (2x3x1x1): the source has no 'a.wieght' (rule 1); did you mean 'a.weight'?\n" +
          "  tensor 'a.weight' (2x3x1x1) belongs to no parameter of the net\n" +
          "  tensor 'c.weight' (2x3x1x1) belongs to no parameter of the net\n" +
          "hint: nothing fits: choose a name map that knows this model's names, 'map.json' does not",
      ),
    );
  });
});

test('a rule without use is said beside what is missing', async () => {
  const net = parse(conv('c', 'bias_term: false'));
  const rules: Rule[] = [{ layer: 'C', module: 'c' }];
  await expect(plan(net, { 'c.weight': tensor([2, 3, 1, 1]) }, { rules })).rejects.toThrow(
    new Error(
      "cannot pack the net from tensors with name map 'map.json': 2 problems\n" +
        "  layer 'c' (Convolution), blob 0 (2x3x1x1): name map 'map.json' does not know what belongs there\n" +
        "  tensor 'c.weight' (2x3x1x1) belongs to no parameter of the net\n" +
        "  note: rule 1 is never used: no layer is called 'C'\n" +
        "hint: nothing fits: choose a name map that knows this model's names, 'map.json' does not",
    ),
  );
});

test('a preset with a changed first convolution', async () => {
  const options = { depth: 18 as const, width: 2, classes: 3 };
  const report = await plan(
    caffeResnet(options),
    torchvisionState(options),
    parseRuleJson(`{
      "extends": "torchvision-resnet",
      "rules": [{ "layer": "conv1", "blob": 0, "from": "conv1.weight", "transform": ["rgb-bgr"] }]
    }`) as RuleFile,
  );
  expect(report).toMatchObject({ unfilled: [], unusedSources: [], notes: [] });
  expect(report.filled.filter(({ operation }) => operation !== undefined)).toEqual([
    {
      layer: 'conv1',
      type: 'Convolution',
      blob: 0,
      shape: [2, 3, 7, 7],
      sources: ['conv1.weight'],
      operation: 'rgb-bgr',
    },
  ]);
});

describe('captures', () => {
  test("Caffe's ResNet as three rules", async () => {
    const options = { depth: 50 as const, width: 2, classes: 3, stride3x3: true };
    const report = await plan(caffeResnet(options), torchvisionState(options), {
      rules: [
        { layer: 'conv1', module: 'conv1' },
        { layer: '(?:bn|scale)_conv1', module: 'bn1' },
        { layer: 'res(\\d)([a-z])_branch2([a-c])', module: "layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}" },
        { layer: '(?:bn|scale)(\\d)([a-z])_branch2([a-c])', module: "layer{$1-1}.{$2-'a'}.bn{$3-'a'+1}" },
        { layer: 'res(?<stage>\\d)a_branch1', module: 'layer{$<stage>-1}.0.downsample.0' },
        { layer: '(?:bn|scale)(?<stage>\\d)a_branch1', module: 'layer{$<stage>-1}.0.downsample.1' },
        { layer: 'fc\\d+', module: 'fc' },
      ],
    });
    expect(report).toMatchObject({ usedSources: 53 * 5 + 2, unusedSources: [], unfilled: [], notes: [] });
  });

  test('arithmetic that does not work out is a problem of the blob', async () => {
    const net = parse(conv('res0', 'bias_term: false'));
    const rules: Rule[] = [{ layer: 'res(\\d)', module: 'layer{$1-1}' }];
    await expect(plan(net, { 'a.weight': tensor([2]) }, { rules, ignore: ['a.weight'] })).rejects.toThrow(
      new Error(
        "cannot pack the net from tensors with name map 'map.json': 1 problem\n" +
          "  layer 'res0' (Convolution), blob 0 (2x3x1x1): rule 1: {$1-1} cannot be worked out for 'res0': it is -1",
      ),
    );
  });
});

describe('shapes that do not come out', () => {
  const head = "cannot pack the net from tensors with name map 'map.json': 1 problem\n";
  test.each<[string, string, Tensors, Rule, string]>([
    [
      'a step that does not fit its tensor',
      conv('c', 'bias_term: false'),
      { w: tensor([2, 4, 1, 1]) },
      { layer: 'c', blob: 0, from: 'w', transform: 'rgb-bgr' },
      "layer 'c' (Convolution), blob 0 (2x3x1x1): rule 1: rgb-bgr takes weights of 3 input channels (axis 1), " +
        "the tensor is 2x4x1x1; the source is tensor 'w'",
    ],
    [
      'a result of another shape',
      dense('f', 'bias_term: false'),
      { w: tensor([2, 48]) },
      { layer: 'f', blob: 0, from: 'w', transform: 'transpose' },
      "layer 'f' (InnerProduct), blob 0 (2x48): rule 1: shape mismatch. Source param shape is 48 2 (96) after " +
        "'transpose'; target param shape is 2 48 (96); the source is tensor 'w'",
    ],
    [
      'a normalization of other channels',
      conv('c'),
      {
        'c.weight': tensor([2, 3]),
        'b.weight': tensor([3]),
        'b.bias': tensor([2]),
      },
      { layer: 'c', module: 'c', batchNorm: 'b' },
      "layer 'c' (Convolution), blob 0 (2x3x1x1): rule 1: the normalization has 3 channels, the weight 2; " +
        "the source is tensor 'c.weight', 'b.weight'",
    ],
  ])('%s', async (name, layer, tensors, rule, message) => {
    const problems = plan(parse(layer), tensors, { rules: [rule] });
    if (name.endsWith('channels')) await expect(problems).rejects.toThrow(message);
    else await expect(problems).rejects.toThrow(new Error(`${head}  ${message}`));
  });

  test('a normalization and a layer that cannot hold it', async () => {
    const rules: Rule[] = [{ layer: '.*', module: 'c', batchNorm: 'b' }];
    const net = parse(conv('c', 'bias_term: false'), scale('s', 'c'));
    await expect(plan(net, { x: tensor([1]) }, { rules, ignore: ['x'] })).rejects.toThrow(
      new Error(
        "cannot pack the net from tensors with name map 'map.json': 3 problems\n" +
          "  layer 'c' (Convolution), blob 0 (2x3x1x1): rule 1: a normalization cannot be folded into a layer without bias\n" +
          "  layer 's' (Scale), blob 0 (2): rule 1: a normalization cannot be folded into a layer of type Scale\n" +
          "  layer 's' (Scale), blob 1 (2): rule 1: a normalization cannot be folded into a layer of type Scale",
      ),
    );
  });
});

describe('references', () => {
  const map = ruleMap({
    rules: [{ layer: 'bn(\\d)|scale(\\d)', module: 'norm$1$2' }],
    references: [
      { layer: 'pool', from: 'x.maxpool', type: 'Pooling' },
      { layer: 'res(\\d)_relu', from: 'block{$1-1}' },
    ],
  });

  test.each([
    ['res3_relu', 'ReLU', ['block2', 'res3_relu_output', 'res3_relu']],
    ['pool', 'Pooling', ['x.maxpool', 'pool_output', 'pool']],
    ['pool', 'ReLU', ['pool_output', 'pool']],
    ['pool', undefined, ['x.maxpool', 'pool_output', 'pool']],
    ['scale2', 'Scale', ['norm2_output', 'norm2', 'scale2_output', 'scale2']],
    // The module's output is that of the Scale behind it.
    ['bn2', 'BatchNorm', ['bn2_output', 'bn2']],
  ])('%s (%s)', (layer, type, names) => {
    expect(map.referenceNames(layer, type)).toEqual(names);
  });

  test('arithmetic that does not work out names its rule', () => {
    expect(() => map.referenceNames('res0_relu')).toThrow(
      new Error("reference 2: {$1-1} cannot be worked out for 'res0_relu': it is -1"),
    );
  });

  test("a preset's come after a file's own", () => {
    const extended = ruleMap({ extends: 'torchvision-resnet', references: [{ layer: 'pool1', from: 'stem' }] });
    expect(extended.referenceNames('pool1', 'Pooling')).toEqual(['stem', 'pool1_output', 'maxpool_output', 'pool1']);
  });
});

test('what may be left over: what the file says, the preset says, and counters', () => {
  const map = ruleMap({ extends: 'maskrcnn-benchmark', ignore: ['optimizer\\..*'] });
  const ignorable = (name: string) => map.isIgnorable(name);
  expect(['optimizer.lr', 'a_output', 'bn1.num_batches_tracked'].filter(ignorable)).toHaveLength(3);
  expect(['my.optimizer.lr', 'fc.weight'].filter(ignorable)).toEqual([]);
});

/** Lists within each other, deeper than the stack. */
function nested(innermost: string): unknown {
  let value: unknown = innermost;
  for (let i = 0; i < 20_000; i++) value = [value];
  return value;
}

describe('files that cannot be read', () => {
  const fields = 'fields are name, notes, extends, batchNormEps, tensors, rules, ignore, references, inputs';
  test.each<[unknown, string]>([
    [[], 'a rule file: expected an object, got []'],
    [{ rule: [] }, "there is no field 'rule'\nhint: did you mean 'rules'?"],
    [{ xyzzyx: 1 }, `there is no field 'xyzzyx'\nhint: ${fields}`],
    [{ rules: {} }, "'rules': expected a list, got {}"],
    [
      { ignore: ['(?!x)y'] },
      "'ignore', entry 1: '(?!x)y' uses what patterns of names do not have: lookahead, lookbehind, a backreference\nhint: write what the name is; an earlier rule takes the names that this one is to leave",
    ],
    [{ extends: 'idnetity' }, "'extends': there is no name map 'idnetity'\nhint: did you mean 'identity'?"],
    [{ batchNormEps: -1 }, "'batchNormEps': expected a number that is not negative, got -1"],
    [{ tensors: { wieght: 'w' } }, "'tensors': there is no field 'wieght'\nhint: did you mean 'weight'?"],
    [{ tensors: { weight: 1 } }, "'tensors', 'weight': expected a string, got 1"],
    [{ ignore: ['('] }, "'ignore', entry 1: '(' is no regular expression: Unterminated group"],
    [{ notes: [1] }, "'notes': expected a list of strings, got [1]"],
    [{ rules: ['x'] }, 'rule 1: expected an object, got "x"'],
    [
      { rules: [{ layer: 'a' }] },
      "rule 1: expected one of 'module', 'from', 'constant', 'pixelShuffle', 'depthToSpace', 'focus', 'channelShuffle', got none\n" +
        'hint: a rule says where values come from: a module; or, with the blob, tensors, a constant, or a kernel that moves values',
    ],
    [{ rules: [{ layer: 'a', modul: 'b' }] }, "rule 1: there is no field 'modul'\nhint: did you mean 'module'?"],
    [
      { rules: [{ layer: 'a', module: 'b', transform: [] }] },
      "rule 1: there is no field 'transform'\nhint: fields are layer, type, optional, note, module, batchNorm, statistics, fold, eps",
    ],
    [{ rules: [{ layer: 'a', module: 'a' }, { module: 'b' }] }, "rule 2, 'layer': is missing"],
    [{ rules: [{ layer: 'a)(b', module: 'b' }] }, "rule 1, 'layer': 'a)(b' is no regular expression: Unmatched ')'"],
    [{ rules: [{ layer: 'a', module: 'b', fold: 1 }] }, "rule 1, 'fold': expected a boolean, got 1"],
    [
      { rules: [{ layer: 'a(.)', module: '$2' }] },
      "rule 1, 'module': there is no capture '2' in 'layer', which has 1 capture",
    ],
    [
      { rules: [{ layer: 'a', module: 'x$<n>' }] },
      "rule 1, 'module': there is no capture 'n' in 'layer', which has no capture",
    ],
    [
      { rules: [{ layer: 'a', module: '{$1*2}' }] },
      "rule 1, 'module': cannot read '{$1*2}' in '{$1*2}'\n" +
        "hint: between braces stands a sum of captures, numbers and quoted letters, as {$1-1} or {$2-'a'}",
    ],
    [
      { rules: [{ layer: 'a', from: 'b' }] },
      "rule 1, 'blob': expected a number from 0 on, got nothing\nhint: 0 is what most layers call the weight, 1 the bias",
    ],
    [{ rules: [{ layer: 'a', blob: 0, from: [] }] }, "rule 1, 'from': the list is empty"],
    [
      { rules: [{ layer: 'a', blob: 0, from: ['b', 'c'], transform: ['transpose'] }] },
      'rule 1, \'from\': 2 tensors, and no step that makes one of them\nhint: add {"concat": AXIS} or "sum" to \'transform\'',
    ],
    [
      { rules: [{ layer: 'a', blob: 0, from: 'b', transform: ['transpose', 'transpos'] }] },
      "rule 1, 'transform', step 2: there is no step 'transpos'\nhint: did you mean 'transpose'?",
    ],
    [{ rules: [{ layer: 'a', blob: 0, constant: 'x' }] }, `rule 1, 'constant': expected a number, got "x"`],
    [{ inputs: { sr: 16000 } }, "'inputs', 'sr': expected a list of numbers, got 16000"],
    [{ inputs: { sr: [] } }, "'inputs', 'sr': expected a list of numbers, got []"],
    [{ references: [{ layer: 'a' }] }, "reference 1, 'from': is missing"],
    [
      { references: [{ layer: 'a', module: 'b' }] },
      "reference 1: there is no field 'module'\nhint: fields are layer, type, from, only, note",
    ],
  ])('%j', (file, message) => {
    expect(() => ruleMap(file as RuleFile, 'map.json')).toThrow(new Error(`map.json: ${message}`));
  });

  test('values that are nested deeper than the stack', () => {
    const shown = `${'['.repeat(79)}…`;
    const rule = { layer: 'a', blob: 0, from: 'b' };
    for (const [file, message] of [
      [{ rules: [nested('rules')] }, `rule 1: expected an object, got ${shown}`],
      [
        { rules: [{ ...rule, transform: nested('a step') }] },
        `rule 1, 'transform', step 1: expected a step, as "transpose" or {"permute": [1, 0, 2, 3]}, got ${shown}`,
      ],
      [
        { rules: [{ ...rule, transform: { permute: nested('axes') } }] },
        `rule 1, 'transform', step 1: permute: expected the order of axes, as [1, 0, 2, 3], got ${shown}`,
      ],
    ] as const)
      expect(() => ruleMap(file as RuleFile, 'map.json')).toThrow(`map.json: ${message}`);
  });

  test.each([
    ['{\n  "rules": [}\n', "2:13: is no JSON: expected a value, got '}'"],
    ['{\n', '2:1: is no JSON: expected a name in double quotes, got the end of the file'],
    ['{ "a": 1, }', "1:11: is no JSON: expected a name in double quotes, got '}'"],
    ['{ "a" 1 }', "1:7: is no JSON: expected ':', got '1'"],
    ['{ "a": [1 2] }', "1:11: is no JSON: expected ',' or ']', got '2'"],
    ["{ 'a': 1 }", "1:3: is no JSON: expected a name in double quotes, got '''"],
    ['{} {}', "1:4: is no JSON: expected the end of the file, got '{'"],
    ['['.repeat(1e5), "1:502: is no JSON: expected fewer brackets within each other, got '['"],
    ['', '1:1: is no JSON: expected a value, got the end of the file'],
    ['{ "layer": "res(\\d)" }', "1:17: is no JSON: expected an escape ('\\\\' stands for a backslash), got '\\'"],
    ['{ "a": "x', `1:10: is no JSON: expected '"', got the end of the file`],
  ])('%.40j is no JSON, with the place', (text, message) => {
    expect(() => parseRuleJson(text, 'map.json')).toThrow(new Error(`map.json:${message}`));
  });

  test('the place is found in whatever JSON.parse refuses, and nowhere else', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '1', 'a', '\\', ' '),
        (json, where, character) => {
          const at = where % (json.length + 1);
          const text = json.slice(0, at) + character + json.slice(at);
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          expect(findJsonError(text) === undefined).toBe(valid);
        },
      ),
      { numRuns: 500 },
    );
  });
});
