/**
 * Proposals for nets whose right map is known: by a preset, or written down here. Each must be right for every layer, be
 * packable as it is, and be as short as a person would write it where names follow a pattern.
 */
import { describe, expect, test } from '@jest/globals';
import type { NetParameter } from '../../../../src/generated/messages.js';
import { detectionV2 } from '../../../../src/nets/detection-v2.js';
import { NpyFolderSource } from '../../../../src/node/npy-folder.js';
import { parsePrototxt } from '../../../../src/proto/text/parser.js';
import { Net } from '../../../../src/runtime/index.js';
import {
  formatRuleFile,
  fromTensors,
  nameMap,
  planPack,
  proposeMap,
  ruleMap,
  type MapProposal,
  type NameMap,
  type RuleFile,
  type WeightSource,
} from '../../../../src/weights/index.js';
import { parseRuleJson } from '../../../../src/weights/maps/rule-file.js';
import { proposalRemarks } from '../../../../src/weights/maps/propose/remarks.js';
import { caffeResnet, torchvisionState } from '../../../support/resnets.js';

type Shapes = Map<string, (readonly number[])[]>;

async function shapesOf(net: NetParameter): Promise<Shapes> {
  const built = await Net.load(net);
  const shapes = new Map([...built.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]));
  built.dispose();
  return shapes;
}

/** Tensors of which only names and shapes matter. */
function named(shapes: Readonly<Record<string, readonly number[]>>): WeightSource {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, { shape, data: new Float32Array(0) }] as const);
  return fromTensors(Object.fromEntries(tensors), 'model.pth');
}

function sorted(source: WeightSource): WeightSource {
  const tensors = source.list().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { ...source, description: 'model.pth', list: () => tensors };
}

/** What a map fills each blob from; `file` goes through text, as it does on the command line. */
function filled(net: NetParameter, shapes: Shapes, source: WeightSource, map: NameMap | RuleFile): string[] {
  const chosen = 'recipes' in map ? map : ruleMap(parseRuleJson(formatRuleFile(map)) as RuleFile);
  const { report } = planPack({ net, shapes, source, map: chosen });
  return report.filled.map(({ layer, blob, sources, operation = 'as it is' }) =>
    [layer, blob, sources.join(' '), operation].join(' | '),
  );
}

function rulesOf({ rules }: MapProposal): string[] {
  return rules.rules!.map((rule) =>
    'module' in rule ? `${rule.layer} ← ${rule.module}` : `${rule.layer}, blob ${rule.blob}`,
  );
}

describe('detection-v2', () => {
  test('every layer, heads unrolled over five levels too', async () => {
    const net = detectionV2({
      inputSize: [96, 128],
      stemWidth: 8,
      stageWidths: [8, 16, 32, 64],
      pyramidChannels: 32,
    });
    const shapes = await shapesOf(net);
    const source = await NpyFolderSource.open('test/fixtures/detection-v2-tiny/npy_save');
    const proposal = proposeMap({ net, shapes, source });
    expect(proposal).toMatchObject({ unfilled: [], unused: [], problems: [], presets: ['maskrcnn-benchmark'] });
    expect(filled(net, shapes, source, proposal.rules)).toEqual(
      filled(net, shapes, source, nameMap('maskrcnn-benchmark')),
    );
    expect(rulesOf(proposal)).toContain('rpn_head_cls_tower_p\\d_(\\d) ← rpn_head_cls_tower_$1');
    expect(rulesOf(proposal)).toHaveLength(13);
    expect(proposal.rules.batchNormEps).toBe(0);
  });
});

