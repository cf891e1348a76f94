/**
 * The registry: which class runs which layer type. A new layer of Caffe's is a file in this folder, a name in
 * LAYER_TYPES and a line in layerRegistry; a user's own layer needs neither, only registerLayer().
 */
import { NetspecError, didYouMean } from '../errors.js';
import { AbsValLayer } from './abs-val.js';
import { AccuracyLayer } from './accuracy.js';
import { ArgMaxLayer } from './arg-max.js';
import { BatchNormLayer } from './batch-norm.js';
import { BatchReindexLayer } from './batch-reindex.js';
import { BiasLayer } from './bias.js';
import { BNLLLayer } from './bnll.js';
import { ClipLayer } from './clip.js';
import { ConcatLayer } from './concat.js';
import { ContrastiveLossLayer } from './contrastive-loss.js';
import { ConvolutionLayer } from './convolution.js';
import { CropLayer } from './crop.js';
import { DeconvolutionLayer } from './deconvolution.js';
import { DropoutLayer } from './dropout.js';
import { DummyDataLayer } from './dummy-data.js';
import { EltwiseLayer } from './eltwise.js';
import { ELULayer } from './elu.js';
import { EmbedLayer } from './embed.js';
import { EuclideanLossLayer } from './euclidean-loss.js';
import { ExpLayer } from './exp.js';
import { FilterLayer } from './filter.js';
import { FlattenLayer } from './flatten.js';
import { HingeLossLayer } from './hinge-loss.js';
import { Im2colLayer } from './im2col.js';
import { InfogainLossLayer } from './infogain-loss.js';
import { InnerProductLayer } from './inner-product.js';
import { InputLayer } from './input.js';
import type { LayerClass } from './layer.js';
import { LogLayer } from './log.js';
import { LRNLayer } from './lrn.js';
import { LSTMUnitLayer } from './lstm-unit.js';
import { LSTMLayer } from './lstm.js';
import { MemoryDataLayer } from './memory-data.js';
import { MultinomialLogisticLossLayer } from './multinomial-logistic-loss.js';
import { MVNLayer } from './mvn.js';
import { ParameterLayer } from './parameter.js';
import { PoolingLayer } from './pooling.js';
import { PowerLayer } from './power.js';
import { PReLULayer } from './prelu.js';
import { ReductionLayer } from './reduction.js';
import { ReLULayer } from './relu.js';
import { ReshapeLayer } from './reshape.js';
import { RNNLayer } from './rnn.js';
import { ScaleLayer } from './scale.js';
import { SigmoidCrossEntropyLossLayer } from './sigmoid-cross-entropy-loss.js';
import { SigmoidLayer } from './sigmoid.js';
import { SilenceLayer } from './silence.js';
import { SliceLayer } from './slice.js';
import { SoftmaxWithLossLayer } from './softmax-with-loss.js';
import { SoftmaxLayer } from './softmax.js';
import { SPPLayer } from './spp.js';
import { SplitLayer } from './split.js';
import { SwishLayer } from './swish.js';
import { TanHLayer } from './tanh.js';
import { ThresholdLayer } from './threshold.js';
import { TileLayer } from './tile.js';
import { UnsupportedLayer } from './unsupported-data.js';

export { Layer, type BlobCount, type LayerClass, type LayerContext } from './layer.js';

/** Every layer type of BVLC Caffe 1.0, in the order in which Caffe's own messages list them. */
export const LAYER_TYPES = [
  'AbsVal',
  'Accuracy',
  'ArgMax',
  'BNLL',
  'BatchNorm',
  'BatchReindex',
  'Bias',
  'Clip',
  'Concat',
  'ContrastiveLoss',
  'Convolution',
  'Crop',
  'Data',
  'Deconvolution',
  'Dropout',
  'DummyData',
  'ELU',
  'Eltwise',
  'Embed',
  'EuclideanLoss',
  'Exp',
  'Filter',
  'Flatten',
  'HDF5Data',
  'HDF5Output',
  'HingeLoss',
  'Im2col',
  'ImageData',
  'InfogainLoss',
  'InnerProduct',
  'Input',
  'LRN',
  'LSTM',
  'LSTMUnit',
  'Log',
  'MVN',
  'MemoryData',
  'MultinomialLogisticLoss',
  'PReLU',
  'Parameter',
  'Pooling',
  'Power',
  'Python',
  'RNN',
  'ReLU',
  'Reduction',
  'Reshape',
  'SPP',
  'Scale',
  'Sigmoid',
  'SigmoidCrossEntropyLoss',
  'Silence',
  'Slice',
  'Softmax',
  'SoftmaxWithLoss',
  'Split',
  'Swish',
  'TanH',
  'Threshold',
  'Tile',
  'WindowData',
] as const;

