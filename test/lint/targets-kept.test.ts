/** Targets: each has a net that all its limits look at, at their very ends, and that breaks none; and it reads every type that it lists. */
import { describe, expect, test } from '@jest/globals';
import { lint, TARGETS, type Limit } from '../../src/lint/index.js';
import { LintNet } from '../../src/lint/lint-net.js';
import { measure } from '../../src/lint/targets/measures.js';
import { targetNamed } from '../../src/lint/targets/index.js';
import { factsOf } from '../../src/layers/registry.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';

const input = (name: string, ...shape: number[]) =>
  `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${shape.map((dim) => `dim: ${dim}`).join(' ')} } } }`;
/** A layer over `data` that writes a blob of its own name. */
const over = (name: string, rest: string) => `layer { name: "${name}" bottom: "data" top: "${name}" ${rest} }`;
const DATA = input('data', 1, 16, 40, 40);
const MANY = 'bottom: "data" '.repeat(5);

/** Proposal, DetectionOutput and what they read. */
const PROPOSAL_INPUTS = [input('s', 1, 2, 4, 4), input('b', 1, 4, 4, 4), input('i', 1, 4)].join('\n');
const proposal = (tops: string) =>
  `${PROPOSAL_INPUTS} layer { name: "x" type: "Proposal" bottom: "s" bottom: "b" bottom: "i" ${tops} proposal_param { ratio: 1 scale: 8 } }`;

const KEPT: Readonly<Record<string, readonly string[]>> = {
  ascend: [
    input('wide', 1, 1, 1, 4096),
    DATA,
    over('reshape', 'type: "Reshape" reshape_param { shape { dim: 1 dim: 16 dim: 1600 dim: 1 } }'),
    input('big', 1, 1, 255, 255),
    'layer { name: "max" type: "Pooling" bottom: "big" top: "max" pooling_param { kernel_size: 255 } }',
    over('stride', 'type: "Pooling" pooling_param { kernel_size: 32 stride: 63 }'),
    over('twice', 'type: "Pooling" pooling_param { kernel_size: 2 stride: 4 }'),
    // 22 · 22 · 32 + 40 · (31 · 13 + 22) = 32488, of 32768.
    over('average', 'type: "Pooling" pooling_param { pool: AVE kernel_size: 22 stride: 13 }'),
    over(
      'up',
      'type: "Deconvolution" convolution_param { num_output: 16 group: 16 kernel_size: 17 stride_h: 15 stride_w: 17 }',
    ),
    over('bn', 'type: "BatchNorm" batch_norm_param { use_global_stats: true }'),
    ...['Softmax: softmax', 'Concat: concat', 'Slice: slice', 'InnerProduct: inner_product', 'Scale: scale'].map(
      (each) => {
        const [type, param] = each.split(': ') as [string, string];
        const outputs = type === 'InnerProduct' ? 'num_output: 2' : '';
        const second = type === 'Slice' ? 'top: "half"' : '';
        return over(param, `${second} type: "${type}" ${param}_param { axis: -1 ${outputs} }`);
      },
    ),
    over('upsample', 'type: "Upsample" upsample_param { scale: 1 }'),
    over('yolo', 'type: "Yolo" top: "yolo1" top: "yolo2"'),
    `layer { name: "fsr" type: "FSRDetectionOutput" ${MANY} top: "fsr" top: "fsr1" }`,
    proposal('top: "x" top: "actual_rois_num"'),
  ],
  ncnn: [
    DATA,
    over('conv', 'type: "Convolution" convolution_param { num_output: 4 kernel_size: 3 }'),
    over('wide', 'type: "Convolution" convolution_param { num_output: 4 kernel_h: 3 kernel_w: 5 }'),
    over('up', 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 3 }'),
    'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }',
  ],
  'nncase-1': [DATA, over('relu', 'type: "ReLU"')],
  nnie: [input('many', 256, 3, 8, 8), proposal('top: "x"')],
  'rdk-x3': [
    input('many', 128, 3, 8, 8),
    DATA,
    over('conv7', 'type: "Convolution" convolution_param { num_output: 4096 kernel_size: 7 }'),
    over('grouped', 'type: "Convolution" convolution_param { num_output: 2048 group: 16 kernel_size: 1 }'),
    over('up2', 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 2 stride: 2 }'),
    over('up14', 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 14 stride: 4 pad: 6 }'),
    over('up5', 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 5 stride: 2 pad: 2 }'),
    input('big', 1, 1, 64, 128),
    'layer { name: "max" type: "Pooling" bottom: "big" top: "max" pooling_param { kernel_size: 64 } }',
    over('average', 'type: "Pooling" pooling_param { pool: AVE kernel_size: 7 }'),
    'layer { name: "all" type: "Pooling" bottom: "big" top: "all" pooling_param { pool: AVE global_pooling: true } }',
  ],
  rknn2: [
    DATA,
    over('conv', 'type: "ConvolutionDepthwise" convolution_param { num_output: 16 kernel_size: 8 stride: 1 pad: 0 }'),
    input('in5', 1, 2, 3, 4, 5),
    'layer { name: "sum" type: "Reduction" bottom: "in5" top: "sum" reduction_param { axis: 4 } }',
  ],
  sigmastar: [
    DATA,
    over('conv', 'type: "Convolution" convolution_param { num_output: 4 kernel_h: 7 kernel_w: 9 }'),
    over('deep', 'type: "ConvolutionDepthwise" convolution_param { num_output: 16 kernel_size: 7 pad: 1 stride: 1 }'),
    `layer { name: "cat" type: "Concat" top: "cat" ${'bottom: "data" '.repeat(1024)} }`,
    input('big', 1, 1, 255, 255),
    'layer { name: "max" type: "Pooling" bottom: "big" top: "max" pooling_param { kernel_size: 255 } }',
    over('softmax', 'type: "Softmax" softmax_param { axis: 3 }'),
    over('relu', 'type: "ReLU"'),
    over('power', 'type: "Power" power_param { power: 2 }'),
  ],
  'tpu-mlir': [
    DATA,
    over('bn', 'type: "BatchNorm" batch_norm_param { use_global_stats: true }'),
    [input('l', 1, 8), input('c', 1, 4), input('pr', 1, 2, 8)].join('\n'),
    'layer { name: "det" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "pr" top: "det" detection_output_param { num_classes: 2 nms_param { eta: 1 } } }',
    over('arg', 'type: "ArgMax" argmax_param { top_k: 1 }'),
    over('mean', 'type: "Reduction" reduction_param { operation: MEAN }'),
    over('conv', 'type: "Convolution" convolution_param { num_output: 4 kernel_h: 3 kernel_w: 5 }'),
    over('up', 'type: "Deconvolution" convolution_param { num_output: 4 kernel_size: 3 }'),
  ],
  'vitis-ai-2': [
    DATA,
    over('sum', 'bottom: "data" type: "Eltwise"'),
    over('cat', 'bottom: "data" type: "Concat" concat_param { axis: 1 }'),
  ],
};

