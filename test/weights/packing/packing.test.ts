import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LayerParameter, NetParameter } from '../../../src/generated/messages.js';
import { detectionV2, type DetectionV2Options } from '../../../src/nets/detection-v2.js';
import { writeFileAtomically } from '../../../src/node/files.js';
import { NpyFolderSource } from '../../../src/node/npy-folder.js';
import { decodeNet } from '../../../src/proto/codec.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { toBytes } from '../../../src/proto/random-access.js';
import {
  PackError,
  executePack,
  formatNpy,
  fromTensors,
  packWeights,
  parseNpy,
  planPack,
  type PackOptions,
  type PackReport,
  type Tensor,
  type WeightSource,
} from '../../../src/weights/index.js';
import { identityMap } from '../../../src/weights/maps/identity.js';
import { maskrcnnBenchmarkMap } from '../../../src/weights/maps/maskrcnn-benchmark.js';
import { placingSink } from '../../support/placing-sink.js';
import { parameterShapes } from '../parameter-shapes.js';

const folder = 'test/fixtures/detection-v2-tiny/npy_save';

function tiny(options: DetectionV2Options = {}): NetParameter {
  return detectionV2({
    inputSize: [96, 128],
    stemWidth: 8,
    stageWidths: [8, 16, 32, 64],
    pyramidChannels: 32,
    ...options,
  });
}

let source: NpyFolderSource;
/** The default net with the model's weights. */
let packedTiny: Awaited<ReturnType<typeof pack>>;
beforeAll(async () => {
  source = await NpyFolderSource.open(folder);
  packedTiny = await packTiny(tiny());
});

async function pack(options: PackOptions): Promise<{ report: PackReport; net: NetParameter; bytes: Uint8Array }> {
  const sink = toBytes();
  const report = await packWeights({ ...options, sink });
  const bytes = sink.bytes();
  return { report, net: decodeNet(bytes), bytes };
}

async function packTiny(net: NetParameter, from: WeightSource = source) {
  return pack({ net, shapes: parameterShapes(net), source: from, map: maskrcnnBenchmarkMap() });
}

function layerOf(net: NetParameter, name: string): LayerParameter {
  return net.layer!.find((layer) => layer.name === name)!;
}

function blob(net: NetParameter, layer: string, index: number): number[] {
  return Array.from(layerOf(net, layer).blobs![index]!.data!);
}

function npyValues(file: string): number[] {
  return Array.from(parseNpy(readFileSync(file)).data);
}

