/**
 * The named nets against what is published of them: parameters, layers with weights, and the shapes of their outputs. Where a source
 * gives the number for another number of classes or with parts that are left out here, the line says what was taken off.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { namedNet, namedNets } from '../../src/nets/named-nets.js';
import { netShapes } from '../../src/runtime/net-shapes.js';
import { netCost } from '../../src/runtime/net-cost.js';
import { Net } from '../../src/runtime/net.js';
import { toBytes } from '../../src/proto/random-access.js';

interface Published {
  parameters: number;
  /** Where the number is from. */
  source: string;
  /** Convolutions, inner products and deconvolutions that learn. */
  weighted: number;
  outputs: Record<string, readonly number[]>;
  /** Options of a smaller net, which is run. Default: those of the net itself. */
  small?: Record<string, unknown>;
}

const SMALL = { inputSize: [64, 64] };
const torchvision = "torchvision's table of weights: num_params";
const probabilities = { prob: [1, 1000] };

const PUBLISHED: Record<string, Published> = {
  alexnet: {
    parameters: 60_965_224,
    source: "BVLC's bvlc_alexnet: 61M; 11·11·3·96 + 96 + …",
    weighted: 8,
    outputs: probabilities,
    small: { inputSize: [67, 67] },
  },
  caffenet: {
    parameters: 60_965_224,
    source: "BVLC's bvlc_reference_caffenet, of the same layers",
    weighted: 8,
    outputs: probabilities,
    small: { inputSize: [67, 67] },
  },
  // With the biases of its convolutions, 720 of them, and two 1x1 convolutions with batch norms.
  'cifar-resnet': {
    parameters: 273_258,
    source: 'He et al. 2015, table 6: 0.27M; 432 + 6·2304 + 4608 + 5·9216 + 18,432 + 5·36,864 + …',
    weighted: 22,
    outputs: { InnerProduct1: [1, 10] },
  },
  'cifar10-quick': {
    parameters: 145_578,
    source: "Caffe's examples/cifar10: 2,432 + 25,632 + 51,264 + 65,600 + 650",
    weighted: 5,
    outputs: { prob: [1, 10] },
  },
  // PyTorch's LSTMs have two biases, Caffe's the sum of both: four times 4·256 fewer.
  crnn: {
    parameters: 8_331_301 - 4 * 1024,
    source: "meijieru's CRNN(32, 1, 37, 256); Shi et al. 2015: 8.3M",
    weighted: 9,
    outputs: { 'rnn.1.embedding': [26, 1, 37] },
    small: { inputSize: [32, 20], hidden: 8 },
  },
  'densenet-121': { parameters: 7_978_856, source: torchvision, weighted: 121, outputs: probabilities, small: SMALL },
  // 159.7 million learned values, the head's of five levels each by itself: docs/detection-v2.md.
  'detection-v2': {
    parameters: 463_411_489,
    source: 'the PyTorch model, its head unrolled',
    weighted: 53 + 8 + 50,
    outputs: { rpn_head_cls_logits_p2: [1, 9, 60, 72], rpn_head_bbox_pred_p7: [1, 36, 4, 5] },
    small: { inputSize: [64, 64], stemWidth: 4, stageWidths: [4, 4, 4, 4], pyramidChannels: 8 },
  },
  'efficientnet-lite0': {
    parameters: 4_652_008,
    source: "timm's results: tf_efficientnet_lite0, 4.65M",
    weighted: 50,
    outputs: probabilities,
    small: SMALL,
  },
  // VGG-16's convolutions (torchvision: 14,714,688), 3x3 of 512, and 1x1 to 18 and 36.
  'faster-rcnn-rpn': {
    parameters: 14_714_688 + (9 * 512 * 512 + 512) + (512 * 54 + 54),
    source: 'Ren et al. 2015, section 3.1',
    weighted: 16,
    outputs: { rpn_cls_prob_reshape: [1, 18, 14, 14], rpn_bbox_pred: [1, 36, 14, 14] },
    small: SMALL,
  },
  // VGG-16 with its first two inner products as convolutions, and scores of 21 classes of fc7, pool4 and pool3.
  'fcn-8s': {
    parameters: 14_714_688 + (49 * 512 * 4096 + 4096) + (4096 * 4096 + 4096) + 21 * (4096 + 512 + 256 + 3),
    source: 'Long et al. 2015: 134M',
    weighted: 18,
    outputs: { score: [1, 21, 500, 500] },
    small: SMALL,
  },
  googlenet: {
    parameters: 6_998_552,
    source: "BVLC's bvlc_googlenet without the auxiliary classifiers: 7.0M",
    weighted: 58,
    outputs: probabilities,
    small: SMALL,
  },
  'inception-v3': {
    parameters: 23_834_568,
    source: 'torchvision, aux_logits=False; Keras has 23,851,784 with its batch norms',
    weighted: 95,
    outputs: probabilities,
    small: { inputSize: [107, 107] },
  },
  lenet: {
    parameters: 431_080,
    source: "Caffe's examples/mnist: 520 + 25,050 + 400,500 + 5,010",
    weighted: 4,
    outputs: { prob: [1, 10] },
  },
  // MobileNet's 13 separable convolutions with biases, conv14 … conv17, and 12 predictions, as in MobileNetSSD_deploy.prototxt.
  'mobilenet-ssd': {
    parameters: 5_783_417,
    source: "chuanqi305's MobileNetSSD_deploy: 23 MB of float32",
    weighted: 47,
    outputs: { detection_out: [1, 1, 1, 7] },
  },
  'mobilenet-v1': {
    parameters: 4_231_976,
    source: 'Howard et al. 2017: 4.2M; shicai: 4.23M',
    weighted: 28,
    outputs: { prob: [1, 1000, 1, 1] },
    small: SMALL,
  },
  'mobilenet-v2': { parameters: 3_504_872, source: torchvision, weighted: 53, outputs: probabilities, small: SMALL },
  'mobilenet-v3-large': {
    parameters: 5_483_032,
    source: torchvision,
    weighted: 64,
    outputs: probabilities,
    small: SMALL,
  },
  'mobilenet-v3-small': {
    parameters: 2_542_856,
    source: torchvision,
    weighted: 54,
    outputs: probabilities,
    small: SMALL,
  },
  'mtcnn-onet': {
    parameters: 389_040,
    source: "the authors' det3.caffemodel",
    weighted: 8,
    outputs: { prob1: [1, 2], 'conv6-2': [1, 4], 'conv6-3': [1, 10] },
  },
  'mtcnn-pnet': {
    parameters: 6_632,
    source: "the authors' det1.caffemodel",
    weighted: 5,
    outputs: { prob1: [1, 2, 1, 1], 'conv4-2': [1, 4, 1, 1] },
  },
  'mtcnn-rnet': {
    parameters: 100_178,
    source: "the authors' det2.caffemodel",
    weighted: 6,
    outputs: { prob1: [1, 2], 'conv5-2': [1, 4] },
  },
  // Of one structure with torchvision's, the stride apart, which no parameter depends on.
  'resnet-18': { parameters: 11_689_512, source: torchvision, weighted: 21, outputs: probabilities, small: SMALL },
  'resnet-34': { parameters: 21_797_672, source: torchvision, weighted: 37, outputs: probabilities, small: SMALL },
  'resnet-50': { parameters: 25_557_032, source: torchvision, weighted: 54, outputs: probabilities, small: SMALL },
  'resnet-101': { parameters: 44_549_160, source: torchvision, weighted: 105, outputs: probabilities, small: SMALL },
  'resnet-152': { parameters: 60_192_808, source: torchvision, weighted: 156, outputs: probabilities, small: SMALL },
  'resnext-50': { parameters: 25_028_904, source: torchvision, weighted: 54, outputs: probabilities, small: SMALL },
  // torchvision's resnet50 without fc: 23,508,032. Pyramid: 1x1 of 512, 1024, 2048 and five 3x3, the first of P6 from 2048.
  // Heads: two towers of four 3x3, then 9·80 and 9·4 outputs.
  retinanet: {
    parameters:
      23_508_032 +
      (256 * 3584 + 3 * 256) +
      (9 * 256 * 256 * 4 + 9 * 2048 * 256 + 5 * 256) +
      8 * (9 * 256 * 256 + 256) +
      (9 * 256 * 756 + 756),
    source: 'Lin et al. 2017, section 4',
    weighted: 53 + 8 + 50,
    outputs: { cls_logits_p2: [1, 720, 64, 64], bbox_pred_p7: [1, 36, 4, 4] },
    small: SMALL,
  },
  'se-resnet-50': {
    parameters: 28_088_024,
    source: "Cadene's pretrained-models: se_resnet50",
    weighted: 54 + 32,
    outputs: probabilities,
    small: SMALL,
  },
  'shufflenet-v1': {
    parameters: 1_865_728,
    source: "pytorchcv's shufflenet_g3_w1",
    weighted: 50,
    outputs: probabilities,
    small: SMALL,
  },
  'shufflenet-v2': { parameters: 2_278_604, source: torchvision, weighted: 57, outputs: probabilities, small: SMALL },
  'squeezenet-1.0': {
    parameters: 1_248_424,
    source: torchvision,
    weighted: 26,
    outputs: { prob: [1, 1000, 1, 1] },
    small: SMALL,
  },
  'squeezenet-1.1': {
    parameters: 1_235_496,
    source: torchvision,
    weighted: 26,
    outputs: { prob: [1, 1000, 1, 1] },
    small: SMALL,
  },
  'ssd-300': {
    parameters: 26_285_486,
    source: "ssd.pytorch's ssd300 for VOC",
    weighted: 35,
    outputs: { mbox_loc: [1, 34_928], mbox_conf_flatten: [1, 183_372] },
  },
  'torch-resnet-18': {
    parameters: 11_689_512,
    source: torchvision,
    weighted: 21,
    outputs: probabilities,
    small: SMALL,
  },
  'torch-resnet-34': {
    parameters: 21_797_672,
    source: torchvision,
    weighted: 37,
    outputs: probabilities,
    small: SMALL,
  },
  'torch-resnet-50': {
    parameters: 25_557_032,
    source: torchvision,
    weighted: 54,
    outputs: probabilities,
    small: SMALL,
  },
  'torch-resnet-101': {
    parameters: 44_549_160,
    source: torchvision,
    weighted: 105,
    outputs: probabilities,
    small: SMALL,
  },
  'torch-resnet-152': {
    parameters: 60_192_808,
    source: torchvision,
    weighted: 156,
    outputs: probabilities,
    small: SMALL,
  },
  unet: {
    parameters: 31_037_698,
    source: "milesial's Pytorch-UNet, two classes, transposed convolutions",
    weighted: 23,
    outputs: { 'outc.conv': [1, 2, 256, 256] },
    small: SMALL,
  },
  'vgg-16': {
    parameters: 138_357_544,
    source: torchvision,
    weighted: 16,
    outputs: probabilities,
    small: { inputSize: [32, 32] },
  },
  'vgg-19': {
    parameters: 143_667_240,
    source: torchvision,
    weighted: 19,
    outputs: probabilities,
    small: { inputSize: [32, 32] },
  },
  'yolov3-tiny': {
    parameters: 8_852_366,
    source: "ultralytics' yolov3-tiny",
    weighted: 13,
    outputs: { 'model.20.m.0': [1, 255, 26, 26], 'model.20.m.1': [1, 255, 13, 13] },
    small: SMALL,
  },
  yolov5n: {
    parameters: 1_872_157,
    source: "ultralytics' yolov5n, release 6",
    weighted: 60,
    outputs: { 'model.24.m.0': [1, 255, 80, 80], 'model.24.m.2': [1, 255, 20, 20] },
    small: SMALL,
  },
  yolov5s: {
    parameters: 7_235_389,
    source: "ultralytics' yolov5s, release 6",
    weighted: 60,
    outputs: { 'model.24.m.0': [1, 255, 80, 80], 'model.24.m.2': [1, 255, 20, 20] },
    small: SMALL,
  },
  // 3,157,200 with the fixed convolution of 16 weights that turns bins into distances.
  yolov8n: {
    parameters: 3_157_200 - 16,
    source: "ultralytics' yolov8n",
    weighted: 63,
    outputs: { 'model.22.cv2.0.2': [1, 64, 80, 80], 'model.22.cv3.2.2': [1, 80, 20, 20] },
    small: SMALL,
  },
};

