/**
 * The table of hypotheses. Of two that explain a difference equally well the upper one counts as the likelier: what is
 * simple and often met stands before what is rare, and what says one thing of a layer before what fits many.
 */
import type { Hypothesis } from './hypothesis.js';
import { activation } from './activation.js';
import { argMaxTies } from './arg-max-ties.js';
import { batchNormArrays } from './batch-norm-arrays.js';
import { batchNormEps } from './batch-norm-eps.js';
import { batchNormFactor } from './batch-norm-factor.js';
import { batchNormFold } from './batch-norm-fold.js';
import { batchStatistics } from './batch-statistics.js';
import { bias } from './bias.js';
import { borderPadding } from './border-padding.js';
import { channelOrder } from './channel-order.js';
import { channelSplit } from './channel-split.js';
import { concatOrder } from './concat-order.js';
import { convolutionSamePadding } from './convolution-same-padding.js';
import { convolutionWindow } from './convolution-window.js';
import { cropOffset } from './crop-offset.js';
import { detectionOutput } from './detection-output.js';
import { dropoutActive } from './dropout-active.js';
import { eltwise } from './eltwise.js';
import { factor } from './factor.js';
import { flattenOrder } from './flatten-order.js';
import { gammaNotApplied } from './gamma-not-applied.js';
import { halfPrecision } from './half-precision.js';
import { inPlace } from './in-place.js';
import { indexOrigin } from './index-origin.js';
import { inputChannelOrder } from './input-channel-order.js';
import { inputExchange } from './input-exchange.js';
import { inputLayout } from './input-layout.js';
import { inputMean } from './input-mean.js';
import { inputPadding } from './input-padding.js';
import { inputRange } from './input-range.js';
import { inputTransform } from './input-transform.js';
import { interpolation } from './interpolation.js';
import { logExpPower } from './log-exp-power.js';
import { lrn } from './lrn.js';
import { missingActivation } from './missing-activation.js';
import { mvn } from './mvn.js';
import { negativeSlope } from './negative-slope.js';
import { normalizationGroups } from './normalization-groups.js';
import { normalize } from './normalize.js';
import { outputPadding } from './output-padding.js';
import { permuteOrder } from './permute-order.js';
import { poolingDivisor } from './pooling-divisor.js';
import { poolingMethod } from './pooling-method.js';
import { poolingSamePadding } from './pooling-same-padding.js';
import { poolingSize } from './pooling-size.js';
import { poolingWindow } from './pooling-window.js';
import { preluSlope } from './prelu-slope.js';
import { priorBox } from './prior-box.js';
import { recurrent } from './recurrent.js';
import { referenceLayout } from './reference-layout.js';
import { referenceNeighbour } from './reference-neighbour.js';
import { referenceShape } from './reference-shape.js';
import { reorgOrder } from './reorg-order.js';
import { reshapeDims } from './reshape-dims.js';
import { scaleAxis } from './scale-axis.js';
import { shuffleGroup } from './shuffle-group.js';
import { sliceOrder } from './slice-order.js';
import { softmaxAxis } from './softmax-axis.js';
import { softmaxTemperature } from './softmax-temperature.js';
import { upsampling } from './upsampling.js';
import { weightsChannelOrder } from './weights-channel-order.js';
import { weightsExchanged } from './weights-exchanged.js';
import { weightsFlipped } from './weights-flipped.js';
import { weightsGroups } from './weights-groups.js';
import { weightsRounded } from './weights-rounded.js';
import { weightsTransposed } from './weights-transposed.js';

export type { Hypothesis } from './hypothesis.js';

export const HYPOTHESES: readonly Hypothesis[] = [
  reshapeDims,
  referenceLayout,
  referenceShape,
  referenceNeighbour,
  inPlace,
  poolingWindow,
  poolingDivisor,
  poolingSamePadding,
  poolingSize,
  poolingMethod,
  upsampling,
  interpolation,
  outputPadding,
  batchNormFactor,
  batchNormEps,
  batchNormArrays,
  gammaNotApplied,
  mvn,
  normalizationGroups,
  batchStatistics,
  negativeSlope,
  preluSlope,
  activation,
  logExpPower,
  dropoutActive,
  scaleAxis,
  softmaxAxis,
  softmaxTemperature,
  argMaxTies,
  lrn,
  flattenOrder,
  permuteOrder,
  shuffleGroup,
  channelSplit,
  reorgOrder,
  normalize,
  priorBox,
  detectionOutput,
  cropOffset,
  concatOrder,
  sliceOrder,
  eltwise,
  recurrent,
  indexOrigin,
  inputExchange,
  inputChannelOrder,
  inputLayout,
  inputPadding,
  inputMean,
  inputRange,
  inputTransform,
  weightsChannelOrder,
  weightsTransposed,
  weightsFlipped,
  weightsGroups,
  weightsExchanged,
  channelOrder,
  convolutionWindow,
  convolutionSamePadding,
  borderPadding,
  missingActivation,
  factor,
  bias,
  weightsRounded,
  batchNormFold,
  halfPrecision,
];
