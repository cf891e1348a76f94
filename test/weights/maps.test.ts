import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { detectionV2 } from '../../src/nets/detection-v2.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { identityMap, maskrcnnBenchmarkMap, nameMap, NAME_MAPS, type NameMap } from '../../src/weights/maps/index.js';
import { NameIndex, canonicalName } from '../../src/weights/name-index.js';

const notebookLayers = parsePrototxt(
  readFileSync('test/fixtures/netspec/detection_v2_notebook.prototxt', 'utf8'),
).layer!.map(({ name }) => name!);
const references = readdirSync('test/fixtures/detection-v2-tiny/outputs_ceil').map((file) => file.replace('.npy', ''));

/** Names of the tensors that a blob looks for, one list a recipe; second choices are left out. */
function wanted(map: NameMap, name: string, type: string, index: number): string[][] {
  return map
    .recipes({ layer: { name, type }, index, count: 2, shape: [1] })
    .filter(({ fallback }) => !fallback)
    .map(({ inputs }) => inputs.map((input) => input.name));
}

describe('maskrcnn-benchmark: parameters', () => {
  const map = maskrcnnBenchmarkMap();

  test.each([
    ['backbone_body_stem_conv1', []],
    ['backbone_fpn_fpn_inner4', []],
    ['backbone_fpn_fpn_layer3', []],
    ['backbone_fpn_fpn_inner3_lateral', ['backbone_fpn_fpn_inner3']],
    ['backbone_fpn_topblocks_p6', ['backbone_fpn_top_blocks_p6']],
    ['rpn_head_cls_tower_p2_0', ['rpn_head_cls_tower_0']],
    ['rpn_head_bbox_tower_p7_6', ['rpn_head_bbox_tower_6']],
    ['rpn_head_cls_logits_p4', ['rpn_head_cls_logits']],
    ['rpn_head_bbox_pred_p6', ['rpn_head_bbox_pred']],
    ['rpn_head_cls_tower_0_for_p2', ['rpn_head_cls_tower_0']],
    ['rpn_head_cls_logits_for_p3', ['rpn_head_cls_logits']],
    ['backbone_fpn_fpn_inner3_lateral_sum', []],
    ['backbone_fpn_fpn_inner2_upsample', []],
  ])('%s', (layer, renamed) => {
    const modules = [layer, ...renamed];
    expect(wanted(map, layer, 'Convolution', 0)).toEqual(modules.map((module) => [`${module}_weight`]));
    expect(wanted(map, layer, 'Convolution', 1)).toEqual(modules.map((module) => [`${module}_bias`]));
  });

  test('a Scale layer takes the four buffers of its normalization', () => {
    const at = 'backbone_body_layer1_0_downsample_1';
    expect(wanted(map, at, 'Scale', 0)).toEqual([[`${at}_weight`, `${at}_running_var`]]);
    expect(wanted(map, at, 'Scale', 1)).toEqual([
      [`${at}_bias`, `${at}_weight`, `${at}_running_mean`, `${at}_running_var`],
    ]);
  });

  test('what may be left over', () => {
    const names = [
      'backbone.body.stem.bn1.num_batches_tracked',
      'rpn.anchor_generator.cell_anchors.3',
      'rpn_anchor_generator_cell_anchors_0',
      'backbone_body_stem_conv1_output',
      'transformed_tensor',
    ];
    expect(names.filter((name) => map.isIgnorable(name))).toEqual(names);
    const tensors = ['backbone_body_stem_bn1_running_mean', 'roi_heads.box.predictor.cls_score.weight', 'output'];
    expect(tensors.filter((name) => map.isIgnorable(name))).toEqual([]);
  });
});

describe('maskrcnn-benchmark: reference outputs', () => {
  const map = maskrcnnBenchmarkMap();

  test.each([
    ['backbone_body_layer1_0_bn1', 'backbone_body_layer1_0_bn1_output'],
    ['backbone_body_layer1_0_relu', 'backbone_body_layer1_0_output'],
    ['backbone_body_stem_maxpool', 'backbone_body_stem_output'],
    ['backbone_fpn_fpn_inner2_lateral', 'backbone_fpn_fpn_inner2_output'],
    ['backbone_fpn_topblocks_p7', 'backbone_fpn_top_blocks_p7_output'],
    ['rpn_head_cls_tower_p2_3', 'rpn_head_cls_tower_p2_3_output'],
    ['rpn_head_cls_tower_3_for_p2', 'rpn_head_cls_tower_p2_3_output'],
    ['rpn_head_bbox_pred_p2', 'rpn_head_bbox_pred_p2_output'],
    ['rpn_head_bbox_pred_for_p2', 'rpn_head_bbox_pred_p2_output'],
  ])('%s has %s', (layer, reference) => {
    expect(map.referenceNames(layer).find((name) => references.includes(name))).toBe(reference);
  });

  test.each([
    'backbone_body_layer1_0_relu1',
    'backbone_body_layer1_0_eltwise',
    'backbone_body_stem_relu',
    'backbone_fpn_fpn_inner2_lateral_sum',
    'backbone_fpn_fpn_inner2_upsample',
    'backbone_fpn_topblocks_p6relu',
    'data',
  ])('%s has none in the model', (layer) => {
    expect(map.referenceNames(layer).filter((name) => references.includes(name))).toEqual([]);
  });

  test.each([
    ['the notebook net', notebookLayers],
    ['detection-v2', detectionV2().layer!.map(({ name }) => name!)],
  ])('each of the 221 references belongs to exactly one layer of %s', (_, layers) => {
    const owners = new Map(references.map((name) => [name, [] as string[]]));
    for (const layer of layers)
      for (const name of map.referenceNames(layer).filter((name) => owners.has(name))) owners.get(name)!.push(layer);
    expect(references).toHaveLength(221);
    expect([...owners].filter(([, layers]) => layers.length !== 1)).toEqual([]);
  });

  test("a layer's own name comes before the module's, and a bare name last", () => {
    expect(map.referenceNames('backbone_body_layer1_0_relu')).toEqual([
      'backbone_body_layer1_0_relu_output',
      'backbone_body_layer1_0_output',
      'backbone_body_layer1_0_relu',
    ]);
  });
});

