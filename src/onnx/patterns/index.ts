/** Patterns: groups of nodes that are one layer, or none; one file each, run in this order before the operators. */
import { Refusal } from '../graph/attributes.js';
import type { Prepared } from '../prepare/prepare.js';
import { channelShuffle } from './channel-shuffle.js';
import { dfl } from './dfl.js';
import { dropExpand } from './drop-expand.js';
import { focus } from './focus.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldBias } from './fold-bias.js';
import { foldPad } from './fold-pad.js';
import { geluPattern } from './gelu.js';
import { groupNorm } from './group-norm.js';
import { hardSwish } from './hard-swish.js';
import { layerNorm } from './layer-norm.js';
import { lrnPattern } from './lrn.js';
import { mergeShapes } from './merge-shapes.js';
import { mishPattern } from './mish.js';
import { pixelShuffle } from './pixel-shuffle.js';
import { scaleShift } from './scale-shift.js';
import { silu } from './silu.js';
import { softplusPattern } from './softplus.js';
import { sinkTransposes } from './sink-transposes.js';
import type { Pattern, PatternOptions } from './pattern.js';

export const PATTERNS: readonly Pattern[] = [
  sinkTransposes,
  mergeShapes,
  foldPad,
  dropExpand,
  pixelShuffle,
  channelShuffle,
  focus,
  hardSwish,
  silu,
  softplusPattern,
  mishPattern,
  geluPattern,
  layerNorm,
  groupNorm,
  lrnPattern,
  dfl,
  foldBatchNorm,
  scaleShift,
  foldBias,
];

/** Applies all patterns to the graph, in place. */
export function simplify({ graph, values, refused }: Prepared, options: PatternOptions): void {
  // Nodes that were refused may lack inputs; no pattern is to see them.
  const domains = refused.map(({ node }) => node.domain);
  for (const { node } of refused) node.domain = 'refused';
  for (const pattern of PATTERNS) {
    for (const node of [...graph.nodes])
      try {
        pattern.apply({ graph, values, node, options });
      } catch (error) {
        // A malformed node is refused where its operator is looked at.
        if (!(error instanceof Refusal)) throw error;
      }
    graph.prune();
  }
  refused.forEach(({ node }, i) => (node.domain = domains[i]!));
}