describe('detection-v2', () => {
  test('every tensor is used, every parameter filled', () => {
    const { report, net, bytes } = packedTiny;
    expect(report).toMatchObject({
      source: folder,
      map: 'maskrcnn-benchmark',
      sources: 301,
      usedSources: 301,
      unusedSources: [],
      ignoredSources: [],
      unfilled: [],
      shared: [],
      notes: [],
      nonFinite: [],
      bytes: bytes.length,
    });
    // 53 convolutions without bias in the body, 53 normalizations of two blobs; 6 + 2 in the pyramid, and 10 · 5 in the
    // heads, with bias.
    expect(report.filled).toHaveLength(53 + 2 * 53 + 2 * (6 + 2 + 10 * 5));
    expect(new Set(report.filled.flatMap(({ sources }) => sources)).size).toBe(301);
    const values = net.layer!.flatMap(({ blobs = [] }) => blobs.map(({ data }) => data!.length));
    expect(values.reduce((sum, count) => sum + count)).toBe(report.parameters);
  });

  test('the file holds every layer as the prototxt defines it, with its blobs', () => {
    const net = tiny();
    const packed = packedTiny;
    expect(packed.net.layer!.map(({ blobs: _, ...layer }) => layer)).toEqual(net.layer);
    expect(packed.net.layer!.filter(({ blobs }) => blobs).map(({ name }) => name)).toEqual([
      ...parameterShapes(net).keys(),
    ]);
    expect(layerOf(packed.net, 'backbone_body_stem_conv1').blobs![0]!.shape!.dim).toEqual([8, 3, 7, 7]);
  });

  test('frozen normalizations are folded in float64, not only their weight and bias taken', () => {
    const { net, report } = packedTiny;
    const layer = 'backbone_body_layer2_0_downsample_1';
    expect(blob(net, layer, 0)).toEqual(npyValues('test/fixtures/weights/npy/folded_scale.npy'));
    expect(blob(net, layer, 1)).toEqual(npyValues('test/fixtures/weights/npy/folded_bias.npy'));
    expect(report.filled.find((entry) => entry.layer === layer && entry.blob === 1)).toEqual({
      layer,
      type: 'Scale',
      blob: 1,
      shape: [64],
      sources: ['bias', 'weight', 'running_mean', 'running_var'].map((name) => `${layer}_${name}`),
      operation: 'bias − running_mean · weight / sqrt(running_var)',
    });
  });

  test('names that do not line up, and the five copies of the heads', () => {
    const { net } = packedTiny;
    expect(blob(net, 'backbone_fpn_fpn_inner3_lateral', 0)).toEqual(
      npyValues(`${folder}/backbone_fpn_fpn_inner3_weight.npy`),
    );
    expect(blob(net, 'backbone_fpn_topblocks_p6', 1)).toEqual(
      npyValues(`${folder}/backbone_fpn_top_blocks_p6_bias.npy`),
    );
    for (const level of [2, 3, 4, 6, 7]) {
      expect(blob(net, `rpn_head_cls_tower_p${level}_4`, 0)).toEqual(
        npyValues(`${folder}/rpn_head_cls_tower_4_weight.npy`),
      );
      expect(blob(net, `rpn_head_bbox_pred_p${level}`, 1)).toEqual(npyValues(`${folder}/rpn_head_bbox_pred_bias.npy`));
    }
  });

  test('upsampling is computed, not looked for, and its blob is in the file', () => {
    const { net, report } = packedTiny;
    expect(report.computed).toEqual(
      [3, 2].map((level) => ({
        layer: `backbone_fpn_fpn_inner${level}_upsample`,
        type: 'Deconvolution',
        blob: 0,
        shape: [32, 1, 2, 2],
        operation: 'constant 1',
      })),
    );
    expect(blob(net, 'backbone_fpn_fpn_inner2_upsample', 0)).toEqual(new Array(32 * 4).fill(1));
  });

  test("the notebook's dense bilinear kernel", async () => {
    const { net, report } = await packTiny(tiny({ variant: 'notebook' }));
    expect(report.computed.map(({ operation, shape }) => [operation, shape])).toEqual([
      ['bilinear', [32, 32, 4, 4]],
      ['bilinear', [32, 32, 4, 4]],
    ]);
    const tent = [0.25, 0.75, 0.75, 0.25];
    const kernel = tent.flatMap((y) => tent.map((x) => x * y));
    const values = blob(net, 'backbone_fpn_fpn_inner3_upsample', 0);
    expect(values).toEqual(Array.from({ length: 32 * 32 }, () => kernel).flat());
  });

  test('layers that share their parameters are left out of the file altogether', async () => {
    const net = tiny({ shareParams: true });
    const packed = await packTiny(net);
    const heads = net.layer!.filter(({ name }) => /^rpn_head/.test(name!) && parameterShapes(net).has(name!));
    const owners = heads.filter(({ name }) => name!.includes('_p2'));
    expect(packed.report.shared).toHaveLength(40);
    expect(packed.report.shared[0]).toEqual({
      layer: 'rpn_head_cls_tower_p3_0',
      type: 'Convolution',
      owner: 'rpn_head_cls_tower_p2_0',
    });
    const written = packed.net.layer!.map(({ name }) => name);
    expect(heads.filter(({ name }) => written.includes(name))).toEqual(owners);
    expect(written).toHaveLength(net.layer!.length - 40);
    expect(packed.report.usedSources).toBe(301);
    // The owners' values are those of an unshared file.
    const unshared = packedTiny.net;
    for (const { name } of owners) expect(blob(packed.net, name!, 0)).toEqual(blob(unshared, name!, 0));
  });

  test('the backbone alone takes part of the tensors, which must be said', () => {
    const net = tiny({ part: 'backbone' });
    const options = { net, shapes: parameterShapes(net), source, map: maskrcnnBenchmarkMap() };
    expect(() => planPack(options)).toThrow(PackError);
    const { report } = planPack({ ...options, allowUnused: true });
    expect(report.unusedSources.every(({ name }) => /^backbone_fpn|^rpn/.test(name))).toBe(true);
    expect(report.usedSources + report.unusedSources.length).toBe(301);
  });

  test('the same file from a state dict with dots and a wrapper before the names', async () => {
    const tensors: Record<string, Tensor> = {};
    for (const { name } of source.list()) {
      const dotted = name
        .replace(/_(weight|bias|running_mean|running_var)$/, '.$1')
        .replace(/^backbone_body_/, 'backbone.body.')
        .replace('stem_', 'stem.')
        .replace(/^rpn_head_/, 'rpn.head.')
        .replace(/_tower_(\d)/, '_tower.$1')
        .replace(/(layer\d)_(\d)_/, '$1.$2.');
      tensors[`module.${dotted}`] = await source.read(name);
    }
    tensors['module.rpn.anchor_generator.cell_anchors.0'] = { shape: [9, 4], data: new Float32Array(36) };
    const { report, bytes } = await packTiny(tiny(), fromTensors(tensors, 'state dict'));
    expect(report.ignoredSources).toEqual(['module.rpn.anchor_generator.cell_anchors.0']);
    expect(report.filled[0]!.sources).toEqual(['module.backbone.body.stem.conv1.weight']);
    expect(Buffer.from(bytes).equals(packedTiny.bytes)).toBe(true);
  });

  test('statistics that were not saved are taken as 0 and 1, with a remark', async () => {
    const infos = source.list().filter(({ name }) => !/running_(mean|var)$/.test(name));
    const without = { ...asPlain(source), list: () => infos };
    const { net, report } = await packTiny(tiny(), without);
    expect(report.notes).toEqual([
      "53 normalizations ('backbone_body_stem_bn1' …) without running mean or variance in the source: taken as 0 and 1",
    ]);
    expect(blob(net, 'backbone_body_stem_bn1', 0)).toEqual(npyValues(`${folder}/backbone_body_stem_bn1_weight.npy`));
    expect(blob(net, 'backbone_body_stem_bn1', 1)).toEqual(npyValues(`${folder}/backbone_body_stem_bn1_bias.npy`));
  });

  test('any tensor taken away, renamed or reshaped is refused by name', () => {
    const net = tiny();
    const shapes = parameterShapes(net);
    const map = maskrcnnBenchmarkMap();
    const infos = source.list().filter(({ name }) => !/running_(mean|var)$/.test(name));
    fc.assert(
      fc.property(fc.constantFrom(...infos), fc.constantFrom('remove', 'rename', 'reshape'), (victim, how) => {
        const list = source.list().flatMap((info) => {
          if (info.name !== victim.name) return [info];
          if (how === 'remove') return [];
          if (how === 'rename') return [{ ...info, name: `${info.name}_x` }];
          return [{ ...info, shape: [...info.shape, 2] }];
        });
        try {
          planPack({ net, shapes, source: { ...asPlain(source), list: () => list }, map });
        } catch (error) {
          if (!(error instanceof PackError)) throw error;
          expect(error.message).toContain(`'${victim.name}'`);
          const codes = new Set(error.problems.map(({ code }) => code));
          expect([...codes]).toEqual({ remove: ['missing'], rename: ['missing', 'unused'], reshape: ['shape'] }[how]);
          return;
        }
        throw new Error(`${how} of ${victim.name} went unnoticed`);
      }),
      { numRuns: 60 },
    );
  });
});

