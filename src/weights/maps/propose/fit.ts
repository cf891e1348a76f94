/** Whether a module's tensors can fill a target, by their shapes, and what has to be done to them. */
import { product, sameShape, withoutOnes } from '../../../shapes.js';
import { factsOf } from '../../../layers/registry.js';
import type { TransformStep } from '../transforms.js';
import { tensorOf, type SourceModule, type SourceTensor } from './source-modules.js';
import { rolesOf, type Target } from './targets.js';

export interface Fit {
  /** What the weight goes through. */
  readonly steps: readonly TransformStep[];
  /** The tensor of the first blob, of targets that are no normalization. */
  readonly weight?: SourceTensor;
  /** The tensor of the second blob; absent when the layer has none, or the module has none for it. */
  readonly bias?: SourceTensor;
  /** The layer has a bias and the module has not. */
  readonly lacksBias: boolean;
  /** What speaks against it, from 0 on. */
  readonly penalty: number;
}

/** Layouts of convolution weights: (outputs, inputs, height, width), or that of TensorFlow and Keras. */
export type Layout = 'OIHW' | 'HWIO';

/** How a module can fill a target; undefined when it cannot. */
export function fitOf(target: Target, module: SourceModule, layout: Layout): Fit | undefined {
  switch (target.kind) {
    case 'norm':
      return normFit(target, module);
    case 'vector':
      return vectorFit(target, module);
    case 'layer':
      return layerFit(target, module, layout);
  }
}

function normFit({ layers }: Target, module: SourceModule): Fit | undefined {
  const channels = product(layers[0]!.shapes[0]!);
  const vectors = (['scale', 'shift', 'mean', 'variance'] as const).map((role) => tensorOf(module, role));
  if (!module.isNorm || vectors.some((tensor) => tensor && product(tensor.info.shape) !== channels)) return undefined;
  const [scale, shift, mean, variance] = vectors;
  const roles = layers.flatMap(rolesOf);
  if (roles.includes('variance') && !(mean && variance)) return undefined;
  if (roles.includes('scale') && !(scale && shift)) return undefined;
  return { steps: [], lacksBias: false, penalty: 0 };
}

function vectorFit({ layers }: Target, module: SourceModule): Fit | undefined {
  const [tensor, ...more] = module.tensors.filter(({ role }) => role !== 'counter');
  const { shapes } = layers[0]!;
  if (!tensor || more.length > 0 || shapes.length > 1) return undefined;
  if (!sameShape(withoutOnes(tensor.info.shape), withoutOnes(shapes[0]!))) return undefined;
  return { steps: [], weight: tensor, lacksBias: false, penalty: 0 };
}

function layerFit({ layers }: Target, module: SourceModule, layout: Layout): Fit | undefined {
  const { layer, shapes } = layers[0]!;
  const [weightShape, biasShape] = shapes;
  const weight = tensorOf(module, 'weight') ?? module.tensors.find(({ role }) => role === 'other');
  if (module.isNorm || !weight || shapes.length > 2) return undefined;
  const turned = factsOf(layer, { blobs: shapes })?.weights?.(layer).transposed ?? false;
  const wanted = turned ? [...weightShape!].reverse() : weightShape!;
  const steps = stepsFor(weight.info.shape, wanted, layout);
  if (!steps) return undefined;
  if (turned && steps.length > 0) return undefined;
  const bias = tensorOf(module, 'bias');
  if (bias && biasShape && product(bias.info.shape) !== product(biasShape)) return undefined;
  const lacksBias = biasShape !== undefined && !bias;
  const penalty = (lacksBias ? 0.1 : 0) + (bias && !biasShape ? 0.3 : 0) + (steps.length > 0 ? 0.1 : 0);
  return { steps, weight, ...(biasShape && bias && { bias }), lacksBias, penalty };
}

/** What makes one shape of another, where there is an obvious way. */
function stepsFor(from: readonly number[], to: readonly number[], layout: Layout): TransformStep[] | undefined {
  if (layout === 'HWIO') {
    if (from.length === 4 && sameShape([from[3]!, from[2]!, from[0]!, from[1]!], to))
      return [{ permute: [3, 2, 0, 1] }];
    if (from.length === 2 && sameShape([...from].reverse(), withoutOnesBehind(to))) return ['transpose'];
    return undefined;
  }
  if (sameShape(withoutOnes(from), withoutOnes(to))) return [];
  const [outputs] = to;
  // A convolution that covers its whole input, and the inner product that does the same.
  if (from[0] === outputs && product(from) === product(to) && Math.min(from.length, to.length) === 2)
    return [{ reshape: [...to] }];
  if (from.length === 2 && sameShape([from[1]!, from[0]!], withoutOnesBehind(to))) return ['transpose'];
  return undefined;
}

/** A shape without the ones behind its second dimension: an inner product as a 1x1 convolution. */
function withoutOnesBehind(shape: readonly number[]): readonly number[] {
  return shape.slice(2).every((dim) => dim === 1) ? shape.slice(0, 2) : shape;
}
