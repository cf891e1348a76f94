/** The table of exports: one row for each layer type that has a form in ONNX. */
import type { Layer, LayerClass } from '../../../layers/layer.js';
import { factsOf } from '../../../layers/registry.js';
import { SteppedOverLayer, UnshapedLayer } from '../../../runtime/step-over.js';
import { Refusal } from '../../graph/attributes.js';
import type { LayerExport } from '../layer-export.js';
import { absVal } from './abs-val.js';
import { accuracy } from './accuracy.js';
import { argMax } from './arg-max.js';
import { axpy } from './axpy.js';
import { batchNorm } from './batch-norm.js';
import { batchReindex } from './batch-reindex.js';
import { bias } from './bias.js';
import { bnSegNet } from './bn-segnet.js';
import { bn } from './bn.js';
import { bnll } from './bnll.js';
import { clip } from './clip.js';
import { concat } from './concat.js';
import { continuationIndicator } from './continuation-indicator.js';
import { contrastiveLoss } from './contrastive-loss.js';
import { convolution } from './convolution.js';
import { cosine } from './cosine.js';
import { crelu } from './crelu.js';
import { crop } from './crop.js';
import { ctcGreedyDecoder } from './ctc-greedy-decoder.js';
import { deconvolution } from './deconvolution.js';
import { detectionOutput } from './detection-output.js';
import { dropout } from './dropout.js';
import { dummyData } from './dummy-data.js';
import { eltwise } from './eltwise.js';
import { elu } from './elu.js';
import { embed } from './embed.js';
import { euclideanLoss } from './euclidean-loss.js';
import { exp } from './exp.js';
import { filter } from './filter.js';
import { flatten } from './flatten.js';
import { flip } from './flip.js';
import { gather } from './gather.js';
import { hardSigmoid } from './hard-sigmoid.js';
import { hardSwish } from './hard-swish.js';
import { hingeLoss } from './hinge-loss.js';
import { hsigmoid } from './hsigmoid.js';
import { im2col } from './im2col.js';
import { imResize } from './im-resize.js';
import { infogainLoss } from './infogain-loss.js';
import { innerProduct } from './inner-product.js';
import { interp } from './interp.js';
import { log } from './log.js';
import { lpNormalization } from './lp-normalization.js';
import { lrn } from './lrn.js';
import { lstmFork } from './lstm-fork.js';
import { lstmUnit } from './lstm-unit.js';
import { lstm } from './lstm.js';
import { matMulSophgo } from './mat-mul-sophgo.js';
import { matMul } from './mat-mul.js';
import { mish } from './mish.js';
import { multinomialLogisticLoss } from './multinomial-logistic-loss.js';
import { mvn } from './mvn.js';
import { normalizeHappynear } from './normalize-happynear.js';
import { normalizeYjxiong } from './normalize-yjxiong.js';
import { normalize } from './normalize.js';
import { pad } from './pad.js';
import { padding } from './padding.js';
import { parameter } from './parameter.js';
import { permute } from './permute.js';
import { pooling } from './pooling.js';
import { pooling3dCambricon } from './pooling3d-cambricon.js';
import { pooling3d } from './pooling3d.js';
import { power } from './power.js';
import { prelu } from './prelu.js';
import { priorBox } from './prior-box.js';
import { reduction } from './reduction.js';
import { region } from './region.js';
import { relu } from './relu.js';
import { relu6 } from './relu6.js';
import { reorg } from './reorg.js';
import { reshape } from './reshape.js';
import { resizeBilinear } from './resize-bilinear.js';
import { resizeNearestNeighbor } from './resize-nearest-neighbor.js';
import { reverseCambricon } from './reverse-cambricon.js';
import { reverseTime } from './reverse-time.js';
import { reverse } from './reverse.js';
import { rnn } from './rnn.js';
import { roiAlign } from './roi-align.js';
import { roiPooling } from './roi-pooling.js';
import { scale } from './scale.js';
import { shuffleChannel } from './shuffle-channel.js';
import { sigmoidCrossEntropyLoss } from './sigmoid-cross-entropy-loss.js';
import { sigmoid } from './sigmoid.js';
import { silence } from './silence.js';
import { slice } from './slice.js';
import { softmaxWithLoss } from './softmax-with-loss.js';
import { softmax } from './softmax.js';
import { split } from './split.js';
import { spp } from './spp.js';
import { swish } from './swish.js';
import { tanH } from './tanh.js';
import { threshold } from './threshold.js';
import { tile } from './tile.js';
import { transpose } from './transpose.js';
import { unpooling } from './unpooling.js';
import { upsampleCambricon } from './upsample-cambricon.js';
import { upsampleDarknet } from './upsample-darknet.js';
import { upsampleSegNet } from './upsample-segnet.js';
import { upsampleSophgo } from './upsample-sophgo.js';
import { upsample } from './upsample.js';
import { yoloDetectionOutput } from './yolo-detection-output.js';
import { yolov3DetectionOutput } from './yolov3-detection-output.js';
import { NO_FORM } from './no-form.js';