test('there is a net for each target with limits', () => {
  expect(Object.keys(KEPT)).toEqual(TARGETS.filter(({ limits }) => limits).map(({ name }) => name));
});

describe.each(Object.entries(KEPT))('%s', (name, layers) => {
  const text = layers.join('\n');
  const target = targetNamed(name);

  test('is a net that Caffe, or the Caffe that has the layers, builds', async () => {
    expect((await lint(text)).filter(({ rule, severity }) => rule === 'does-not-build' && severity !== 'note')).toEqual(
      [],
    );
  });

  test('breaks no fact', async () => {
    const found = (await lint(text, { targets: [target] })).filter((finding) => finding.target === name);
    // That a type is read in more than one way is a warning of the type, whatever is set.
    expect(found.filter(({ severity, rule }) => severity === 'error' || rule !== 'target-layers')).toEqual([]);
  });

  const net = new LintNet(parsePrototxt(text));
  const isLookedAt = ({ types, when, measure: of }: Limit, type: string | undefined): boolean =>
    net.layers.some(
      (layer) =>
        (type === undefined || layer.type === type) &&
        (types?.includes(layer.type ?? '') ?? true) &&
        (!when || measure(when.measure, layer, net) === when.is) &&
        measure(of, layer, net) !== undefined,
    );

  test.each(
    target.limits!.flatMap((limit) =>
      (limit.types ?? [undefined]).map((type) => [limit.measure, type, limit] as const),
    ),
  )('has a layer that the limit of %s looks at: %s', (_, type, limit) => {
    expect(isLookedAt(limit, type)).toBe(true);
  });
});

describe('every type that a target lists is read', () => {
  const listed = TARGETS.flatMap(({ name, layers }) =>
    [...(layers?.only ?? []), ...(layers?.beyondBvlc ?? [])].map((type) => [name, type] as const),
  );

  test.each(listed)('%s: %s', async (name, type) => {
    const net = `${DATA}\n${over('x', `type: "${type}"`)}`;
    const found = await lint(net, { targets: [name], rules: ['target-layers'] });
    // Clip stands in BVLC's own list; a target may list it and say of another fact that its schema lacks a field.
    expect(found.filter(({ severity, field }) => severity === 'error' && field === 'type')).toEqual([]);
  });

  const ofBvlc = ['Convolution', 'Pooling', 'InnerProduct', 'Eltwise', 'LRN'];
  test.each(TARGETS.filter(({ layers }) => layers?.beyondBvlc).map(({ name }) => name))(
    '%s: and those of BVLC',
    async (name) => {
      expect(ofBvlc.map((type) => factsOf({ type })!.origin)).toEqual(ofBvlc.map(() => 'BVLC'));
      const net = `${DATA}\n${ofBvlc.map((type, i) => over(`x${i}`, `type: "${type}"`)).join('\n')}`;
      expect(await lint(net, { targets: [name], rules: ['target-layers'] })).toEqual([]);
    },
  );
});

test('the example of unknown fields has every one of them', () => {
  for (const { unknownFields } of TARGETS)
    for (const field of unknownFields?.fields ?? []) expect(unknownFields!.example).toContain(field.split('.')[1]!);
});

test.each(
  TARGETS.flatMap(({ name, layers }) =>
    Object.entries(layers?.instead ?? {}).map(([type, hint]) => [name, type, hint] as const),
  ),
)('%s says what to write in the place of %s', async (name, type, hint) => {
  const net = `${DATA}\n${over('x', `type: "${type}"`)}`;
  expect(await lint(net, { targets: [name], rules: ['target-layers'] })).toContainEqual(
    expect.objectContaining({ hint }),
  );
});