/** The source as a plain object, to replace parts of it. */
function asPlain(of: WeightSource): WeightSource {
  return { description: 'changed', list: () => of.list(), read: (name) => of.read(name), close: () => of.close() };
}

const smallNet = parsePrototxt(`
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 3 kernel_size: 1 } }
layer { name: "bn1" type: "Scale" bottom: "conv1" top: "bn1" scale_param { bias_term: true } }
layer { name: "up" type: "Deconvolution" bottom: "bn1" top: "up" convolution_param {
  num_output: 3 group: 3 kernel_size: 2 stride: 2 bias_term: false weight_filler { type: "constant" value: 1 } } }
`);

/** A tensor whose values are its flat indices, from `start` on. */
function ramp(shape: readonly number[], start = 0): Tensor {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => start + i) };
}

const smallTensors: Readonly<Record<string, Tensor>> = {
  conv1_weight: ramp([3, 2, 1, 1]),
  conv1_bias: ramp([3]),
  bn1_weight: ramp([3]),
  bn1_bias: ramp([3]),
};

function small(tensors: Readonly<Record<string, Tensor>> = smallTensors, net = smallNet): PackOptions {
  return { net, shapes: parameterShapes(net), source: fromTensors(tensors, 'tensors'), map: identityMap() };
}

