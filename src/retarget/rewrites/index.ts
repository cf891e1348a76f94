/** The table of rewrites, in the order in which they are tried: what changes least comes first. */
import { twoValues } from './two-values.js';
import { storedStatistics } from './stored-statistics.js';
import { positiveAxis } from './positive-axis.js';
import { ownTops } from './own-tops.js';
import { depthwise } from './depthwise.js';
import { upsampleStride } from './upsample-stride.js';
import { dummyData } from './dummy-data.js';
import { split } from './split.js';
import { rounding } from './rounding.js';
import { clip } from './clip.js';
import { swish } from './swish.js';
import { tanh } from './tanh.js';
import { elu } from './elu.js';
import { tile } from './tile.js';
import { bias } from './bias.js';
import { axpy } from './axpy.js';
import { shuffleChannel } from './shuffle-channel.js';
import { permute } from './permute.js';
import { upsample } from './upsample.js';
import { mergeAffineLayers } from './merge-affine.js';
import { affineToConvolution } from './affine-to-convolution.js';
import { innermostSoftmax } from './innermost-softmax.js';
import { custom } from './custom.js';
import type { Rewrite } from '../rewrite.js';

export const REWRITES: readonly Rewrite[] = [
  twoValues,
  storedStatistics,
  positiveAxis,
  innermostSoftmax,
  ownTops,
  depthwise,
  upsampleStride,
  dummyData,
  split,
  rounding,
  clip,
  swish,
  tanh,
  elu,
  tile,
  bias,
  axpy,
  shuffleChannel,
  permute,
  upsample,
  mergeAffineLayers,
  affineToConvolution,
  custom,
];
