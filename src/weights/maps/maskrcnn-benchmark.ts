/**
 * The name map from a detection net built here, or by the notebooks it comes from, to maskrcnn_benchmark's modules:
 * pyramid laterals, extra pyramid levels, and heads that are unrolled over levels while the model has one.
 */
import { conventionMap } from './convention.js';
import type { NameMap } from './map.js';

/** What a layer is called here → what the module is called there. Each applies to the whole name. */
const MODULE_RENAMES: readonly (readonly [RegExp, string])[] = [
  // The 1x1 convolution of a pyramid level; `inner3` itself is its sum with the level above.
  [/^(.*fpn_inner\d+)_lateral$/, '$1'],
  [/^(.*)topblocks(_.*)$/, '$1top_blocks$2'],
  // Heads: one tower for all levels, so the level goes.
  [/^(.*_tower)_p\d+_(\d+)$/, '$1_$2'],
  [/^(.*_(?:logits|pred))_p\d+$/, '$1'],
  // The suffix that earlier versions of the net gave the unrolled layers.
  [/^(.*)_for_p\d+$/, '$1'],
];

/** What a layer is called here → the module that has the same output there. Heads have one output a level. */
const OUTPUT_RENAMES: readonly (readonly [RegExp, string])[] = [
  MODULE_RENAMES[0]!,
  MODULE_RENAMES[1]!,
  // A block's output is rectified, the stem's is pooled.
  [/^(.*layer\d+_\d+)_relu$/, '$1'],
  [/^(.*stem)_maxpool$/, '$1'],
  [/^(.*_tower)_(\d+)_for_(p\d+)$/, '$1_$3_$2'],
  [/^(.*_(?:logits|pred))_for_(p\d+)$/, '$1_$2'],
];

/**
 * `backbone_fpn_fpn_inner3_lateral` ← `backbone_fpn_fpn_inner3`, `backbone_fpn_topblocks_p6` ←
 * `backbone_fpn_top_blocks_p6`, `rpn_head_cls_tower_p2_0` (and `rpn_head_cls_tower_0_for_p2`) ← `rpn_head_cls_tower_0`;
 * all other layers have the module's own name. A Scale layer takes all four buffers of its FrozenBatchNorm2d.
 * Reference outputs: a block's `backbone_body_layer1_0_output` belongs to `…_0_relu`, `backbone_body_stem_output` to
 * `…_stem_maxpool`, `rpn_head_cls_tower_p2_0_output` to the layer of that name.
 * @param batchNormEps added to the variance; maskrcnn_benchmark's FrozenBatchNorm2d adds nothing
 */
export function maskrcnnBenchmarkMap({ batchNormEps = 0 }: { batchNormEps?: number } = {}): NameMap {
  return conventionMap({
    name: 'maskrcnn-benchmark',
    modules: (layerName) => withRenames(layerName, MODULE_RENAMES),
    outputs: (layerName) => withRenames(layerName, OUTPUT_RENAMES),
    batchNormEps,
    // Anchors are calculated anew; outputs and images lie beside the weights where a model's author dumped both.
    ignorable:
      /(^|[._])num_batches_tracked$|(^|[._])anchor_generator[._]cell_anchors[._]\d+$|_output$|^(transformed|padded)_tensor$/,
  });
}

/** The name itself, then what each rename that fits makes of it. */
function withRenames(name: string, renames: readonly (readonly [RegExp, string])[]): string[] {
  return [name, ...renames.flatMap(([from, to]) => (from.test(name) ? [name.replace(from, to)] : []))];
}
