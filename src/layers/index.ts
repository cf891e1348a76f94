/**
 * The layers room's public face: finding the class of a layer type, and registering one's own. A new built-in layer is a
 * file in this folder and a line in registry.ts; a user's own layer needs neither, only registerLayer().
 */
import { NetspecError, didYouMean } from '../errors.js';
import * as registry from './registry.js';
import type { LayerClass } from './layer.js';

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

/** The class of each built-in layer type. When one of Caffe's has no line in registry.ts, this does not compile. */
export const layerRegistry: Readonly<Record<LayerType, LayerClass> & Record<string, LayerClass>> = registry;

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