describe("Caffe's ResNets from torchvision's", () => {
  test.each([
    [18, 10],
    [34, 10],
    [50, 10],
  ] as const)('ResNet-%i in %i rules, in whatever order the tensors come', async (depth, count) => {
    const options = { depth, width: 2, classes: 3, stride3x3: true };
    const net = caffeResnet(options);
    const shapes = await shapesOf(net);
    const source = fromTensors(torchvisionState(options));
    const truth = filled(net, shapes, source, nameMap('torchvision-resnet'));
    for (const from of depth === 34 ? [source] : [source, sorted(source)]) {
      const proposal = proposeMap({ net, shapes, source: from });
      expect(filled(net, shapes, from, proposal.rules)).toEqual(truth);
      expect(rulesOf(proposal)).toHaveLength(count);
      expect(proposal.presets).toEqual(['torchvision-resnet']);
    }
  });

  test('the rules are those that a person would write', async () => {
    const options = { depth: 50 as const, width: 2, classes: 3 };
    const net = caffeResnet(options);
    const proposal = proposeMap({
      net,
      shapes: await shapesOf(net),
      source: fromTensors(torchvisionState(options), 'resnet50.pth'),
    });
    expect(formatRuleFile(proposal.rules)).toBe(`{
  "notes": [
    "proposed for resnet50.pth: check it, then change what is wrong"
  ],
  "rules": [
    { "layer": "conv1", "module": "conv1" },
    { "layer": "bn_conv1", "module": "bn1" },
    { "layer": "scale_conv1", "module": "bn1" },
    { "layer": "res(\\\\d)a_branch1", "module": "layer{$1-1}.0.downsample.0" },
    { "layer": "bn(\\\\d)a_branch1", "module": "layer{$1-1}.0.downsample.1" },
    { "layer": "scale(\\\\d)a_branch1", "module": "layer{$1-1}.0.downsample.1" },
    { "layer": "res(\\\\d)([a-z])_branch2([a-z])", "module": "layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}" },
    { "layer": "bn(\\\\d)([a-z])_branch2([a-z])", "module": "layer{$1-1}.{$2-'a'}.bn{$3-'a'+1}" },
    { "layer": "scale(\\\\d)([a-z])_branch2([a-z])", "module": "layer{$1-1}.{$2-'a'}.bn{$3-'a'+1}" },
    { "layer": "fc3", "module": "fc" }
  ]
}
`);
  });

  const keras = { weight: 'gamma', bias: 'beta', running_mean: 'moving_mean', running_var: 'moving_variance' };
  /** A tensor's name as other frameworks' ResNets have it. */
  const elsewhere = {
    detectron2: (module: string, word: string) =>
      `backbone.bottom_up.${module
        .replace(/^conv1$/, 'stem.conv1')
        .replace(/^bn1$/, 'stem.conv1.norm')
        .replace(/^layer(\d)/, (_, stage) => `res${Number(stage) + 1}`)
        .replace('downsample.0', 'shortcut')
        .replace('downsample.1', 'shortcut.norm')
        .replace(/bn(\d)$/, 'conv$1.norm')
        .replace(/^fc$/, 'linear')}.${word}`,
    keras: (module: string, word: string) => {
      const name = module
        .replace(/^(conv|bn)1$/, 'conv1_$1')
        .replace(/^layer(\d)\.(\d+)\./, (_, stage, block) => `conv${Number(stage) + 1}_block${Number(block) + 1}_`)
        .replace('downsample.0', '0_conv')
        .replace('downsample.1', '0_bn')
        .replace(/(conv|bn)(\d)$/, '$2_$1')
        .replace(/^fc$/, 'predictions');
      const isNorm = name.endsWith('bn');
      return `${name}/${isNorm ? keras[word as keyof typeof keras] : word === 'weight' ? 'kernel' : word}:0`;
    },
    // Counts blocks from 1, where res4b1 is the second: equal numbers mislead.
    mxnet: (module: string, word: string) =>
      `${module
        .replace(/^layer(\d)\.(\d+)\./, (_, stage, block) => `stage${stage as string}_unit${Number(block) + 1}_`)
        .replace('downsample.0', 'sc')
        .replace('downsample.1', 'sc_bn')}_${word}`,
  };

  test.each([
    ['detectron2', 50, 10],
    ['keras', 50, 11],
    ['mxnet', 101, 13],
  ] as const)('from %s, ResNet-%i in %i rules', async (framework, depth, count) => {
    const options = { depth, width: 2, classes: 3 };
    const net = caffeResnet(options);
    const shapes = await shapesOf(net);
    const state = torchvisionState(options);
    const rename = (name: string) => {
      const at = name.lastIndexOf('.');
      return elsewhere[framework](name.slice(0, at), name.slice(at + 1));
    };
    const tensors = Object.entries(state).flatMap(([name, { shape }]) => {
      if (name.endsWith('num_batches_tracked')) return [];
      const [outputs, inputs, height, width] = shape;
      const turned = shape.length === 4 ? [height!, width!, inputs!, outputs!] : [...shape].reverse();
      return [[rename(name), framework === 'keras' ? turned : shape] as const];
    });
    const source = named(Object.fromEntries(tensors));
    const proposal = proposeMap({ net, shapes, source });
    const names = (map: NameMap | RuleFile, from: WeightSource) =>
      filled(net, shapes, from, map).map((line) => line.split(' | ').slice(0, 3).join(' | '));
    const truth = names(nameMap('torchvision-resnet'), fromTensors(state));
    expect(names(proposal.rules, source)).toEqual(truth.map((line) => line.replace(/[^ ]+$/, (name) => rename(name))));
    expect(rulesOf(proposal)).toHaveLength(count);
  });

  test('a net without normalizations swallows those of the model', async () => {
    const options = { depth: 18 as const, width: 2, classes: 3 };
    const full = caffeResnet(options);
    const layer = full.layer!.flatMap((each) => {
      if (each.type === 'BatchNorm' || each.type === 'Scale') return [];
      if (each.type !== 'Convolution') return [each];
      return [{ ...each, convolution_param: { ...each.convolution_param, bias_term: true } }];
    });
    const net = { ...full, layer };
    const shapes = await shapesOf(net);
    const source = fromTensors(torchvisionState(options));
    const proposal = proposeMap({ net, shapes, source });
    expect(proposal).toMatchObject({ unfilled: [], unused: [], problems: [] });
    expect(proposal.rules.rules).toEqual([
      { layer: 'conv1', module: 'conv1', batchNorm: 'bn1' },
      {
        layer: 'res(\\d)([a-z])_branch2([a-z])',
        module: "layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}",
        batchNorm: "layer{$1-1}.{$2-'a'}.bn{$3-'a'+1}",
      },
      { layer: 'res(\\d)a_branch1', module: 'layer{$1-1}.0.downsample.0', batchNorm: 'layer{$1-1}.0.downsample.1' },
      { layer: 'fc3', module: 'fc' },
    ]);
    expect(proposal.rules.batchNormEps).toBe(1e-5);
    expect(filled(net, shapes, source, proposal.rules)[0]).toBe(
      'conv1 | 0 | conv1.weight bn1.weight bn1.running_var | weight · weight / sqrt(running_var + 0.00001)',
    );
  });
});

