/** The operators: one row each, in a file of its own. */
import { Refusal } from '../graph/attributes.js';
import type { Node } from '../graph/graph.js';
import { absOperator } from './abs.js';
import { acos } from './acos.js';
import { acosh } from './acosh.js';
import { add } from './add.js';
import { affine } from './affine.js';
import { andOperator } from './and.js';
import { argMax } from './arg-max.js';
import { argMin } from './arg-min.js';
import { asin } from './asin.js';
import { asinh } from './asinh.js';
import { atan } from './atan.js';
import { atanh } from './atanh.js';
import { averagePool } from './average-pool.js';
import { batchNormalization } from './batch-normalization.js';
import { castLike } from './cast-like.js';
import { cast } from './cast.js';
import { ceil } from './ceil.js';
import { celu } from './celu.js';
import { clipOperator } from './clip.js';
import { compress } from './compress.js';
import { concatOperator } from './concat.js';
import { constantOfShape } from './constant-of-shape.js';
import { constantOperator } from './constant.js';
import { convTranspose } from './conv-transpose.js';
import { conv } from './conv.js';
import { cos } from './cos.js';
import { cosh } from './cosh.js';
import { crop } from './crop.js';
import { cumSum } from './cum-sum.js';
import { depthToSpace } from './depth-to-space.js';
import { dft } from './dft.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { einsum } from './einsum.js';
import { elu } from './elu.js';
import { equal } from './equal.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { expand } from './expand.js';
import { eyeLike } from './eye-like.js';
import { flatten } from './flatten.js';
import { floor } from './floor.js';
import { gatherElements } from './gather-elements.js';
import { gatherNd } from './gather-nd.js';
import { gather } from './gather.js';
import { gelu } from './gelu.js';
import { gemm } from './gemm.js';
import { globalAveragePool } from './global-average-pool.js';
import { globalLpPool } from './global-lp-pool.js';
import { globalMaxPool } from './global-max-pool.js';
import { greaterOrEqual } from './greater-or-equal.js';
import { greater } from './greater.js';
import { groupNormalization } from './group-normalization.js';
import { hardSigmoid } from './hard-sigmoid.js';
import { hardSwish } from './hard-swish.js';
import { hardmax } from './hardmax.js';
import { identityOperator } from './identity.js';
import { imageScaler } from './image-scaler.js';
import { instanceNormalization } from './instance-normalization.js';
import { isInf } from './is-inf.js';
import { isNaN } from './is-na-n.js';
import { layerNormalization } from './layer-normalization.js';
import { leakyRelu } from './leaky-relu.js';
import { lessOrEqual } from './less-or-equal.js';
import { less } from './less.js';
import { logSoftmax } from './log-softmax.js';
import { log } from './log.js';
import { lpNormalization } from './lp-normalization.js';
import { lpPool } from './lp-pool.js';
import { lrn } from './lrn.js';
import { matMul } from './mat-mul.js';
import { maxPool } from './max-pool.js';
import { maxOperator } from './max.js';
import { meanVarianceNormalization } from './mean-variance-normalization.js';
import { mean } from './mean.js';
import { minOperator } from './min.js';
import { mish } from './mish.js';
import { modOperator } from './mod.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { nonZero } from './non-zero.js';
import { notOperator } from './not.js';
import { oneHot } from './one-hot.js';
import { orOperator } from './or.js';
import { pad } from './pad.js';
import { pow } from './pow.js';
import { prelu } from './prelu.js';
import { rangeOperator } from './range.js';
import { reciprocal } from './reciprocal.js';
import { reduceL1 } from './reduce-l1.js';
import { reduceL2 } from './reduce-l2.js';
import { reduceLogSumExp } from './reduce-log-sum-exp.js';
import { reduceLogSum } from './reduce-log-sum.js';
import { reduceMax } from './reduce-max.js';
import { reduceMean } from './reduce-mean.js';
import { reduceMin } from './reduce-min.js';
import { reduceProd } from './reduce-prod.js';
import { reduceSumSquare } from './reduce-sum-square.js';
import { reduceSum } from './reduce-sum.js';
import { relu } from './relu.js';
import { reshapeOperator } from './reshape.js';
import { resize } from './resize.js';
import { reverseSequence } from './reverse-sequence.js';
import { round } from './round.js';
import { scaledTanh } from './scaled-tanh.js';
import { scatterElements, scatter } from './scatter-elements.js';
import { scatterNd } from './scatter-nd.js';
import { selu } from './selu.js';
import { shapeOperator } from './shape.js';
import { shrink } from './shrink.js';
import { sigmoid } from './sigmoid.js';
import { sign } from './sign.js';
import { sin } from './sin.js';
import { sinh } from './sinh.js';
import { sizeOperator } from './size.js';
import { sliceOperator } from './slice.js';
import { softmax } from './softmax.js';
import { softplus } from './softplus.js';
import { softsign } from './softsign.js';
import { spaceToDepth } from './space-to-depth.js';
import { split } from './split.js';
import { sqrt } from './sqrt.js';
import { squeeze } from './squeeze.js';
import { stft } from './stft.js';
import { sub } from './sub.js';
import { sumOperator } from './sum.js';
import { swish } from './swish.js';
import { tan } from './tan.js';
import { tanh } from './tanh.js';
import { thresholdedRelu } from './thresholded-relu.js';
import { tileOperator } from './tile.js';
import { topK } from './top-k.js';
import { transposeOperator } from './transpose.js';
import { trilu } from './trilu.js';
import { unsqueeze } from './unsqueeze.js';
import { upsample } from './upsample.js';
import { where } from './where.js';
import { xor } from './xor.js';
import { gru } from './gru.js';
import { lstm } from './lstm.js';
import { rnn } from './rnn.js';
import { matMulBias } from './mat-mul-bias.js';
import { scaleShiftOperator } from './scale-shift.js';
import { channelShuffleOperator } from './channel-shuffle.js';
import { focusOperator } from './focus.js';
import { weightedSum } from './weighted-sum.js';
import type { Operator } from './operator.js';
import { refusedOperators } from './refused.js';