describe('identity', () => {
  const map = identityMap();

  test('names of parameters by layer type', () => {
    expect(wanted(map, 'fc', 'InnerProduct', 0)).toEqual([['fc_weight']]);
    expect(wanted(map, 'fc', 'InnerProduct', 1)).toEqual([['fc_bias']]);
    expect(wanted(map, 'shift', 'Bias', 0)).toEqual([['shift_bias']]);
    expect(wanted(map, 'bn', 'BatchNorm', 0)).toEqual([['bn_running_mean']]);
    expect(wanted(map, 'bn', 'BatchNorm', 1)).toEqual([['bn_running_var']]);
    expect(wanted(map, 'lstm', 'LSTM', 2)).toEqual([['lstm_2']]);
  });

  test("a BatchNorm's third blob, which mean and variance are divided by, is 1", () => {
    const recipes = map.recipes({ layer: { name: 'bn', type: 'BatchNorm' }, index: 2, count: 3, shape: [1] });
    expect(recipes.at(-1)!.inputs).toEqual([]);
    expect(recipes.at(-1)!.compute!([], 1, [])).toEqual(Float32Array.of(1));
  });

  test("folds normalizations with torch.nn.BatchNorm2d's eps unless told otherwise", () => {
    const fold = (chosen: NameMap) => {
      const [recipe] = chosen.recipes({ layer: { name: 'bn', type: 'Scale' }, index: 0, count: 2, shape: [1] });
      return [recipe!.operation, recipe!.compute!([Float32Array.of(1), Float32Array.of(0)], 1, [])[0]];
    };
    expect(fold(map)).toEqual(['weight / sqrt(running_var + 0.00001)', Math.fround(1 / Math.sqrt(1e-5))]);
    expect(fold(identityMap({ batchNormEps: 0.25 }))).toEqual(['weight / sqrt(running_var + 0.25)', 2]);
    expect(fold(maskrcnnBenchmarkMap())).toEqual(['weight / sqrt(running_var)', Infinity]);
  });

  test('references', () => {
    expect(map.referenceNames('conv1')).toEqual(['conv1_output', 'conv1']);
  });
});

describe('nameMap', () => {
  test('finds the presets', () => {
    expect(NAME_MAPS.map((name) => nameMap(name).name)).toEqual([
      'identity',
      'maskrcnn-benchmark',
      'torchvision-resnet',
    ]);
  });

  test('an unknown name', () => {
    expect(() => nameMap('maskrcnn_benchmark')).toThrow(
      "there is no name map 'maskrcnn_benchmark'\nhint: did you mean 'maskrcnn-benchmark'?",
    );
    expect(() => nameMap('toString')).toThrow(
      "there is no name map 'toString'\nhint: name maps are identity, maskrcnn-benchmark, torchvision-resnet",
    );
  });
});

describe('NameIndex', () => {
  const index = (names: string[]) => new NameIndex(names.map((name) => ({ name, shape: [], dtype: 'float32' })));
  const found = (of: NameIndex, name: string) => of.find(name).map((info) => info.name);

  test('dots, slashes and underscores are equal', () => {
    expect(canonicalName('a.b/c_d')).toBe('a_b_c_d');
    expect(found(index(['conv1.weight', 'body/conv2_weight']), 'conv1_weight')).toEqual(['conv1.weight']);
    expect(found(index(['conv1.weight', 'body/conv2_weight']), 'body_conv2_weight')).toEqual(['body/conv2_weight']);
  });

  test('prefixes of wrappers are taken off when every name has them', () => {
    const wrapped = index(['module.model.a.weight', 'module.model.b.weight']);
    expect(wrapped.prefix).toBe('module.model.');
    expect(found(wrapped, 'a_weight')).toEqual(['module.model.a.weight']);
    const mixed = index(['module.a.weight', 'b.weight']);
    expect(mixed.prefix).toBe('');
    expect(found(mixed, 'a_weight')).toEqual([]);
  });

  test('both spellings of one name are both found', () => {
    expect(found(index(['a.b', 'a_b']), 'a_b')).toEqual(['a.b', 'a_b']);
  });

  test('nothing to search', () => {
    expect(found(index([]), 'a')).toEqual([]);
    expect(index([]).nearest('a')).toBeUndefined();
  });
});