function without(...names: string[]): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(smallTensors).filter(([name]) => !names.includes(name)));
}

function refusal(options: PackOptions): string {
  try {
    planPack(options);
  } catch (error) {
    if (error instanceof PackError) return error.message;
    throw error;
  }
  throw new Error('expected a PackError');
}

describe('refused', () => {
  const head = "cannot pack net 'small' from tensors with name map 'identity'";

  test('a missing tensor', () => {
    expect(refusal(small(without('conv1_bias')))).toBe(
      `${head}: 1 problem\n  layer 'conv1' (Convolution), blob 1 (3): the source has no 'conv1_bias'\n` +
        'hint: to leave layers to their fillers on purpose, allow unfilled ones',
    );
  });

  test('a misspelt tensor is suggested', () => {
    const tensors = { ...without('conv1_bias'), conv1_bais: ramp([3]) };
    expect(refusal(small(tensors))).toBe(
      `${head}: 2 problems\n` +
        "  layer 'conv1' (Convolution), blob 1 (3): the source has no 'conv1_bias'; did you mean 'conv1_bais'?\n" +
        "  tensor 'conv1_bais' (3) belongs to no parameter of the net",
    );
  });

  test('a tensor of another shape, in the words of Caffe', () => {
    expect(refusal(small({ ...smallTensors, conv1_weight: ramp([3, 2, 3, 3]) }))).toBe(
      `${head}: 1 problem\n  layer 'conv1' (Convolution), blob 0 (3x2x1x1): shape mismatch. Source param shape is ` +
        "3 2 3 3 (54); target param shape is 3 2 1 1 (6); the source is tensor 'conv1_weight'",
    );
  });

  test('a tensor of the same size in another order of dimensions', () => {
    expect(refusal(small({ ...smallTensors, conv1_weight: ramp([2, 3, 1, 1]) }))).toBe(
      `${head}: 1 problem\n  layer 'conv1' (Convolution), blob 0 (3x2x1x1): shape mismatch. Source param shape is ` +
        "2 3 1 1 (6); target param shape is 3 2 1 1 (6); the source is tensor 'conv1_weight'",
    );
  });

  test("a normalization's statistics of another shape", () => {
    expect(refusal(small({ ...smallTensors, bn1_running_var: ramp([4]) }))).toBe(
      `${head}: 2 problems\n` +
        "  layer 'bn1' (Scale), blob 0 (3): shape mismatch. Source param shape is 4 (4); target param shape is 3 (3); " +
        "the source is tensor 'bn1_running_var'\n" +
        "  layer 'bn1' (Scale), blob 1 (3): shape mismatch. Source param shape is 4 (4); target param shape is 3 (3); " +
        "the source is tensor 'bn1_running_var'",
    );
  });

  test('tensors that no layer wants', () => {
    expect(refusal(small({ ...smallTensors, 'fc.weight': ramp([10, 3]), temperature: ramp([]) }))).toBe(
      `${head}: 2 problems\n` +
        "  tensor 'fc.weight' (10x3) belongs to no parameter of the net\n" +
        "  tensor 'temperature' (()) belongs to no parameter of the net\n" +
        'hint: to leave tensors out on purpose, allow unused ones',
    );
  });

  test('two tensors that mean the same name', () => {
    expect(refusal(small({ ...smallTensors, 'conv1.bias': ramp([3]) }))).toBe(
      `${head}: 1 problem\n` +
        "  layer 'conv1' (Convolution), blob 1 (3): 'conv1_bias' and 'conv1.bias' are both in the source and mean the same name",
    );
  });

  test('a name map that fits nothing', () => {
    expect(refusal(small({ encoder_0: ramp([3]) }))).toBe(
      `${head}: 5 problems\n` +
        "  layer 'conv1' (Convolution), blob 0 (3x2x1x1): the source has no 'conv1_weight'\n" +
        "  layer 'conv1' (Convolution), blob 1 (3): the source has no 'conv1_bias'\n" +
        "  layer 'bn1' (Scale), blob 0 (3): the source has no 'bn1_weight'\n" +
        "  layer 'bn1' (Scale), blob 1 (3): the source has no 'bn1_bias' or 'bn1_weight'\n" +
        "  tensor 'encoder_0' (3) belongs to no parameter of the net\n" +
        "hint: nothing fits: choose a name map that knows this model's names, 'identity' does not",
    );
  });

  test.each([
    [
      "an optimizer's state",
      {
        'optimizer.state.0.exp_avg': ramp([3]),
        'optimizer.state.0.step': ramp([1]),
        'optimizer.state.1.exp_avg_sq': ramp([3]),
      },
      "the source holds an optimizer's state and no weights: save model.state_dict()",
    ],
    [
      'a list of parameters',
      { 0: ramp([3, 2, 1, 1]), 1: ramp([3]) },
      "the source's tensors have no names: save model.state_dict(), and not a tensor or list(model.parameters())",
    ],
  ])('%s is no model', (_what, tensors, hint) => {
    expect(refusal(small(tensors))).toMatch(new RegExp(`\\nhint: ${hint.replace(/[()]/g, '\\$&')}$`));
  });

  test('a learnable Deconvolution is looked for', () => {
    const net = { ...smallNet, layer: smallNet.layer!.map((layer) => ({ ...layer })) };
    const up = net.layer[3]!;
    up.convolution_param = { ...up.convolution_param, weight_filler: undefined };
    expect(refusal(small(smallTensors, net))).toBe(
      `${head}: 1 problem\n  layer 'up' (Deconvolution), blob 0 (3x1x2x2): the source has no 'up_weight'\n` +
        'hint: to leave layers to their fillers on purpose, allow unfilled ones',
    );
  });

  test('a kernel that the bilinear filler cannot make', () => {
    const net = { ...smallNet, layer: smallNet.layer!.map((layer) => ({ ...layer })) };
    const up = net.layer[3]!;
    up.convolution_param = { ...up.convolution_param, weight_filler: { type: 'bilinear' } };
    const options = small(smallTensors, net);
    const shapes = new Map([...options.shapes!, ['up', [[3, 1, 2, 3]]]]);
    expect(refusal({ ...options, shapes })).toBe(
      `${head}: 1 problem\n  layer 'up' (Deconvolution), blob 0 (3x1x2x3): Filter must be square ` +
        '(bilinear filler on a blob of shape 1x1x2x3)',
    );
  });

  test('two layers of one name', () => {
    const net = { ...smallNet, layer: [...smallNet.layer!, smallNet.layer![1]!] };
    expect(refusal(small(smallTensors, net))).toBe(
      `${head}: 1 problem\n` +
        "  layer 'conv1' (Convolution): a second layer of this name; weights are copied by name, and only the first would get them",
    );
  });

  test('V1 layers', () => {
    expect(() => planPack({ ...small(), net: { layers: [{ name: 'conv1' }] } })).toThrow(
      'the net has 1 V1 layers\nhint: pass the net through upgradeNet',
    );
  });

  test('nothing is written', async () => {
    const sink = toBytes();
    await expect(packWeights({ ...small(without('conv1_bias')), sink })).rejects.toThrow(PackError);
    expect(sink.bytes()).toHaveLength(0);
  });

  test('the problems are also data', () => {
    try {
      planPack(small({ ...smallTensors, conv1_weight: ramp([3, 2, 3, 3]) }));
    } catch (error) {
      expect((error as PackError).problems).toEqual([
        {
          code: 'shape',
          layer: 'conv1',
          type: 'Convolution',
          blob: 0,
          shape: [3, 2, 1, 1],
          tensors: ['conv1_weight'],
          sourceShape: [3, 2, 3, 3],
          message: expect.stringMatching(/^shape mismatch\. /),
        },
      ]);
    }
    expect.assertions(1);
  });
});