export const OPERATORS: readonly Operator[] = [
  absOperator,
  acos,
  acosh,
  add,
  affine,
  andOperator,
  argMax,
  argMin,
  asin,
  asinh,
  atan,
  atanh,
  averagePool,
  batchNormalization,
  castLike,
  cast,
  ceil,
  celu,
  clipOperator,
  compress,
  concatOperator,
  constantOfShape,
  constantOperator,
  convTranspose,
  conv,
  cos,
  cosh,
  crop,
  cumSum,
  depthToSpace,
  dft,
  div,
  dropout,
  einsum,
  elu,
  equal,
  erf,
  exp,
  expand,
  eyeLike,
  flatten,
  floor,
  gatherElements,
  gatherNd,
  gather,
  gelu,
  gemm,
  globalAveragePool,
  globalLpPool,
  globalMaxPool,
  greaterOrEqual,
  greater,
  groupNormalization,
  hardSigmoid,
  hardSwish,
  hardmax,
  identityOperator,
  imageScaler,
  instanceNormalization,
  isInf,
  isNaN,
  layerNormalization,
  leakyRelu,
  lessOrEqual,
  less,
  logSoftmax,
  log,
  lpNormalization,
  lpPool,
  lrn,
  matMul,
  maxPool,
  maxOperator,
  meanVarianceNormalization,
  mean,
  minOperator,
  mish,
  modOperator,
  mul,
  neg,
  nonZero,
  notOperator,
  oneHot,
  orOperator,
  pad,
  pow,
  prelu,
  rangeOperator,
  reciprocal,
  reduceL1,
  reduceL2,
  reduceLogSumExp,
  reduceLogSum,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSumSquare,
  reduceSum,
  relu,
  reshapeOperator,
  resize,
  reverseSequence,
  round,
  scaledTanh,
  scatterElements,
  scatter,
  scatterNd,
  selu,
  shapeOperator,
  shrink,
  sigmoid,
  sign,
  sin,
  sinh,
  sizeOperator,
  sliceOperator,
  softmax,
  softplus,
  softsign,
  spaceToDepth,
  split,
  sqrt,
  squeeze,
  stft,
  sub,
  sumOperator,
  swish,
  tan,
  tanh,
  thresholdedRelu,
  tileOperator,
  topK,
  transposeOperator,
  trilu,
  unsqueeze,
  upsample,
  where,
  xor,
  gru,
  lstm,
  rnn,
  matMulBias,
  scaleShiftOperator,
  channelShuffleOperator,
  focusOperator,
  weightedSum,
  ...refusedOperators,
];

const BY_NAME: ReadonlyMap<string, Operator> = new Map(
  OPERATORS.map((operator) => [key(operator.domain ?? '', operator.type), operator]),
);

function key(domain: string, type: string): string {
  return `${domain}:${type}`;
}

/** Operators of other domains that are ONNX's own under another roof. */
const SAME_AS_ONNX: Readonly<Record<string, ReadonlySet<string>>> = {
  'com.microsoft': new Set(['Gelu']),
};

/**
 * What is known of a node's operator.
 * @throws Refusal when nothing is
 */
export function operatorFor({ op, domain }: Pick<Node, 'op' | 'domain'>): Operator {
  const own = SAME_AS_ONNX[domain]?.has(op) ? '' : domain;
  const operator = BY_NAME.get(key(own, op));
  if (operator) return operator;
  if (domain === 'ai.onnx.ml')
    throw new Refusal(
      "it is an operator of 'ai.onnx.ml', for trees, vectors and features; Caffe has layers of neural networks only",
      'do this part in your own code, and cut a model that has more with options.outputs or options.inputs',
    );
  if (domain !== '')
    throw new Refusal(
      `it is an operator of '${domain}', not of ONNX`,
      'export the model with ONNX operators only, or cut it there with options.outputs or options.inputs',
    );
  throw new Refusal('no such operator of ONNX is known', 'cut the model before this node with options.outputs');
}
