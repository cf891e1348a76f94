/** Operators that no layer of Caffe expresses, with what there is to say of each. */
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';

const CUT = 'cut the model before this node with options.outputs, and do the rest in your own code';
const INDICES = 'it reads or writes at computed places';
const QUANTIZED = 'it is part of a quantized model; Caffe computes in float32';
const CONTROL = 'it repeats nodes, how often being known only at run time';
const RANDOM = 'its result is random';
const SEQUENCE = 'it handles a sequence of tensors, which Caffe does not know';
const NEW = 'it is an operator of opset 23, which stands for a group of others';
const OLDER = 'export the model with an opset of 13 to 22, which writes the group out';
const TEXT = 'it handles text';

/** Why not, and another hint than to cut the model there. */
const REASONS: Readonly<Record<string, readonly [why: string, hint?: string]>> = {
  GridSample: ['it samples an image at computed places'],
  AffineGrid: ['it makes a grid for GridSample, which no Caffe layer reads'],
  DeformConv: ['it samples an image at computed places'],
  RoiAlign: [
    'it samples regions whose places are computed',
    "cut the model before it; Detectron's own layers are in no BVLC Caffe",
  ],
  MaxRoiPool: ['it pools regions whose places are computed; ROIPooling of a fork does that'],
  NonMaxSuppression: [
    "it selects boxes; DetectionOutput of SSD's fork does that",
    'cut the model before it with options.outputs, and select the boxes in your own code',
  ],
  MaxUnpool: ["it puts values back at places that MaxPool found; SegNet's fork has a layer for that"],
  Unique: ['the shape of its result depends on data'],
  Loop: [CONTROL],
  Scan: [CONTROL],
  If: ['its condition is computed while the model runs'],
  Det: ['it computes a determinant'],
  MelWeightMatrix: ['it makes a matrix of filters'],
  Bernoulli: [RANDOM],
  Multinomial: [RANDOM],
  RandomNormal: [RANDOM],
  RandomNormalLike: [RANDOM],
  RandomUniform: [RANDOM],
  RandomUniformLike: [RANDOM],
  QuantizeLinear: [QUANTIZED, 'export the model before quantization'],
  DequantizeLinear: [QUANTIZED, 'export the model before quantization'],
  DynamicQuantizeLinear: [QUANTIZED, 'export the model before quantization'],
  QLinearConv: [QUANTIZED, 'export the model before quantization'],
  QLinearMatMul: [QUANTIZED, 'export the model before quantization'],
  ConvInteger: [QUANTIZED, 'export the model before quantization'],
  MatMulInteger: [QUANTIZED, 'export the model before quantization'],
  SequenceConstruct: [SEQUENCE],
  SequenceEmpty: [SEQUENCE],
  SequenceAt: [SEQUENCE],
  SequenceErase: [SEQUENCE],
  SequenceInsert: [SEQUENCE],
  SequenceLength: [SEQUENCE],
  SequenceMap: [SEQUENCE],
  ConcatFromSequence: [SEQUENCE],
  SplitToSequence: [SEQUENCE],
  Optional: [SEQUENCE],
  OptionalGetElement: [SEQUENCE],
  OptionalHasElement: [SEQUENCE],
  StringNormalizer: [TEXT],
  StringConcat: [TEXT],
  StringSplit: [TEXT],
  RegexFullMatch: [TEXT],
  TfIdfVectorizer: [TEXT],
  BitShift: ['it computes with bits'],
  BitwiseAnd: ['it computes with bits'],
  BitwiseOr: ['it computes with bits'],
  BitwiseXor: ['it computes with bits'],
  BitwiseNot: ['it computes with bits'],
  Attention: [NEW, OLDER],
  RotaryEmbedding: [NEW, OLDER],
  RMSNormalization: [NEW, OLDER],
  Col2Im: ['it adds windows up to an image'],
  CenterCropPad: ['it cuts or pads by a computed shape'],
  ImageDecoder: ['it decodes image files'],
  TensorScatter: [INDICES],
  NegativeLogLikelihoodLoss: ['it is a loss, for training'],
  SoftmaxCrossEntropyLoss: ['it is a loss, for training'],
  Gradient: ['it is for training'],
  Adam: ['it is for training'],
  Adagrad: ['it is for training'],
  Momentum: ['it is for training'],
};

export const refusedOperators: readonly Operator[] = Object.entries(REASONS).map(([type, [why, hint = CUT]]) => {
  const refuse = (): never => {
    throw new Refusal(why, hint);
  };
  return { type, caffe: 'none', grade: 'refused', notes: why, infer: refuse, evaluate: refuse, emit: refuse };
});
