/**
 * The error of convolutions against sums in double precision, for each shape that detection-v2 has.
 */
import type { LayerParameter } from '../src/generated/messages.js';
import type { Layer } from '../src/layers/index.js';
import { detectionV2, Net, randomizeParams, resolve } from '../src/index.js';
import { fillRandomly } from '../src/runtime/random-params.js';
import { seededRandom } from '../src/engine/random.js';
import { product } from '../src/shapes.js';

/** A convolution that detection-v2 has, once or more. */
export interface ConvolutionShape {
  /** `3x3 1024→1024 at 60x72`, with the stride and the groups where they are not 1. */
  name: string;
  /** Shape of its bottom. */
  input: readonly number[];
  layer: LayerParameter;
  /** Multiply-accumulates. */
  macs: number;
  /** How many layers of the net are like it. */
  count: number;
}

/** The different convolutions and deconvolutions of detection-v2 at 480 x 576. */
export async function detectionShapes(): Promise<ConvolutionShape[]> {
  const net = await Net.load(detectionV2());
  const shapes = new Map<string, ConvolutionShape>();
  for (const layer of net.layers) {
    if (layer.type !== 'Convolution' && layer.type !== 'Deconvolution') continue;
    const blobs = (names: readonly string[]) => names.map((name) => net.blobs.get(name)!);
    const [bottom, top] = [net.bottomNames.get(layer.name)!, net.topNames.get(layer.name)!].map(blobs);
    const name = nameOf(layer, bottom![0]!.shape);
    const found = shapes.get(name);
    if (found) found.count++;
    else
      shapes.set(name, {
        name,
        input: bottom![0]!.shape,
        layer: layer.param,
        macs: layer.macs(bottom!, top!),
        count: 1,
      });
  }
  net.dispose();
  return [...shapes.values()];
}

function nameOf({ type, param }: Layer, [, channels, height, width]: readonly number[]): string {
  const { num_output, kernel_size, stride, group } = resolve('ConvolutionParameter', param.convolution_param);
  const kernel = `${kernel_size[0]!}x${kernel_size[0]!}`;
  const step = stride[0] === undefined || stride[0] === 1 ? '' : ` stride ${stride[0]}`;
  const groups = group === 1 ? '' : ` ${group} groups`;
  const kind = type === 'Convolution' ? '' : 'deconvolution ';
  return `${kind}${kernel} ${channels}→${num_output}${step}${groups} at ${height}x${width}`;
}

export interface ErrorOptions {
  /** Largest number of multiply-accumulates to spend; rows of a larger image are left out, all but 8. Default: no limit. */
  maxMacs?: number;
  /** Elements of the result to compare. Default 1000. */
  samples?: number;
  /** Negative inputs are replaced by 0, as after a ReLU. Default false. */
  rectified?: boolean;
  threads?: number;
}

/** For each algorithm the largest error of the sampled elements, relative to the largest element of the result. */
export async function convolutionErrors(
  shape: ConvolutionShape,
  options: ErrorOptions = {},
): Promise<{ gemm: number; auto: number }> {
  const { maxMacs = Infinity, samples = 1000, rectified = false, threads } = options;
  const [batch = 1, channels = 1, height = 1, width = 1] = shape.input;
  const rows = shape.macs > maxMacs ? Math.max(8, Math.ceil((height * maxMacs) / shape.macs)) : height;
  const input = { name: 'x', type: 'Input', top: ['x'] };
  const dim = [batch, channels, rows, width];
  const message = {
    layer: [
      { ...input, input_param: { shape: [{ dim }] } },
      { ...shape.layer, name: 'y', bottom: ['x'], top: ['y'] },
    ],
  };
  const x = new Float32Array(product(dim));
  fillRandomly(x);
  if (rectified) for (let i = 0; i < x.length; i++) if (x[i]! < 0) x[i] = 0;
  let expected: Map<number, number> | undefined;
  const errorOf = async (algorithm: 'gemm' | 'auto'): Promise<number> => {
    const net = await Net.load(message, { algorithm, threads });
    try {
      randomizeParams(net);
      const y = (await net.forward({ inputs: { x } })).get('y')!;
      const [weights, bias] = net.params.get('y')!.map((blob) => blob.peek());
      const task: Task = { x, weights: weights!, bias, size: [rows, width], channels, layer: shape.layer };
      expected ??= new Map(sample(y.count, samples).map((at) => [at, element(task, y.shape, at)]));
      const values = y.peek();
      const worst = largestOf([...expected].map(([at, value]) => values[at]! - value));
      return worst / largestOf(values);
    } finally {
      net.dispose();
    }
  };
  return { gemm: await errorOf('gemm'), auto: await errorOf('auto') };
}

/** Largest magnitude. */
function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
  }
  return largest;
}

/** Indices of elements: two corners, where padding is, and any others. */
function sample(count: number, samples: number): number[] {
  const random = seededRandom('samples');
  return [0, count - 1, ...Array.from({ length: samples - 2 }, () => Math.floor(random() * count))];
}

interface Task {
  x: Float32Array;
  weights: Float32Array;
  bias: Float32Array | undefined;
  /** Of the image. */
  size: readonly [number, number];
  channels: number;
  layer: LayerParameter;
}

/** One element of the result, from the definition and in double precision. */
function element(task: Task, [, outputs = 1, topHeight = 1, topWidth = 1]: readonly number[], at: number): number {
  const { x, weights, bias, size, channels, layer } = task;
  const { kernel_size, stride: strides, pad: pads, group } = resolve('ConvolutionParameter', layer.convolution_param);
  const [kernel, stride, pad] = [kernel_size[0]!, strides[0] ?? 1, pads[0] ?? 0];
  const [o, p, q] = [Math.floor(at / (topHeight * topWidth)), Math.floor(at / topWidth) % topHeight, at % topWidth];
  const isForward = layer.type === 'Convolution';
  // Where in the image the result's position meets the kernel's; undefined where it does not.
  const source = (position: number, k: number, limit: number): number | undefined => {
    const from = isForward ? position * stride - pad + k : (position + pad - k) / stride;
    return Number.isInteger(from) && from >= 0 && from < limit ? from : undefined;
  };
  const [perGroup, depth] = [outputs / group, channels / group];
  const g = Math.floor(o / perGroup);
  let sum = bias?.[o] ?? 0;
  for (let i = 0; i < kernel; i++) {
    const h = source(p, i, size[0]);
    if (h === undefined) continue;
    for (let j = 0; j < kernel; j++) {
      const w = source(q, j, size[1]);
      if (w === undefined) continue;
      for (let c = 0; c < depth; c++) {
        const channel = g * depth + c;
        const row = isForward ? o * depth + c : channel * perGroup + (o % perGroup);
        sum += weights[(row * kernel + i) * kernel + j]! * x[(channel * size[0] + h) * size[1] + w]!;
      }
    }
  }
  return sum;
}