/** Name of a layer type of BVLC Caffe 1.0. */
export type LayerType = (typeof LAYER_TYPES)[number];

/** The class of each of Caffe's layer types. A type without a line here does not compile. */
export const layerRegistry = {
  AbsVal: AbsValLayer,
  Accuracy: AccuracyLayer,
  ArgMax: ArgMaxLayer,
  BNLL: BNLLLayer,
  BatchNorm: BatchNormLayer,
  BatchReindex: BatchReindexLayer,
  Bias: BiasLayer,
  Clip: ClipLayer,
  Concat: ConcatLayer,
  ContrastiveLoss: ContrastiveLossLayer,
  Convolution: ConvolutionLayer,
  Crop: CropLayer,
  Data: UnsupportedLayer,
  Deconvolution: DeconvolutionLayer,
  Dropout: DropoutLayer,
  DummyData: DummyDataLayer,
  ELU: ELULayer,
  Eltwise: EltwiseLayer,
  Embed: EmbedLayer,
  EuclideanLoss: EuclideanLossLayer,
  Exp: ExpLayer,
  Filter: FilterLayer,
  Flatten: FlattenLayer,
  HDF5Data: UnsupportedLayer,
  HDF5Output: UnsupportedLayer,
  HingeLoss: HingeLossLayer,
  Im2col: Im2colLayer,
  ImageData: UnsupportedLayer,
  InfogainLoss: InfogainLossLayer,
  InnerProduct: InnerProductLayer,
  Input: InputLayer,
  LRN: LRNLayer,
  LSTM: LSTMLayer,
  LSTMUnit: LSTMUnitLayer,
  Log: LogLayer,
  MVN: MVNLayer,
  MemoryData: MemoryDataLayer,
  MultinomialLogisticLoss: MultinomialLogisticLossLayer,
  PReLU: PReLULayer,
  Parameter: ParameterLayer,
  Pooling: PoolingLayer,
  Power: PowerLayer,
  Python: UnsupportedLayer,
  RNN: RNNLayer,
  ReLU: ReLULayer,
  Reduction: ReductionLayer,
  Reshape: ReshapeLayer,
  SPP: SPPLayer,
  Scale: ScaleLayer,
  Sigmoid: SigmoidLayer,
  SigmoidCrossEntropyLoss: SigmoidCrossEntropyLossLayer,
  Silence: SilenceLayer,
  Slice: SliceLayer,
  Softmax: SoftmaxLayer,
  SoftmaxWithLoss: SoftmaxWithLossLayer,
  Split: SplitLayer,
  Swish: SwishLayer,
  TanH: TanHLayer,
  Threshold: ThresholdLayer,
  Tile: TileLayer,
  WindowData: UnsupportedLayer,
} satisfies Record<LayerType, LayerClass> & Record<string, LayerClass>;

/** Layers that users registered at run time; they go before the built-in ones. */
const ownLayers = new Map<string, LayerClass>();

/** The built-in class, if the type is one of Caffe's. */
function builtIn(type: string): LayerClass | undefined {
  return Object.hasOwn(layerRegistry, type) ? (layerRegistry as Record<string, LayerClass>)[type] : undefined;
}

/**
 * Makes a layer type of one's own known to every Net that is built from now on.
 * @param type the name that `layer { type: "…" }` will use
 * @throws NetspecError when the type exists already, unless `override` is set; an override ends with
 * {@link unregisterLayer}.
 */
export function registerLayer(type: string, cls: LayerClass, { override = false } = {}): void {
  if (type === '') throw new NetspecError('a layer type needs a name');
  if (!override && (ownLayers.has(type) || builtIn(type)))
    throw new NetspecError(`Layer type ${type} already registered`, {
      hint: `choose another name, or pass { override: true } to replace it`,
    });
  ownLayers.set(type, cls);
}

/**
 * Takes back {@link registerLayer}; a built-in type that was overridden is itself again.
 * @returns whether there was something to take back. Built-in types stay.
 */
export function unregisterLayer(type: string): boolean {
  return ownLayers.delete(type);
}

/** Every type that {@link lookUpLayer} finds, sorted. */
export function knownLayerTypes(): string[] {
  return [...new Set([...Object.keys(layerRegistry), ...ownLayers.keys()])].sort();
}

/**
 * The class that runs a layer type.
 * @throws NetspecError in Caffe's words when there is none, with the nearest name as a hint.
 */
export function lookUpLayer(type: string): LayerClass {
  const cls = ownLayers.get(type) ?? builtIn(type);
  if (cls) return cls;
  const known = knownLayerTypes();
  throw new NetspecError(`Unknown layer type: ${type} (known types: ${known.join(', ')})`, {
    field: 'type',
    hint:
      didYouMean(type, known) ??
      (type === '' ? 'the layer has no type field' : "a fork's own layer can be added with registerLayer()"),
  });
}