test('every named net is in the table', () => {
  expect(Object.keys(PUBLISHED).sort()).toEqual(namedNets.map(({ name }) => name).sort());
});

describe.each(Object.entries(PUBLISHED))('%s', (name, { parameters, weighted, outputs, small = {} }) => {
  const { build } = namedNet(name);

  test('has its published structure', async () => {
    const net = build();
    expect((await netCost(net)).parameters).toBe(parameters);
    const learns = net.layer!.filter(
      ({ type, param }) => /Convolution|Deconvolution|InnerProduct/.test(type!) && param?.[0]?.lr_mult !== 0,
    );
    expect(learns).toHaveLength(weighted);
    const { blobs } = netShapes(net);
    expect(Object.fromEntries(Object.keys(outputs).map((blob) => [blob, blobs.get(blob)]))).toEqual(outputs);
  });

  test('runs', async () => {
    const net = await Net.load(build(small), { phase: 'TEST' });
    try {
      const blobs = await net.forward();
      expect(blobs.size).toBeGreaterThan(0);
      for (const { data } of blobs.values()) expect(data.every(Number.isFinite)).toBe(true);
    } finally {
      net.dispose();
    }
  });
});

test.each([
  ['20', 0.27],
  ['32', 0.46],
  ['44', 0.66],
  ['56', 0.85],
  ['110', 1.7],
])("cifar-resnet of %s layers has the paper's %d million parameters", async (depth, millions) => {
  const net = namedNet('cifar-resnet').build({ depth });
  const { parameters } = await netCost(net);
  // The paper's have no biases in front of batch norms, and shortcuts without parameters.
  const convolutions = net.layer!.filter(({ type }) => type === 'Convolution');
  const biases = convolutions.reduce((sum, layer) => sum + layer.convolution_param!.num_output!, 0);
  const shortcuts = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64;
  const digits = millions < 1 ? 2 : 1;
  expect(((parameters - biases - shortcuts) / 1e6).toFixed(digits)).toBe(millions.toFixed(digits));
});