const input = (...dim: number[]) =>
  `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [${dim.join(', ')}] } } }`;
const conv = (name: string, bottom: string, outputs: number, kernel = 3) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}"
    convolution_param { num_output: ${outputs} kernel_size: ${kernel} pad: ${kernel >> 1} } }`;
const fc = (name: string, bottom: string, outputs: number) =>
  `layer { name: "${name}" type: "InnerProduct" bottom: "${bottom}" top: "${name}" inner_product_param { num_output: ${outputs} } }`;
const prelu = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "PReLU" bottom: "${bottom}" top: "${bottom}" }`;
const parse = (...layers: string[]) => parsePrototxt(layers.join('\n'));

async function propose(net: NetParameter, source: WeightSource): Promise<MapProposal> {
  return proposeMap({ net, shapes: await shapesOf(net), source });
}

describe('other names, other frameworks', () => {
  const lenet = parse(
    input(1, 1, 8, 8),
    conv('conv1', 'data', 4),
    conv('conv2', 'conv1', 6),
    fc('ip1', 'conv2', 5),
    fc('ip2', 'ip1', 3),
  );

  test('a sequence that only shapes tell', async () => {
    const source = named({
      '0.weight': [4, 1, 3, 3],
      '0.bias': [4],
      '2.weight': [6, 4, 3, 3],
      '2.bias': [6],
      '5.weight': [5, 384],
      '5.bias': [5],
      '7.weight': [3, 5],
      '7.bias': [3],
    });
    expect(rulesOf(await propose(lenet, source))).toEqual(['conv1 ← 0', 'conv2 ← 2', 'ip1 ← 5', 'ip2 ← 7']);
  });

  test("Keras' kernels: height, width, inputs, outputs", async () => {
    const source = named({
      'conv2d/kernel:0': [3, 3, 1, 4],
      'conv2d/bias:0': [4],
      'conv2d_1/kernel:0': [3, 3, 4, 6],
      'conv2d_1/bias:0': [6],
      'dense/kernel:0': [384, 5],
      'dense/bias:0': [5],
      'dense_1/kernel:0': [5, 3],
      'dense_1/bias:0': [3],
    });
    const { rules, unfilled, unused, problems } = await propose(lenet, source);
    expect({ unfilled, unused, problems }).toEqual({ unfilled: [], unused: [], problems: [] });
    expect(rules.rules!.slice(0, 3)).toEqual([
      { layer: 'conv1', blob: 0, from: 'conv2d/kernel:0', transform: [{ permute: [3, 2, 0, 1] }] },
      { layer: 'conv1', blob: 1, from: 'conv2d/bias:0' },
      { layer: 'conv2', blob: 0, from: 'conv2d_1/kernel:0', transform: [{ permute: [3, 2, 0, 1] }] },
    ]);
    expect(rules.rules).toContainEqual({ layer: 'ip2', blob: 0, from: 'dense_1/kernel:0', transform: ['transpose'] });
  });

  test('matrices that lie the other way round, and inner products written as convolutions', async () => {
    const net = parse(input(1, 2, 4, 4), conv('a', 'data', 3, 5), fc('b', 'a', 7));
    const source = named({ 'a.weight': [3, 50], 'a.bias': [3], 'b.weight': [48, 7], 'b.bias': [7] });
    expect((await propose(net, source)).rules.rules).toEqual([
      { layer: 'a', blob: 0, from: 'a.weight', transform: [{ reshape: [3, 2, 5, 5] }] },
      { layer: 'a', blob: 1, from: 'a.bias' },
      { layer: 'b', blob: 0, from: 'b.weight', transform: ['transpose'] },
      { layer: 'b', blob: 1, from: 'b.bias' },
    ]);
  });

  test('slopes, and a bias that the model has not', async () => {
    const net = parse(input(1, 2, 4, 4), conv('conv1', 'data', 3), prelu('prelu1', 'conv1'));
    const source = named({ 'body.0.weight': [3, 2, 3, 3], 'body.1.weight': [3] });
    const proposal = await propose(net, source);
    expect(proposal.rules.rules).toEqual([
      { layer: 'conv1', blob: 0, from: 'body.0.weight' },
      { layer: 'conv1', blob: 1, constant: 0, note: 'the model has no bias there' },
      { layer: 'prelu1', blob: 0, from: 'body.1.weight' },
    ]);
    expect(proposal.unfilled).toEqual([]);
  });

  test('names of layers and tensors that mean something in patterns and templates', async () => {
    const net = parse(input(1, 2, 4, 4), conv('block(1)/a.b+c', 'data', 3), conv('{x}$1', 'block(1)/a.b+c', 5));
    const source = named({ 'm{0}.weight': [3, 2, 3, 3], 'm{0}.bias': [3], '$1.weight': [5, 3, 3, 3], '$1.bias': [5] });
    const shapes = await shapesOf(net);
    const { rules } = proposeMap({ net, shapes, source });
    expect(filled(net, shapes, source, rules)).toHaveLength(4);
  });
});