describe('allowed', () => {
  test('unused tensors are reported', () => {
    const { report } = planPack({ ...small({ ...smallTensors, extra: ramp([2, 2]) }), allowUnused: true });
    expect(report.unusedSources).toEqual([{ name: 'extra', shape: [2, 2] }]);
  });

  test('a layer without any tensor is left out of the file', async () => {
    const { report, net } = await pack({ ...small(without('conv1_weight', 'conv1_bias')), allowUnfilled: true });
    expect(report.unfilled).toEqual([
      { layer: 'conv1', type: 'Convolution', blob: 0, shape: [3, 2, 1, 1], lookedFor: ['conv1_weight'], leftOut: true },
      { layer: 'conv1', type: 'Convolution', blob: 1, shape: [3], lookedFor: ['conv1_bias'], leftOut: true },
    ]);
    expect(net.layer!.map(({ name }) => name)).toEqual(['data', 'bn1', 'up']);
  });

  test("a layer with one of its tensors gets the filler's constant for the other", async () => {
    const { report, net } = await pack({ ...small(without('conv1_bias')), allowUnfilled: true });
    expect(report.unfilled).toEqual([
      { layer: 'conv1', type: 'Convolution', blob: 1, shape: [3], lookedFor: ['conv1_bias'], leftOut: false },
    ]);
    expect(blob(net, 'conv1', 1)).toEqual([0, 0, 0]);
  });

  test('unless the filler is random: Caffe takes all blobs of a layer or none', () => {
    const net = { ...smallNet, layer: smallNet.layer!.map((layer) => ({ ...layer })) };
    const conv = net.layer[1]!;
    conv.convolution_param = { ...conv.convolution_param, weight_filler: { type: 'xavier' } };
    expect(refusal({ ...small(without('conv1_weight'), net), allowUnfilled: true })).toBe(
      "cannot pack net 'small' from tensors with name map 'identity': 1 problem\n" +
        "  layer 'conv1' (Convolution), blob 0 (3x2x1x1): no values for it, and its filler 'xavier' is random: " +
        'Caffe takes all blobs of a layer or none',
    );
  });

  test('a BatchNorm whose statistics are missing is left out whole, its constant blob too', () => {
    const net = parsePrototxt(`
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } }
      layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }`);
    const options = { ...small({}, net), shapes: new Map([['bn', [[3], [3], [1]]]]) };
    const plan = planPack({ ...options, allowUnfilled: true });
    expect(plan.net.layer!.map(({ name }) => name)).toEqual(['data']);
    expect(plan.report.computed).toEqual([]);
  });
});

