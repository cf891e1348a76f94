/**
 * detection-v2: the notebook's net byte for byte, and what the default one mends. Structure only; its numbers are compared
 * where nets are run.
 */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { LayerParameter, NetParameter } from '../../src/generated/messages.js';
import { detectionV2, type DetectionV2Options } from '../../src/nets/index.js';
import { encodeNet } from '../../src/proto/codec.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';

const fixture = (name: string) => new URL(`../fixtures/netspec/${name}`, import.meta.url);
const text = (name: string) => readFileSync(fixture(name), 'utf8');
const layersOf = (net: NetParameter): LayerParameter[] => net.layer ?? [];
const build = (options?: DetectionV2Options) => layersOf(detectionV2(options));
const byName = (layers: LayerParameter[], name: string): LayerParameter => {
  const found = layers.filter((layer) => layer.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const tiny = { stemWidth: 8, stageWidths: [8, 16, 32, 64], pyramidChannels: 32, inputSize: [96, 128] } as const;

describe('the notebook variant', () => {
  test.each([
    ['full', 'detection_v2_notebook'],
    ['backbone', 'detection_v2_backbone_notebook'],
  ] as const)('%s is what pycaffe made of the notebook, as text and bytes', (part, name) => {
    const net = detectionV2({ variant: 'notebook', part });
    expect(formatPrototxt(net)).toBe(text(`${name}.prototxt`));
    expect(Buffer.from(encodeNet(net)).equals(readFileSync(fixture(`${name}.pb`)))).toBe(true);
  });

  test('with other sizes is the same net but for the numbers', () => {
    const numbers = (s: string) => s.replace(/(num_output|dim): \d+/g, '$1');
    expect(numbers(formatPrototxt(detectionV2({ variant: 'notebook', ...tiny })))).toBe(
      numbers(text('detection_v2_notebook.prototxt')),
    );
  });
});

describe('the default net', () => {
  const layers = build();

  test("has the notebook's layers: the same names and types in the same order, but for the input's type", () => {
    const outline = (net: LayerParameter[]) => net.map(({ name, type }) => `${name} ${type}`);
    const expected = outline(build({ variant: 'notebook' }));
    expected[0] = 'data Input';
    expect(outline(layers)).toEqual(expected);
  });

  test('trap 1: upsampling is nearest, channel by channel, and not learned', () => {
    for (const level of [2, 3])
      expect(byName(layers, `backbone_fpn_fpn_inner${level}_upsample`)).toMatchObject({
        type: 'Deconvolution',
        param: [{ lr_mult: 0, decay_mult: 0 }],
        convolution_param: {
          num_output: 1024,
          group: 1024,
          kernel_size: [2],
          stride: [2],
          bias_term: false,
          weight_filler: { type: 'constant', value: 1 },
        },
      });
    expect(byName(layers, 'backbone_fpn_fpn_inner3_upsample').convolution_param).not.toHaveProperty('pad');
  });

  test("trap 2: P6's ReLU has a top of its own, and the head reads P6 before it", () => {
    expect(byName(layers, 'backbone_fpn_topblocks_p6relu')).toEqual({
      name: 'backbone_fpn_topblocks_p6relu',
      type: 'ReLU',
      bottom: ['backbone_fpn_topblocks_p6'],
      top: ['backbone_fpn_topblocks_p6relu'],
    });
    expect(byName(layers, 'backbone_fpn_topblocks_p7').bottom).toEqual(['backbone_fpn_topblocks_p6relu']);
    for (const tower of ['cls', 'bbox'])
      expect(byName(layers, `rpn_head_${tower}_tower_p6_0`).bottom).toEqual(['backbone_fpn_topblocks_p6']);
  });

  test('trap 5: both poolings of the stem can be built', () => {
    const pooling = (options: DetectionV2Options) => byName(build(options), 'backbone_body_stem_maxpool').pooling_param;
    expect(pooling({})).toEqual({ pool: 0, kernel_size: 3, stride: 2 });
    expect(pooling({ stemPool: 'ceil' })).toEqual({ pool: 0, kernel_size: 3, stride: 2 });
    expect(pooling({ stemPool: 'floor-pad1' })).toEqual({ pool: 0, kernel_size: 3, stride: 2, pad: 1, round_mode: 1 });
  });

  test('trap 6: data is an Input', () => {
    expect(layers[0]).toEqual({
      name: 'data',
      type: 'Input',
      top: ['data'],
      input_param: { shape: [{ dim: [1, 3, 480, 576] }] },
    });
    expect(layers.filter((layer) => layer.type === 'DummyData')).toEqual([]);
  });

  test('writes no blob over another', () => {
    expect(inPlaceLayers(layers)).toEqual([]);
    const tops = layers.flatMap((layer) => layer.top ?? []);
    expect(new Set(tops).size).toBe(tops.length);
  });

  test('ends in the logits and deltas of five levels, and nothing else', () => {
    const read = new Set(layers.flatMap((layer) => layer.bottom ?? []));
    expect(layers.flatMap((layer) => layer.top ?? []).filter((top) => !read.has(top))).toEqual(
      [2, 3, 4, 6, 7].flatMap((p) => [`rpn_head_cls_logits_p${p}`, `rpn_head_bbox_pred_p${p}`]),
    );
  });

  test('counts 463.4 million parameters, 159.7 million distinct', () => {
    // Four of five levels repeat the head: eight 3x3 convolutions of 1024 channels, 9 logits and 36 deltas.
    const head = 8 * (1024 * 1024 * 9 + 1024) + (1024 * 9 * 9 + 9) + (1024 * 9 * 36 + 36);
    expect(countParameters(layers)).toEqual({ all: 159_729_773 + 4 * head, distinct: 159_729_773 });
    expect(159_729_773 + 4 * head).toBe(463_411_489);
  });

  test('the backbone is the body, up to C4', () => {
    const backbone = build({ part: 'backbone' });
    expect(backbone).toEqual(layers.slice(0, backbone.length));
    expect(backbone[backbone.length - 1]?.name).toBe('backbone_body_layer4_2_relu');
  });
});

describe('upsampling by choice', () => {
  const upsample = (options: DetectionV2Options) => byName(build(options), 'backbone_fpn_fpn_inner2_upsample');

  test('bilinear is channel by channel, and not learned', () => {
    expect(upsample({ upsample: 'bilinear', pyramidChannels: 32 })).toMatchObject({
      param: [{ lr_mult: 0, decay_mult: 0 }],
      convolution_param: {
        num_output: 32,
        group: 32,
        kernel_size: [4],
        stride: [2],
        pad: [1],
        bias_term: false,
        weight_filler: { type: 'bilinear' },
      },
    });
  });

  test("bilinear-dense is the notebook's", () => {
    expect(upsample({ upsample: 'bilinear-dense' })).toEqual(upsample({ variant: 'notebook' }));
    expect(upsample({ upsample: 'bilinear-dense' }).convolution_param).not.toHaveProperty('group');
  });
});

describe('in place', () => {
  const layers = build({ inPlace: true });

  test('every Scale and ReLU is, but for the ReLU of P6', () => {
    const names = layers.filter(({ type }) => type === 'Scale' || type === 'ReLU').map(({ name }) => name);
    expect(inPlaceLayers(layers)).toEqual(names.filter((name) => name !== 'backbone_fpn_topblocks_p6relu'));
  });

  test('no layer writes over what another one reads', () => {
    const inPlace = new Set(inPlaceLayers(layers));
    const versions = versioned(layers);
    const reads = versions.flatMap((layer) => layer.bottom ?? []);
    for (const { name, bottom } of versions)
      if (inPlace.has(name)) expect(reads.filter((read) => read === bottom![0])).toHaveLength(1);
  });

  test('every layer reads what it reads in the net without in-place layers', () => {
    expect(versioned(layers)).toEqual(versioned(build()));
    // The comparison sees the notebook's mistake: the towers read P6 rectified.
    const notebook = versioned(build({ variant: 'notebook' }));
    expect(byName(notebook, 'rpn_head_cls_tower_p6_0').bottom).toEqual(['backbone_fpn_topblocks_p6relu']);
  });
});

describe('shared parameters', () => {
  const layers = build({ shareParams: true });

  test('trap 8: the towers of five levels hold their parameters once', () => {
    expect(countParameters(layers)).toEqual({ all: 159_729_773, distinct: 159_729_773 });
  });

  test('are named after the tower without the level; the first level owns them', () => {
    for (const level of [2, 3, 4, 6, 7]) {
      expect(byName(layers, `rpn_head_cls_tower_p${level}_6`).param).toEqual([
        { name: 'rpn_head_cls_tower_6_weight' },
        { name: 'rpn_head_cls_tower_6_bias' },
      ]);
      expect(byName(layers, `rpn_head_bbox_pred_p${level}`).param).toEqual([
        { name: 'rpn_head_bbox_pred_weight' },
        { name: 'rpn_head_bbox_pred_bias' },
      ]);
    }
    const owner = layers.find((layer) => layer.param?.some(({ name }) => name === 'rpn_head_cls_logits_bias'));
    expect(owner?.name).toBe('rpn_head_cls_logits_p2');
  });

  test('change nothing else', () => {
    const bare = layers.map(({ param, ...layer }) =>
      param?.[0]?.name ? layer : { ...layer, ...(param && { param }) },
    );
    expect(bare).toEqual(build());
  });
});

test('widths go where they belong', () => {
  const layers = build(tiny);
  const outputs = (name: string) => byName(layers, name).convolution_param?.num_output;
  expect(byName(layers, 'data').input_param).toEqual({ shape: [{ dim: [1, 3, 96, 128] }] });
  expect(outputs('backbone_body_stem_conv1')).toBe(8);
  expect([1, 2, 3, 4].map((stage) => outputs(`backbone_body_layer${stage}_0_conv2`))).toEqual([8, 16, 32, 64]);
  expect([1, 2, 3, 4].map((stage) => outputs(`backbone_body_layer${stage}_2_conv3`))).toEqual([32, 64, 128, 256]);
  expect(outputs('backbone_fpn_topblocks_p7')).toBe(32);
  expect(outputs('rpn_head_bbox_tower_p7_6')).toBe(32);
  expect(outputs('rpn_head_cls_logits_p4')).toBe(9);
  expect(outputs('rpn_head_bbox_pred_p4')).toBe(36);
});

test('the stride of a stage is in its first 1x1 convolution and its shortcut', () => {
  const strides = (block: string) =>
    ['downsample_0', 'conv1', 'conv2', 'conv3'].map((name) => {
      const layer = build({ part: 'backbone' }).find((l) => l.name === `backbone_body_${block}_${name}`);
      return layer?.convolution_param?.stride?.[0];
    });
  expect(strides('layer1_0')).toEqual([1, 1, 1, 1]);
  expect(strides('layer2_0')).toEqual([2, 2, 1, 1]);
  expect(strides('layer2_1')).toEqual([undefined, 1, 1, 1]);
});

describe('refusals', () => {
  const notebook = (options: DetectionV2Options) => () => detectionV2({ variant: 'notebook', ...options });
  const clash = (key: string, value: string, own: string) =>
    `${key} ${value} contradicts variant notebook, which has ${key} ${own}\n` +
    `hint: leave ${key} out for the notebook's net, or variant out for a net of your choice`;

  test.each<[string, () => unknown, string]>([
    [
      'notebook with another upsampling',
      notebook({ upsample: 'nearest' }),
      clash('upsample', 'nearest', 'bilinear-dense'),
    ],
    ['notebook with another pooling', notebook({ stemPool: 'floor-pad1' }), clash('stemPool', 'floor-pad1', 'ceil')],
    ['notebook in place', notebook({ inPlace: true }), clash('inPlace', 'true', 'false')],
    ['notebook with shared parameters', notebook({ shareParams: true }), clash('shareParams', 'true', 'false')],
    [
      'an input size that the pyramid cannot double back to',
      () => detectionV2({ inputSize: [100, 128] }),
      'inputSize: expected multiples of 32, got 100x128\n' +
        'hint: the body halves its input five times and rounds odd sizes; doubled again, they would not fit the lateral ' +
        'sums of the pyramid. Pad the image to 128x128',
    ],
    [
      'an unknown option',
      () => detectionV2({ stemwidth: 8 } as DetectionV2Options),
      "no option stemwidth\nhint: did you mean 'stemWidth'?",
    ],
    [
      'a wrong choice',
      () => detectionV2({ stemPool: 'floor' as 'ceil' }),
      "stemPool: expected one of ceil, floor-pad1, got 'floor'\nhint: the default is ceil",
    ],
    [
      'a width of 0',
      () => detectionV2({ stageWidths: [64, 0, 256, 512] }),
      'stageWidths: expected 4 positive whole numbers, got [64, 0, 256, 512]\nhint: the default is 64,128,256,512',
    ],
    [
      'a fraction for a width',
      () => detectionV2({ pyramidChannels: 10.5 }),
      'pyramidChannels: expected a positive whole number, got 10.5\nhint: the default is 1024',
    ],
  ])('%s', (_, mistake, message) => {
    let thrown: unknown;
    try {
      mistake();
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).message).toBe(message);
  });

  test("the notebook's own values may be said", () => {
    const said = {
      variant: 'notebook',
      upsample: 'bilinear-dense',
      stemPool: 'ceil',
      inPlace: false,
      shareParams: false,
    } as const;
    expect(detectionV2(said)).toEqual(detectionV2({ variant: 'notebook' }));
  });
});

/** Names of the layers whose top is their bottom. */
function inPlaceLayers(layers: LayerParameter[]): (string | undefined)[] {
  return layers.filter((layer) => layer.top?.[0] === layer.bottom?.[0]).map((layer) => layer.name);
}

/** The net with each blob called as the layer that wrote it last. */
function versioned(layers: LayerParameter[]): LayerParameter[] {
  const writer = new Map<string, string>();
  return layers.map((layer) => {
    const bottom = layer.bottom?.map((name) => writer.get(name)!);
    layer.top?.forEach((name) => writer.set(name, layer.name!));
    return { ...layer, ...(bottom && { bottom }), top: layer.top?.map(() => layer.name!) };
  });
}

/** Numbers of parameters: in all layers, and with those of the five levels counted once. */
function countParameters(layers: LayerParameter[]): { all: number; distinct: number } {
  const channels = new Map([['data', 3]]);
  const shared = new Set<string>();
  const levels = new Set<string>();
  let all = 0;
  let distinct = 0;
  for (const layer of layers) {
    const input = layer.bottom ? channels.get(layer.bottom[0]!)! : 3;
    const conv = layer.convolution_param;
    const output = conv?.num_output ?? input;
    for (const top of layer.top ?? []) channels.set(top, output);
    let sizes: number[] = [];
    if (layer.type === 'Scale') sizes = [input, input];
    if (layer.type === 'Convolution')
      sizes = [output * input * conv!.kernel_size![0]! ** 2, ...(conv!.bias_term === false ? [] : [output])];
    sizes.forEach((size, i) => {
      const name = layer.param?.[i]?.name;
      if (name === undefined || !shared.has(name)) all += size;
      if (name !== undefined) shared.add(name);
      const level = `${layer.name!.replace(/_p[23467](?=_|$)/, '')} ${i}`;
      if (!layer.name!.startsWith('rpn_') || !levels.has(level)) distinct += size;
      levels.add(level);
    });
  }
  return { all, distinct };
}