describe('what is unsure or open is said', () => {
  test('layers of one shape whose names say nothing', async () => {
    const net = parse(input(1, 4, 4, 4), conv('left', 'data', 4), conv('right', 'left', 4));
    const proposal = await propose(
      net,
      named({ 'p.weight': [4, 4, 3, 3], 'p.bias': [4], 'q.weight': [4, 4, 3, 3], 'q.bias': [4] }),
    );
    expect(proposalRemarks(proposal)).toEqual([
      'matched: 2, of which 0 by name, 0 by shape alone, 0 by pattern, 2 unsure',
      'unsure: left ← p; it could also be q',
      'unsure: right ← q; it could also be p',
    ]);
    expect(proposal.matches[0]).toMatchObject({ layers: ['left'], module: 'p', by: 'unsure', alternatives: ['q'] });
  });

  test('what nothing fits, and what fits nothing', async () => {
    const net = parse(input(1, 4, 4, 4), conv('a', 'data', 4), fc('b', 'a', 9));
    const source = named({ 'a.weight': [4, 4, 3, 3], 'a.bias': [4], 'head.weight': [7, 64], step: [] });
    expect(proposalRemarks(await propose(net, source))).toEqual([
      'matched: 1, of which 1 by name, 0 by shape alone, 0 by pattern, 0 unsure',
      'unfilled: blob 0 of b (9x64)',
      'unfilled: blob 1 of b (9)',
      'unused: head.weight (7x64)',
      'unused: step (())',
    ]);
  });

  test('a layer more than the model has is not given a tensor that another has by name', async () => {
    const net = parse(input(1, 4, 4, 4), conv('conv', 'data', 4), conv('conv_extra', 'conv', 4));
    const proposal = await propose(net, named({ 'conv.weight': [4, 4, 3, 3], 'conv.bias': [4] }));
    expect(proposal.matches.map(({ layers }) => layers)).toEqual([['conv']]);
    expect(proposal.unfilled.map(({ layer }) => layer)).toEqual(['conv_extra', 'conv_extra']);
  });

  test('an empty source', async () => {
    const net = parse(input(1, 4, 4, 4), conv('a', 'data', 4));
    expect(await propose(net, named({}))).toMatchObject({ matches: [], unfilled: [{ layer: 'a' }, { layer: 'a' }] });
  });
});