describe('values', () => {
  test("a BatchNorm takes a PyTorch normalization's statistics and a factor of 1", async () => {
    const net = parsePrototxt(`
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } }
      layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }`);
    const tensors = {
      'bn.running_mean': ramp([3]),
      'bn.running_var': ramp([3], 5),
      'bn.num_batches_tracked': ramp([]),
    };
    const packed = await pack({ ...small(tensors, net), shapes: new Map([['bn', [[3], [3], [1]]]]) });
    expect([0, 1, 2].map((index) => blob(packed.net, 'bn', index))).toEqual([[0, 1, 2], [5, 6, 7], [1]]);
    expect(packed.report.ignoredSources).toEqual(['bn.num_batches_tracked']);
  });

  test('other element types are converted', async () => {
    const third = 1 / 3;
    const { net } = await pack(
      small({
        conv1_weight: { shape: [3, 2, 1, 1], data: Float64Array.from({ length: 6 }, (_, i) => i * third) },
        conv1_bias: { shape: [3], data: Int32Array.of(-1, 2, 2 ** 24 + 1) },
        bn1_weight: { shape: [3], data: Uint8Array.of(0, 1, 255) },
        bn1_bias: ramp([3]),
      }),
    );
    expect(blob(net, 'conv1', 0)).toEqual(Array.from({ length: 6 }, (_, i) => Math.fround(i * third)));
    expect(blob(net, 'conv1', 1)).toEqual([-1, 2, 2 ** 24]);
    expect(blob(net, 'bn1', 0)).toEqual([0, 1, 255]);
  });

  test('dimensions of one do not matter, and are reported', async () => {
    const { report, net } = await pack(
      small({ ...smallTensors, conv1_weight: ramp([3, 2]), bn1_weight: ramp([1, 3, 1, 1]) }),
    );
    expect(report.filled.map(({ reshapedFrom }) => reshapedFrom)).toEqual([
      [3, 2],
      undefined,
      [1, 3, 1, 1],
      [1, 3, 1, 1],
    ]);
    expect(layerOf(net, 'conv1').blobs![0]!.shape!.dim).toEqual([3, 2, 1, 1]);
  });

  test('an upsampling kernel that the source does hold is taken, with a remark', async () => {
    const { report, net } = await pack(small({ ...smallTensors, up_weight: ramp([3, 1, 2, 2]) }));
    expect(report.computed).toEqual([]);
    expect(report.notes).toContain(
      "layer 'up' (Deconvolution): taken from the source, though its filler could compute the upsampling kernel",
    );
    expect(blob(net, 'up', 0)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test('what is infinite or not a number is reported, where and from what, also after rounding to float32', async () => {
    const { report } = await pack(
      small({
        ...smallTensors,
        conv1_bias: { shape: [3], data: Float32Array.of(1, NaN, Infinity) },
        conv1_weight: { shape: [3, 2, 1, 1], data: Float64Array.of(0, 0, 0, 0, 0, -1e300) },
        bn1_running_var: { shape: [3], data: Float32Array.of(1, 1, -1) },
      }),
    );
    expect(report.nonFinite).toEqual([
      {
        layer: 'conv1',
        type: 'Convolution',
        blob: 0,
        shape: [3, 2, 1, 1],
        sources: ['conv1_weight'],
        count: 1,
        firstIndex: 5,
        first: '-Infinity',
      },
      {
        layer: 'conv1',
        type: 'Convolution',
        blob: 1,
        shape: [3],
        sources: ['conv1_bias'],
        count: 2,
        firstIndex: 1,
        first: 'NaN',
      },
      {
        layer: 'bn1',
        type: 'Scale',
        blob: 0,
        shape: [3],
        sources: ['bn1_weight', 'bn1_running_var'],
        count: 1,
        firstIndex: 2,
        first: 'NaN',
      },
    ]);
  });

  test('a tensor of several blobs is read once for a sink that takes places, and reported for each', async () => {
    const conv = (name: string) => `
      layer { name: "${name}" type: "Convolution" bottom: "data" top: "${name}"
        convolution_param { num_output: 3 kernel_size: 1 } }`;
    const net = parsePrototxt(`
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 2, 4, 4] } } }
      ${['tower_p2', 'own', 'tower_p3'].map((name) => conv(`rpn_head_cls_${name}_0`)).join('')}`);
    const values = (prefix: string, bias: number): [string, Tensor][] => [
      [`rpn_head_cls_${prefix}_0_weight`, ramp([3, 2, 1, 1])],
      [`rpn_head_cls_${prefix}_0_bias`, { shape: [3], data: Float32Array.of(1, bias, 2) }],
    ];
    const tensors = fromTensors(Object.fromEntries([...values('tower', Infinity), ...values('own', NaN)]));
    const reads: string[] = [];
    const counting: WeightSource = {
      ...tensors,
      read: (name) => {
        reads.push(name.replace(/^rpn_head_cls_/, ''));
        return tensors.read(name);
      },
    };
    const options = { net, shapes: parameterShapes(net), source: counting, map: maskrcnnBenchmarkMap() };
    const sink = placingSink();
    let done = 0;
    const report = await packWeights({ ...options, sink, onProgress: (progress) => (done = progress.done) });
    expect(reads).toEqual(['tower_0_weight', 'tower_0_bias', 'own_0_weight', 'own_0_bias']);
    expect(done).toBe(27);
    const inOrder = await pack(options);
    expect(sink.bytes()).toEqual(inOrder.bytes);
    expect(report).toEqual(inOrder.report);
    expect(report.nonFinite!.map(({ layer, blob, first }) => [layer, blob, first])).toEqual([
      ['rpn_head_cls_tower_p2_0', 1, 'Infinity'],
      ['rpn_head_cls_own_0', 1, 'NaN'],
      ['rpn_head_cls_tower_p3_0', 1, 'Infinity'],
    ]);
  });

  test('progress counts values up to the total', async () => {
    const plan = planPack(small());
    const seen: { done: number; total: number; layer: string }[] = [];
    await executePack(plan, toBytes(), (progress) => seen.push({ ...progress }));
    const total = 6 + 3 + 3 + 3 + 12;
    expect(seen.map(({ done, layer }) => [done, layer])).toEqual([
      [6, 'conv1'],
      [9, 'conv1'],
      [12, 'bn1'],
      [15, 'bn1'],
      [total, 'up'],
    ]);
    expect(seen.every((progress) => progress.total === total)).toBe(true);
  });

  test('a tensor that changed since it was listed', async () => {
    const plan = planPack(small());
    const changed = { ...plan, source: fromTensors({ ...smallTensors, conv1_bias: ramp([4]) }, 'tensors') };
    await expect(executePack(changed, toBytes())).rejects.toThrow(
      "layer 'conv1' (Convolution): tensor 'conv1_bias' now has 4 values, 3 when it was listed\n" +
        'hint: the source was changed while it was being packed',
    );
  });
});

describe('sharing', () => {
  const conv = (name: string, weight: string, bias: string) => `
    layer { name: "${name}" type: "Convolution" bottom: "data" top: "${name}" ${weight} ${bias}
      convolution_param { num_output: 3 kernel_size: 1 } }`;
  const net = (second: string) =>
    parsePrototxt(`
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
      ${conv('a', 'param { name: "w" }', 'param { name: "b" }')} ${second}`);
  const tensors = { a_weight: ramp([3, 2, 1, 1]), a_bias: ramp([3]) };

  test('a layer that shares one of two blobs is written with both', async () => {
    const shared = net(conv('c', 'param { name: "w" }', 'param { lr_mult: 2 }'));
    const { report, net: packed } = await pack(small({ ...tensors, c_bias: ramp([3], 7) }, shared));
    expect(report.shared).toEqual([]);
    expect(blob(packed, 'c', 0)).toEqual(blob(packed, 'a', 0));
    expect(blob(packed, 'c', 1)).toEqual([7, 8, 9]);
  });

  test('tensors of a sharing layer itself have no use', () => {
    const shared = net(conv('c', 'param { name: "w" }', 'param { name: "b" }'));
    expect(planPack(small(tensors, shared)).report.shared).toEqual([{ layer: 'c', type: 'Convolution', owner: 'a' }]);
    expect(refusal(small({ ...tensors, c_bias: ramp([3]) }, shared))).toBe(
      "cannot pack the net from tensors with name map 'identity': 1 problem\n" +
        "  tensor 'c_bias' (3) belongs to no parameter of the net\n" +
        'hint: to leave tensors out on purpose, allow unused ones',
    );
  });

  test('empty names share nothing', () => {
    const unshared = net(conv('c', 'param { name: "" }', 'param { name: "" }'));
    expect(refusal(small(tensors, unshared))).toContain("layer 'c' (Convolution), blob 0");
  });
});

test('layers of another phase are not in the file', () => {
  const net = parsePrototxt(`
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
    layer { name: "aux" type: "InnerProduct" bottom: "data" top: "aux" include { phase: TRAIN }
      inner_product_param { num_output: 5 } }
    layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }`);
  const plan = planPack({ ...small({}, net), shapes: new Map() });
  expect(plan.net.layer!.map(({ name }) => name)).toEqual(['data', 'relu']);
});

describe('a folder of .npy files', () => {
  let temporary: string;
  beforeAll(() => {
    temporary = mkdtempSync(path.join(tmpdir(), 'netspec-pack-'));
    for (const [name, { shape, data }] of Object.entries(smallTensors))
      writeFileSync(path.join(temporary, `${name}.npy`), formatNpy(shape, data as Float32Array));
  });
  afterAll(() => {
    rmSync(temporary, { recursive: true });
  });

  test('truncated files are all named, and the file that was to be written is not there', async () => {
    for (const name of ['conv1_weight', 'bn1_weight']) {
      const file = path.join(temporary, `${name}.npy`);
      writeFileSync(file, readFileSync(file).subarray(0, -5));
    }
    const options = { ...small(), source: await NpyFolderSource.open(temporary) };
    const target = path.join(temporary, 'net.caffemodel');
    const truncated = (file: string, what: string, wanted: number) =>
      `tensor '${file}': ${temporary}/${file}.npy: truncated: ${what} of <f4 takes ${wanted} bytes after the header, ` +
      `the file has ${wanted - 5}`;
    const attempt = writeFileAtomically(target, async (sink) => {
      await packWeights({ ...options, sink });
    });
    await expect(attempt).rejects.toThrow(
      `cannot pack net 'small' from ${temporary} with name map 'identity': 3 problems\n` +
        `  layer 'conv1' (Convolution), blob 0 (3x2x1x1): ${truncated('conv1_weight', '(3, 2, 1, 1)', 24)}\n` +
        `  layer 'bn1' (Scale), blob 0 (3): ${truncated('bn1_weight', '(3,)', 12)}\n` +
        `  layer 'bn1' (Scale), blob 1 (3): ${truncated('bn1_weight', '(3,)', 12)}`,
    );
    expect(readdirSync(temporary).sort()).toEqual([
      'bn1_bias.npy',
      'bn1_weight.npy',
      'conv1_bias.npy',
      'conv1_weight.npy',
    ]);
  });
});