describe('retinanet', () => {
  // As above, over torchvision's trunks without their inner product: [parameters, channels of the last three stages].
  test.each([
    ['18', 11_176_512, [128, 256, 512]],
    ['34', 21_284_672, [128, 256, 512]],
    ['101', 42_500_160, [512, 1024, 2048]],
    ['152', 58_143_808, [512, 1024, 2048]],
  ])('over ResNet-%s has the parameters of its parts', async (backbone, trunk, stages) => {
    const pyramid = 256 * stages.reduce((sum, each) => sum + each) + 3 * 256;
    const levels = 9 * 256 * 256 * 4 + 9 * stages[2]! * 256 + 5 * 256;
    const heads = 8 * (9 * 256 * 256 + 256) + (9 * 256 * 756 + 756);
    expect((await netCost(namedNet('retinanet').build({ backbone }))).parameters).toBe(
      trunk + pyramid + levels + heads,
    );
  });

  // Channels of the stages: torchvision's for its nets, elsewhere what the papers' tables of layers say.
  test.each([
    ['densenet-121', [512, 1024, 1024]],
    ['efficientnet-lite0', [40, 112, 320]],
    ['googlenet', [480, 832, 1024]],
    ['mobilenet-v1', [256, 512, 1024]],
    ['mobilenet-v2', [32, 96, 1280]],
    ['mobilenet-v3-large', [40, 112, 960]],
    ['mobilenet-v3-small', [24, 48, 576]],
    ...['resnet-', 'torch-resnet-'].flatMap((name) =>
      [18, 34, 50, 101, 152].map((depth) => [`${name}${depth}`, depth < 50 ? [128, 256, 512] : [512, 1024, 2048]]),
    ),
    ['resnext-50', [512, 1024, 2048]],
    ['se-resnet-50', [512, 1024, 2048]],
    ['shufflenet-v1', [240, 480, 960]],
    ['shufflenet-v2', [116, 232, 1024]],
    ['vgg-16', [512, 512, 512]],
    ['vgg-19', [512, 512, 512]],
  ] as [string, number[]][])('over %s begins at the last blobs of its stages', (backbone, channels) => {
    const net = namedNet('retinanet').build({ backbone, inputSize: [256, 256] });
    const { blobs } = netShapes(net);
    const laterals = ['inner2_lateral', 'inner3_lateral', 'inner4'].map(
      (name) => net.layer!.find((layer) => layer.name === `backbone_fpn_fpn_${name}`)!.bottom![0]!,
    );
    expect(laterals.map((blob) => blobs.get(blob))).toEqual(channels.map((count, i) => [1, count, 32 >> i, 32 >> i]));
    // Nothing of the body is left that only its classifier read.
    const own = namedNet(backbone).build({ inputSize: [256, 256] }).layer!;
    expect(net.layer!.slice(0, own.length).filter((layer, i) => layer.name === own[i]!.name).length).toBeLessThan(
      own.length,
    );
    const read = new Set(net.layer!.flatMap(({ bottom = [] }) => bottom));
    const outputs = net.layer!.flatMap(({ top = [] }) => top).filter((blob) => !read.has(blob));
    expect(outputs.every((blob) => /^(cls_logits|bbox_pred)_p\d$/.test(blob))).toBe(true);
    expect(outputs).toHaveLength(10);
  });

  test('over another classifier takes its weights by name, and runs', async () => {
    const small = { inputSize: [64, 64] };
    const body = await Net.load(namedNet('mobilenet-v2').build(small), { phase: 'TEST' });
    const sink = toBytes();
    await body.save(sink);
    const net = await Net.load(namedNet('retinanet').build({ ...small, backbone: 'mobilenet-v2', channels: 8 }), {
      phase: 'TEST',
      weights: sink.bytes(),
    });
    try {
      for (const name of ['features.0.0', 'features.18.0'])
        expect(net.params.get(name)![0]!.data).toEqual(body.params.get(name)![0]!.data);
      for (const { data } of (await net.forward()).values()) expect(data.every(Number.isFinite)).toBe(true);
    } finally {
      net.dispose();
      body.dispose();
    }
  });

  test('is refused for an input that it cannot halve five times', () => {
    expect(() => namedNet('retinanet').build({ inputSize: [500, 512] })).toThrow(
      'inputSize: expected multiples of 32, got 500x512',
    );
  });
});