describe('normalizations', () => {
  const batchNorm = (name: string, bottom: string, rest = '') =>
    `layer { name: "${name}" type: "BatchNorm" bottom: "${bottom}" top: "${name}" ${rest} }`;
  const scale = (name: string, bottom: string) =>
    `layer { name: "${name}" type: "Scale" bottom: "${bottom}" top: "${name}" scale_param { bias_term: true } }`;
  const norm = (name: string, channels = 4) =>
    Object.fromEntries(
      ['weight', 'bias', 'running_mean', 'running_var'].map((word) => [`${name}.${word}`, [channels]]),
    );

  test('a convolution with a bias of its own swallows the normalization behind it', async () => {
    const net = parse(input(1, 2, 4, 4), conv('c1', 'data', 4), conv('c2', 'c1', 4), fc('out', 'c2', 3));
    const source = named({
      'features.0.weight': [4, 2, 3, 3],
      'features.0.bias': [4],
      ...norm('features.1'),
      'features.1.num_batches_tracked': [],
      'features.3.weight': [4, 4, 3, 3],
      'features.3.bias': [4],
      ...norm('features.4'),
      'classifier.weight': [3, 64],
      'classifier.bias': [3],
    });
    const { rules, unfilled, unused, problems } = await propose(net, source);
    expect({ unfilled, unused, problems }).toEqual({ unfilled: [], unused: [], problems: [] });
    expect(rules).toMatchObject({
      batchNormEps: 1e-5,
      rules: [
        { layer: 'c1', module: 'features.0', batchNorm: 'features.1' },
        { layer: 'c2', module: 'features.3', batchNorm: 'features.4' },
        { layer: 'out', module: 'classifier' },
      ],
    });
    const [, bias] = filled(net, await shapesOf(net), source, rules);
    expect(bias).toBe(
      'c1 | 1 | features.0.bias features.1.weight features.1.running_var features.1.bias features.1.running_mean | ' +
        '(bias − running_mean) · weight / sqrt(running_var + 0.00001) + bias',
    );
  });

  test('a layer that cannot hold it is named', async () => {
    const plain = conv('c1', 'data', 4).replace('kernel_size', 'bias_term: false kernel_size');
    const source = named({ 'c1.weight': [4, 2, 3, 3], ...norm('n1') });
    const proposal = await propose(parse(input(1, 2, 4, 4), plain), source);
    expect(proposal.leftNormalizations).toEqual([{ layer: 'c1', module: 'n1' }]);
    expect(proposalRemarks(proposal)).toContain(
      'the model has a normalization behind c1 (n1), and the net has none: remove bias_term: false from the layer, so that ' +
        'it can be folded in, or add BatchNorm and Scale',
    );
  });

  test('mean and variance in one module, scale and shift in another: names, or places, tell which belong together', async () => {
    const net = parse(input(1, 4, 4, 4), scale('s1', 'data'), scale('s2', 's1'));
    const statistics = (name: string) => ({ [`${name}.running_mean`]: [4], [`${name}.running_var`]: [4] });
    const affine = (name: string) => ({ [`${name}.weight`]: [4], [`${name}.bias`]: [4] });
    const byName = named({ ...statistics('bn1'), ...statistics('bn2'), ...affine('scale2'), ...affine('scale1') });
    expect((await propose(net, byName)).rules.rules).toEqual([
      { layer: 's(\\d)', module: 'scale$1', statistics: 'bn$1' },
    ]);
    const byPlace = named({ ...statistics('a'), ...affine('b'), ...statistics('c'), ...affine('d') });
    expect((await propose(net, byPlace)).rules.rules).toEqual([
      { layer: 's1', module: 'b', statistics: 'a' },
      { layer: 's2', module: 'd', statistics: 'c' },
    ]);
  });

  test('of a net with its weights: what it adds to each variance', async () => {
    const eps = (value: number) => `batch_norm_param { eps: ${value} }`;
    const source = {
      ...named({ ...norm('a'), 'b.running_mean': [4], 'b.running_var': [4], 'b_s.weight': [4], 'b_s.bias': [4] }),
      net: parse(
        input(1, 4, 4, 4),
        batchNorm('a', 'data', eps(0.001)),
        batchNorm('b', 'a', eps(0.01)),
        scale('b_s', 'b'),
        batchNorm('c', 'b_s', eps(0.001)),
      ),
    };
    const net = parse(input(1, 4, 4, 4), scale('a', 'data'), scale('b', 'a'));
    const folded = (await propose(net, source)).rules;
    expect(folded.notes).toEqual([
      'proposed for model.pth: check it, then change what is wrong',
      'batchNormEps is the eps of the BatchNorm layers in model.pth; rules with an eps of their own are for those with another',
    ]);
    expect(folded.batchNormEps).toBe(0.001);
    expect(folded.rules).toEqual([
      { layer: 'a', module: 'a' },
      { layer: 'b', module: 'b_s', statistics: 'b', eps: 0.01 },
    ]);
    const pair = parse(
      input(1, 4, 4, 4),
      batchNorm('a', 'data'),
      scale('a_s', 'a'),
      batchNorm('b', 'a_s', eps(0.01)),
      scale('b_s', 'b'),
    );
    expect((await propose(pair, source)).rules.notes).toEqual([
      'proposed for model.pth: check it, then change what is wrong',
      "the source's eps is 0.001 for 'a': write batch_norm_param { eps: 0.001 }",
    ]);
  });

  test('no statistics at all: nothing is said of eps', async () => {
    const net = parse(input(1, 4, 4, 4), scale('s', 'data'));
    const { rules } = await propose(net, named({ 's.weight': [4], 's.bias': [4] }));
    expect(rules.batchNormEps).toBeUndefined();
    expect(rules.notes).toHaveLength(1);
  });
});

