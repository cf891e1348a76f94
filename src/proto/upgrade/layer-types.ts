/**
 * What layer types were called: lower-case words in V0 (2013), an enum in V1 (2014), the names of today in V2.
 */
import { V1LayerParameter_LayerType as V1 } from '../../generated/messages.js';

/** V1's enum → today's name. NONE is the empty name, as in Caffe. */
const v1Names = {
  NONE: '',
  ABSVAL: 'AbsVal',
  ACCURACY: 'Accuracy',
  ARGMAX: 'ArgMax',
  BNLL: 'BNLL',
  CONCAT: 'Concat',
  CONTRASTIVE_LOSS: 'ContrastiveLoss',
  CONVOLUTION: 'Convolution',
  DATA: 'Data',
  DECONVOLUTION: 'Deconvolution',
  DROPOUT: 'Dropout',
  DUMMY_DATA: 'DummyData',
  ELTWISE: 'Eltwise',
  EUCLIDEAN_LOSS: 'EuclideanLoss',
  EXP: 'Exp',
  FLATTEN: 'Flatten',
  HDF5_DATA: 'HDF5Data',
  HDF5_OUTPUT: 'HDF5Output',
  HINGE_LOSS: 'HingeLoss',
  IM2COL: 'Im2col',
  IMAGE_DATA: 'ImageData',
  INFOGAIN_LOSS: 'InfogainLoss',
  INNER_PRODUCT: 'InnerProduct',
  LRN: 'LRN',
  MEMORY_DATA: 'MemoryData',
  MULTINOMIAL_LOGISTIC_LOSS: 'MultinomialLogisticLoss',
  MVN: 'MVN',
  POOLING: 'Pooling',
  POWER: 'Power',
  RELU: 'ReLU',
  SIGMOID: 'Sigmoid',
  SIGMOID_CROSS_ENTROPY_LOSS: 'SigmoidCrossEntropyLoss',
  SILENCE: 'Silence',
  SLICE: 'Slice',
  SOFTMAX: 'Softmax',
  SOFTMAX_LOSS: 'SoftmaxWithLoss',
  SPLIT: 'Split',
  TANH: 'TanH',
  THRESHOLD: 'Threshold',
  WINDOW_DATA: 'WindowData',
} satisfies Record<keyof typeof V1, string>;

/** V0's word → V1's enum. `padding` is no layer any more: it became the pad of the layer after it. */
const v0Words: Readonly<Record<string, V1>> = {
  accuracy: V1.ACCURACY,
  bnll: V1.BNLL,
  concat: V1.CONCAT,
  conv: V1.CONVOLUTION,
  data: V1.DATA,
  dropout: V1.DROPOUT,
  euclidean_loss: V1.EUCLIDEAN_LOSS,
  flatten: V1.FLATTEN,
  hdf5_data: V1.HDF5_DATA,
  hdf5_output: V1.HDF5_OUTPUT,
  images: V1.IMAGE_DATA,
  im2col: V1.IM2COL,
  infogain_loss: V1.INFOGAIN_LOSS,
  innerproduct: V1.INNER_PRODUCT,
  lrn: V1.LRN,
  multinomial_logistic_loss: V1.MULTINOMIAL_LOGISTIC_LOSS,
  pool: V1.POOLING,
  relu: V1.RELU,
  sigmoid: V1.SIGMOID,
  softmax: V1.SOFTMAX,
  softmax_loss: V1.SOFTMAX_LOSS,
  split: V1.SPLIT,
  tanh: V1.TANH,
  window_data: V1.WINDOW_DATA,
};

const v1NamesByNumber = new Map(
  Object.entries(v1Names).map(([key, name]) => [V1[key as keyof typeof V1] as number, name]),
);

/** Today's name of a V1 type; undefined for a number that Caffe's enum does not have. */
export function nameOfV1Type(type: number): string | undefined {
  return v1NamesByNumber.get(type);
}

/** The V1 type that a V0 word became; undefined for a word that Caffe never had. */
export function v1TypeOfV0Word(word: string): V1 | undefined {
  return Object.hasOwn(v0Words, word) ? v0Words[word] : undefined;
}

/** All words of V0, for naming the nearest. */
export function v0WordList(): string[] {
  return [...Object.keys(v0Words), 'padding'];
}
