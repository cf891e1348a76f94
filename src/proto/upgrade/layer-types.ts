/**
 * What layer types were called: lower-case words in V0 (2013), an enum in V1 (2014), the names of today in V2.
 */
import { V1LayerParameter_LayerType as V1, type V1LayerParameter } from '../../generated/messages.js';
import { enumNameOf, typeOf } from '../message.js';

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

/** Types that forks gave a name in V1's enum that says less than today's. */
const forkNames: Readonly<Record<string, string>> = { RELU6: 'ReLU6' };

/**
 * Today's name of a V1 layer's type, by the name that it has in the schema that the layer was read with: forks gave one number to
 * different types. A type that is a fork's own has today's name where that schema has settings for it: ROIPOOLING is ROIPooling in a
 * Caffe with an ROIPoolingParameter. Else it keeps the name of the enum. Undefined for a number that has none.
 */
export function nameOfV1Type(layer: V1LayerParameter): string | undefined {
  const key = enumNameOf(layer, 'V1LayerParameter', 'type');
  if (key === undefined || Object.hasOwn(v1Names, key)) return key && v1Names[key as keyof typeof v1Names];
  if (Object.hasOwn(forkNames, key)) return forkNames[key];
  const plain = key.replaceAll('_', '').toLowerCase();
  const types = typeOf(layer)?.types;
  const held = ['V1LayerParameter', 'LayerParameter'].flatMap(
    (name) => types?.message(`caffe.${name}`)?.fields.map(({ messageType }) => messageType?.simpleName ?? '') ?? [],
  );
  return held.find((name) => name.toLowerCase() === `${plain}parameter`)?.slice(0, -'Parameter'.length) ?? key;
}

/** The number of a V1 type of BVLC's in the schema that a message was read with. */
export function numberOfV1Type(type: V1, read: object): number {
  const key = Object.keys(v1Names).find((name) => V1[name as keyof typeof V1] === type)!;
  const values = typeOf(read)?.types.message('caffe.V1LayerParameter')?.byName.get('type')?.enumType?.values;
  return values?.[key] ?? type;
}

/** The V1 type that a V0 word became; undefined for a word that Caffe never had. */
export function v1TypeOfV0Word(word: string): V1 | undefined {
  return Object.hasOwn(v0Words, word) ? v0Words[word] : undefined;
}

/** All words of V0, for naming the nearest. */
export function v0WordList(): string[] {
  return [...Object.keys(v0Words), 'padding'];
}