describe('recurrent layers', () => {
  const lstm = (name: string, bottom: string) =>
    `layer { name: "${name}" type: "LSTM" bottom: "${bottom}" bottom: "cont" top: "${name}" recurrent_param { num_output: 3 } }`;
  const cont = 'layer { name: "c" type: "Input" top: "cont" input_param { shape { dim: 5 dim: 1 } } }';

  test('the layers and directions of a stack', async () => {
    const part = (suffix: string, inputs: number) => ({
      [`rnn.weight_ih_${suffix}`]: [12, inputs],
      [`rnn.weight_hh_${suffix}`]: [12, 3],
      [`rnn.bias_ih_${suffix}`]: [12],
      [`rnn.bias_hh_${suffix}`]: [12],
    });
    const net = parse(
      input(5, 1, 2),
      cont,
      lstm('first', 'data'),
      lstm('first_reverse', 'data'),
      lstm('second', 'first'),
    );
    const source = named({ ...part('l0', 2), ...part('l0_reverse', 2), ...part('l1', 3) });
    const { rules, unfilled, unused } = await propose(net, source);
    expect({ unfilled, unused }).toEqual({ unfilled: [], unused: [] });
    expect(rules.rules).toEqual([
      { layer: 'first', module: 'rnn' },
      { layer: 'first_reverse', module: 'rnn_reverse' },
      { layer: 'second', module: 'rnn_l1' },
    ]);
  });

  test("Keras'", async () => {
    const net = parse(input(5, 1, 2), cont, lstm('seq', 'data'));
    const source = named({
      'l/lstm_cell/kernel': [2, 12],
      'l/lstm_cell/recurrent_kernel': [3, 12],
      'l/lstm_cell/bias': [12],
    });
    const { rules, unfilled } = await propose(net, source);
    expect({ rules: rules.rules, unfilled }).toEqual({
      rules: [{ layer: 'seq', module: 'l/lstm_cell' }],
      unfilled: [],
    });
  });
});

