/** Whether a module's tensors can fill a target, by their shapes, and what has to be done to them. */
import { product, sameShape, withoutOnes } from '../../../shapes.js';
import { factsOf } from '../../../layers/registry.js';
import type { TransformStep } from '../transforms.js';
import { tensorOf, type SourceModule, type SourceTensor } from './source-module.js';
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
    case 'recurrent':
      return recurrentFit(target, module);
    case 'layer':
      return layerFit(target, module, layout);
  }
}

/** How many values a module's first tensor has that a target of this kind takes: only equal numbers can fit. */
export function sizeOfTarget({ kind, layers }: Target): number {
  const [shape = []] = layers[0]!.shapes;
  return kind === 'norm' ? product(layers.at(-1)!.shapes[0]!) : product(shape);
}

/** The numbers of values by which {@link fitOf} may accept a module. */
export function sizesOfModule({ tensors }: SourceModule): Set<number> {
  return new Set(tensors.map(({ info }) => product(info.shape)));
}

function normFit({ layers }: Target, module: SourceModule): Fit | undefined {
  const channels = product(layers[0]!.shapes[0]!);
  const vectors = (['scale', 'shift', 'mean', 'variance'] as const).map((role) => tensorOf(module, role));
  if (!module.isNorm || vectors.some((tensor) => tensor && product(tensor.info.shape) !== channels)) return undefined;
  const [scale, shift, mean, variance] = vectors;
  const roles = layers.flatMap(rolesOf);
  if (roles.includes('variance') && !(mean && variance)) return undefined;
  if (roles.includes('scale') && !(scale && shift) && !lacksAffine(vectors)) return undefined;
  return { steps: [], lacksBias: false, penalty: scale ? 0 : 0.1 };
}

/** Statistics without scale and shift (affine=False); where these are called gamma and beta, without one of them. */
function lacksAffine([scale, shift, mean, variance]: readonly (SourceTensor | undefined)[]): boolean {
  const given = scale ?? shift;
  return Boolean(mean && variance) && (given === undefined || /^(gamma|beta)/.test(given.word));
}

/** An LSTM of PyTorch, of Keras, or of another caffemodel. */
function recurrentFit({ layers }: Target, module: SourceModule): Fit | undefined {
  const { shapes } = layers[0]!;
  const shapeOf = (pattern: RegExp) => module.tensors.find(({ word }) => pattern.test(word))?.info.shape;
  const [input, bias, state] = [shapes[0]!, shapes[1]!, shapes.at(-1)!];
  if (shapes.length !== 3) return undefined;
  const fits = (given: readonly number[] | undefined, wanted: readonly number[]) => given && sameShape(given, wanted);
  const turned = (shape: readonly number[]) => [...shape].reverse();
  const torch = fits(shapeOf(/^weight_ih$/), input) && fits(shapeOf(/^weight_hh$/), state) && !shapeOf(/^weight_hr$/);
  const keras = fits(shapeOf(/^kernel/), turned(input)) && fits(shapeOf(/^recurrent_kernel/), turned(state));
  const caffe = fits(shapeOf(/^weight$/), input) && fits(shapeOf(/^bias$/), bias) && fits(shapeOf(/^2$/), state);
  return torch || keras || caffe ? { steps: [], lacksBias: false, penalty: 0 } : undefined;
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
  const steps = stepsFor(weight.info.shape, wanted, { layout, input: layers[0]!.input });
  if (!steps) return undefined;
  if (turned && steps.length > 0) return undefined;
  const bias = tensorOf(module, 'bias');
  if (bias && biasShape && product(bias.info.shape) !== product(biasShape)) return undefined;
  const lacksBias = biasShape !== undefined && !bias;
  const penalty = (lacksBias ? 0.1 : 0) + (bias && !biasShape ? 0.3 : 0) + (steps.length > 0 ? 0.1 : 0);
  return { steps, weight, ...(biasShape && bias && { bias }), lacksBias, penalty };
}

/** What makes one shape of another, where there is an obvious way. */
function stepsFor(
  from: readonly number[],
  to: readonly number[],
  { layout, input }: { layout: Layout; input?: readonly number[] },
): TransformStep[] | undefined {
  if (layout === 'HWIO') return from.length === 4 ? kernelSteps(from, to) : matrixSteps(from, to, input);
  if (sameShape(withoutOnes(from), withoutOnes(to))) return [];
  const [outputs] = to;
  // A convolution that covers its whole input, and the inner product that does the same.
  if (from[0] === outputs && product(from) === product(to) && Math.min(from.length, to.length) === 2)
    return [{ reshape: [...to] }];
  if (from.length === 2 && sameShape([from[1]!, from[0]!], withoutOnesBehind(to))) return ['transpose'];
  return undefined;
}

/** A kernel with its channels last; a depthwise one has (height, width, channels, multiplier). */
function kernelSteps(from: readonly number[], to: readonly number[]): TransformStep[] | undefined {
  const [height, width, inputs, outputs] = from as [number, number, number, number];
  if (sameShape([outputs, inputs, height, width], to)) return [{ permute: [3, 2, 0, 1] }];
  if (!sameShape([inputs * outputs, 1, height, width], to)) return undefined;
  const turn = { permute: [2, 3, 0, 1] };
  return outputs === 1 ? [turn] : [turn, { reshape: [...to] }];
}

/** A matrix of Keras'; behind a flattened image its rows go by height, width and channel. */
function matrixSteps(
  from: readonly number[],
  to: readonly number[],
  input: readonly number[] | undefined,
): TransformStep[] | undefined {
  const [rows, columns] = from;
  if (from.length !== 2 || !sameShape([columns!, rows!], withoutOnesBehind(to))) return undefined;
  const [, channels = 1, height = 1, width = 1] = input ?? [];
  if (to.length !== 2 || height * width === 1 || channels === 1 || channels * height * width !== rows)
    return ['transpose'];
  return [{ reshape: [height, width, channels, -1] }, { permute: [3, 2, 0, 1] }, { reshape: [columns!, -1] }];
}

/** A shape without the ones behind its second dimension: an inner product as a 1x1 convolution. */
function withoutOnesBehind(shape: readonly number[]): readonly number[] {
  return shape.slice(2).every((dim) => dim === 1) ? shape.slice(0, 2) : shape;
}