export const EXPORTS: readonly LayerExport[] = [
  absVal,
  accuracy,
  argMax,
  axpy,
  batchNorm,
  batchReindex,
  bias,
  bnSegNet,
  bn,
  bnll,
  clip,
  concat,
  continuationIndicator,
  contrastiveLoss,
  convolution,
  cosine,
  crelu,
  crop,
  ctcGreedyDecoder,
  deconvolution,
  detectionOutput,
  dropout,
  dummyData,
  eltwise,
  elu,
  embed,
  euclideanLoss,
  exp,
  filter,
  flatten,
  flip,
  gather,
  hardSigmoid,
  hardSwish,
  hingeLoss,
  hsigmoid,
  im2col,
  imResize,
  infogainLoss,
  innerProduct,
  interp,
  log,
  lpNormalization,
  lrn,
  lstmFork,
  lstmUnit,
  lstm,
  matMulSophgo,
  matMul,
  mish,
  multinomialLogisticLoss,
  mvn,
  normalizeHappynear,
  normalizeYjxiong,
  normalize,
  pad,
  padding,
  parameter,
  permute,
  pooling,
  pooling3dCambricon,
  pooling3d,
  power,
  prelu,
  priorBox,
  reduction,
  region,
  relu,
  relu6,
  reorg,
  reshape,
  resizeBilinear,
  resizeNearestNeighbor,
  reverseCambricon,
  reverseTime,
  reverse,
  rnn,
  roiAlign,
  roiPooling,
  scale,
  shuffleChannel,
  sigmoidCrossEntropyLoss,
  sigmoid,
  silence,
  slice,
  softmaxWithLoss,
  softmax,
  split,
  spp,
  swish,
  tanH,
  threshold,
  tile,
  transpose,
  unpooling,
  upsampleCambricon,
  upsampleDarknet,
  upsampleSegNet,
  upsampleSophgo,
  upsample,
  yoloDetectionOutput,
  yolov3DetectionOutput,
];

const BY_CLASS = new Map<LayerClass, LayerExport>(
  EXPORTS.flatMap((row) => row.layers.map((cls) => [cls, row] as const)),
);

/** A layer that reads data which is not there, and would be an input if the shapes of its tops were known. */
export class DataNotThere extends Refusal {}

/** What only misses the result of another layer that has no form. */
export class ShapeNotKnown extends Refusal {}

/**
 * How a layer is written.
 * @throws Refusal when its type has no form in ONNX
 */
export function exportOf(layer: Layer): LayerExport {
  const cls = layer.constructor as LayerClass;
  const found = BY_CLASS.get(cls);
  if (found) return found;
  const reason = NO_FORM.find(({ layers }) => layers.some((each) => each === cls));
  if (reason) throw new Refusal(reason.why, reason.instead);
  if (layer instanceof UnshapedLayer)
    throw new ShapeNotKnown('the shape of what it reads is not known', 'give the shapes that are missing');
  const { unsupported } = factsOf(layer.param) ?? {};
  const isSource = (layer.param.bottom ?? []).length === 0;
  if (unsupported && isSource)
    throw new DataNotThere(
      `layers of this type ${unsupported.purpose}`,
      'give the shapes of its tops, which are inputs then, or make a net for deployment of it first',
    );
  if (unsupported) throw new Refusal(`layers of this type ${unsupported.purpose}`, unsupported.instead(layer.param));
  throw layer instanceof SteppedOverLayer
    ? new Refusal('its type is not known', 'end the net before it')
    : new Refusal('it is a layer of your own, whose form in ONNX is not known', 'end the net before it');
}