describe('Keras', () => {
  test('depthwise and separable convolutions, and a matrix behind a flattened image', () => {
    const depthwise = (name: string, bottom: string, channels: number) =>
      conv(name, bottom, channels).replace('kernel_size', `group: ${channels} bias_term: false kernel_size`);
    const net = parse(
      input(1, 3, 4, 5),
      depthwise('dw', 'data', 3),
      depthwise('sep', 'dw', 3),
      conv('point', 'sep', 4, 1),
      'layer { name: "flat" type: "Flatten" bottom: "point" top: "flat" }',
      fc('dense', 'flat', 6),
    );
    const source = named({
      'a/depthwise_kernel': [3, 3, 3, 1],
      'b/depthwise_kernel': [3, 3, 3, 1],
      'b/pointwise_kernel': [1, 1, 3, 4],
      'b/bias': [4],
      'd/kernel': [80, 6],
      'd/bias': [6],
    });
    const { rules, unfilled, unused } = proposeMap({ net, source });
    expect({ unfilled, unused }).toEqual({ unfilled: [], unused: [] });
    expect(rules.rules).toEqual([
      { layer: 'dw', blob: 0, from: 'a/depthwise_kernel', transform: [{ permute: [2, 3, 0, 1] }] },
      { layer: 'sep', blob: 0, from: 'b/depthwise_kernel', transform: [{ permute: [2, 3, 0, 1] }] },
      { layer: 'point', blob: 0, from: 'b/pointwise_kernel', transform: [{ permute: [3, 2, 0, 1] }] },
      { layer: 'point', blob: 1, from: 'b/bias' },
      {
        layer: 'dense',
        blob: 0,
        from: 'd/kernel',
        transform: [{ reshape: [4, 5, 4, -1] }, { permute: [3, 2, 0, 1] }, { reshape: [6, -1] }],
      },
      { layer: 'dense', blob: 1, from: 'd/bias' },
    ]);
  });
});

describe('many layers of one shape', () => {
  const many = 300;
  const chain = parse(
    input(1, 2, 4, 4),
    ...Array.from({ length: many }, (_, i) => conv(`conv${i}`, i === 0 ? 'data' : `conv${i - 1}`, 2)),
  );
  const sourceOf = (name: (i: number) => string, count = many) =>
    named(
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          [`${name(i)}.weight`, [2, 2, 3, 3]],
          [`${name(i)}.bias`, [2]],
        ]).flat() as [string, number[]][],
      ),
    );

  test.each<[string, (i: number) => string, string]>([
    ['the same names', (i) => `conv${i}`, 'conv$1'],
    // All names but one are equal, and each stands for the next.
    ['names that count from 1', (i) => `conv${i + 1}`, 'conv{$1+1}'],
    ['other names', (i) => `layers.${i + 7}.conv`, 'layers.{$1+7}.conv'],
  ])('%s: one rule', async (_, name, module) => {
    const { rules, unfilled, unused, matches } = await propose(chain, sourceOf(name));
    expect({ unfilled, unused }).toEqual({ unfilled: [], unused: [] });
    expect(rules.rules).toEqual([{ layer: 'conv(\\d+)', module }]);
    expect(new Set(matches.map(({ by }) => by))).toEqual(new Set([module === 'conv$1' ? 'name' : 'pattern']));
  });

  test('a sequence that only its order tells, in whatever order the tensors come, and more than there are layers', async () => {
    const proposal = await propose(chain, sorted(sourceOf((i) => `${3 * i}`, many + 5)));
    expect(proposal.unfilled).toEqual([]);
    expect(proposal.unused).toHaveLength(10);
    expect(proposal.matches.every(({ layers, module }) => `conv${Number(module) / 3}` === layers[0])).toBe(true);
    const remarks = proposalRemarks(proposal);
    expect(remarks[0]).toBe('matched: 300, of which 0 by name, 0 by shape alone, 0 by pattern, 300 unsure');
    expect(remarks[51]).toBe('unsure: … and 250 more');
  });

  test('two families', async () => {
    const net = parse(
      input(1, 2, 4, 4),
      ...Array.from({ length: many }, (_, i) => [conv(`query_${i}`, 'data', 2), conv(`key_${i}`, 'data', 2)]).flat(),
    );
    const tensors = Object.fromEntries(
      ['q_key', 'p_query'].flatMap((kind) =>
        Array.from({ length: many }, (_, i) => [
          [`block.${i}.${kind}.weight`, [2, 2, 3, 3]],
          [`block.${i}.${kind}.bias`, [2]],
        ]).flat(),
      ) as [string, number[]][],
    );
    expect(rulesOf(await propose(net, named(tensors)))).toEqual([
      'query_(\\d+) ← block.$1.p_query',
      'key_(\\d+) ← block.$1.q_key',
    ]);
  });
});