describe("the authors' ResNets", () => {
  const layersOf = (name: string, options = {}) =>
    new Map(
      namedNet(name)
        .build(options)
        .layer!.map((layer) => [layer.name!, layer]),
    );

  test('bear the names of the published Caffe models', () => {
    for (const [name, ...layers] of [
      ['resnet-50', 'res2c_branch2c', 'res3d_branch2c', 'res4f_branch2c', 'res5c_branch2c'],
      ['resnet-101', 'res2c_branch2c', 'res3b3_branch2c', 'bn4b22_branch2c', 'scale5c_branch2c'],
      ['resnet-152', 'res2c_branch2c', 'res3b7_branch2c', 'res4b35_branch2c', 'res5c_branch2c'],
    ])
      expect([...layersOf(name!).keys()]).toEqual(expect.arrayContaining(layers));
  });

  test("have the stride in the first 1x1 convolution, torchvision's in the 3x3", () => {
    const strides = (options = {}) =>
      ['2a', '2b'].map((at) => layersOf('resnet-101', options).get(`res4a_branch${at}`)!.convolution_param!.stride);
    expect(strides()).toEqual([[2], [1]]);
    expect(strides({ strideIn: '3x3' })).toEqual([[1], [2]]);
    expect(() => namedNet('resnet-18').build({ strideIn: '3x3' })).toThrow('no option strideIn');
  });
});

test('crnn refuses pictures of which its convolutions make no row', () => {
  expect(() => namedNet('crnn').build({ inputSize: [64, 100] })).toThrow(
    'options.inputSize: expected a height of 32 and a width of 4 or more, got 64x100',
  );
});

test('docs/nets.md has a row for each, with its parameters', () => {
  const rows = [
    ...readFileSync(path.join(import.meta.dirname, '../../docs/nets.md'), 'utf8').matchAll(
      /^\| `(.+?)` \| ([\d,]+) \| (.+) \|$/gm,
    ),
  ];
  expect(rows.map(([, name, parameters, description]) => [name, parameters, description])).toEqual(
    namedNets.map(({ name, description }) => [name, PUBLISHED[name]!.parameters.toLocaleString('en'), description]),
  );
});
