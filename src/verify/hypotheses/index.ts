/**
 * The table of hypotheses. Of two that explain a difference equally well the upper one counts as the likelier: what is
 * simple and often met stands before what is rare, and what says one thing of a layer before what fits many.
 */
import type { Hypothesis } from './hypothesis.js';
import { batchNormArrays } from './batch-norm-arrays.js';
import { batchNormEps } from './batch-norm-eps.js';
import { batchNormFactor } from './batch-norm-factor.js';
import { batchNormFold } from './batch-norm-fold.js';
import { batchStatistics } from './batch-statistics.js';
import { bias } from './bias.js';
import { channelOrder } from './channel-order.js';
import { convolutionWindow } from './convolution-window.js';
import { flattenOrder } from './flatten-order.js';
import { gammaNotApplied } from './gamma-not-applied.js';
import { halfPrecision } from './half-precision.js';
import { inPlace } from './in-place.js';
import { inputChannelOrder } from './input-channel-order.js';
import { inputMean } from './input-mean.js';
import { inputPadding } from './input-padding.js';
import { inputRange } from './input-range.js';
import { lrn } from './lrn.js';
import { mvn } from './mvn.js';
import { negativeSlope } from './negative-slope.js';
import { poolingDivisor } from './pooling-divisor.js';
import { poolingMethod } from './pooling-method.js';
import { poolingWindow } from './pooling-window.js';
import { referenceLayout } from './reference-layout.js';
import { referenceNeighbour } from './reference-neighbour.js';
import { scaleAxis } from './scale-axis.js';
import { softmaxAxis } from './softmax-axis.js';
import { upsampling } from './upsampling.js';
import { weightsChannelOrder } from './weights-channel-order.js';
import { weightsFlipped } from './weights-flipped.js';
import { weightsGroups } from './weights-groups.js';
import { weightsRounded } from './weights-rounded.js';
import { weightsTransposed } from './weights-transposed.js';

export type { Hypothesis } from './hypothesis.js';

export const HYPOTHESES: readonly Hypothesis[] = [
  referenceLayout,
  referenceNeighbour,
  inPlace,
  poolingWindow,
  poolingDivisor,
  poolingMethod,
  upsampling,
  batchNormFactor,
  batchNormEps,
  batchNormArrays,
  gammaNotApplied,
  mvn,
  batchStatistics,
  negativeSlope,
  scaleAxis,
  softmaxAxis,
  lrn,
  flattenOrder,
  inputChannelOrder,
  inputPadding,
  inputMean,
  inputRange,
  weightsChannelOrder,
  weightsTransposed,
  weightsFlipped,
  weightsGroups,
  channelOrder,
  convolutionWindow,
  bias,
  weightsRounded,
  batchNormFold,
  halfPrecision,
];
