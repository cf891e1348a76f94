/**
 * Random nets: chains and graphs with branches, in-place layers and splits, of layers whose results plain loops in double
 * precision can compute.
 */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import {
  EltwiseParameter_EltwiseOp as Operation,
  LRNParameter_NormRegion as Region,
  PoolingParameter_PoolMethod as Method,
  PoolingParameter_RoundMode as Round,
  type LayerParameter,
  type NetParameter,
} from '../../src/generated/messages.js';
import type { Blob } from '../../src/engine/blob.js';
import { exact, referenceLayer, referenceTypes, type Bounded } from './reference-net.js';
import { count, uniform } from './values.js';

/** One layer to be: fast-check's choices, which {@link layerOf} turns into one that fits the blobs there are. */
export interface Choice {
  type: string;
  /** Which blob it reads first, and which second, counted from the latest. */
  from: number;
  other: number;
  /** Settings. */
  a: number;
  b: number;
  c: number;
  isInPlace: boolean;
  flag: boolean;
  /** Its parameters have the values of all other twins' of the same shapes. */
  isTwin: boolean;
}

/** What the settings of random layers are chosen from. */
export const settings = { a: fc.nat(7), b: fc.nat(7), c: fc.nat(7), types: referenceTypes() };

/** Layers for a random net. */
export function choices({ a, b, c, types }: typeof settings): fc.Arbitrary<Choice[]> {
  return fc.array(
    fc.record({
      type: fc.constantFrom(...types, 'Convolution', 'Convolution', 'Pooling', 'Eltwise', 'Concat'),
      from: fc.nat(3),
      other: fc.nat(5),
      ...{ a, b, c },
      isInPlace: fc.boolean(),
      flag: fc.boolean(),
      isTwin: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  );
}

export const inputShapes = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
);

/** Keeps nets small enough for loops in TypeScript. */
const MAX_COUNT = 1500;

interface Named {
  name: string;
  shape: number[];
  /** No layer has read it yet, and it is no other name for a blob: a layer may change it in place. */
  isFresh: boolean;
}

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

/** Types that work in place here. */
const IN_PLACE = new Set(['BatchNorm', 'Dropout', 'Power', 'ReLU', 'Scale', 'Sigmoid', 'Softmax', 'TanH']);

/** Settings of a layer that reads `x` and perhaps others like it; undefined when the type cannot read it. */
function layerOf(
  choice: Choice,
  x: Named,
  blobs: readonly Named[],
): { param: LayerParameter; read: Named[] } | undefined {
  const { type, a, b, c, flag } = choice;
  const [, channels, height = 1, width = 1] = x.shape as [number, number, number?, number?];
  const isImage = x.shape.length === 4;
  const only = (param: LayerParameter): { param: LayerParameter; read: Named[] } => ({ param, read: [x] });
  switch (type) {
    case 'Convolution':
    case 'Deconvolution': {
      if (!isImage) return undefined;
      const group = flag ? pick(divisors(channels), c) : 1;
      const kernel = [1 + (a % 4), 1 + ((a + (b >> 2)) % 4)] as const;
      const stride = 1 + (b % 2);
      const dilation = 1 + (c % 2);
      const pad = (a + b) % 3;
      for (const [i, size] of [height, width].entries()) {
        const extent = dilation * (kernel[i]! - 1) + 1;
        if (type === 'Convolution' ? size + 2 * pad < extent : stride * (size - 1) + extent <= 2 * pad)
          return undefined;
      }
      const window =
        kernel[0] === kernel[1]
          ? { kernel_size: [kernel[0]], stride: [stride], pad: [pad], dilation: [dilation] }
          : { kernel_h: kernel[0], kernel_w: kernel[1], stride: [stride, stride], pad: [pad], dilation: [dilation] };
      const outputs = group * (1 + ((a + c) % 3));
      return only({ convolution_param: { num_output: outputs, group, bias_term: b % 3 > 0, ...window } });
    }
    case 'Pooling': {
      if (!isImage) return undefined;
      const pool = flag ? Method.MAX : Method.AVE;
      if (a === 0) return only({ pooling_param: { pool, global_pooling: true } });
      const kernel = 1 + (a % 3);
      const pad = c % kernel;
      if (kernel > Math.min(height, width) + 2 * pad) return undefined;
      // A stride beyond the kernel could leave windows empty.
      const window = { kernel_size: kernel, stride: 1 + (b % kernel), pad };
      return only({ pooling_param: { pool, ...window, ...(b > 4 ? { round_mode: Round.FLOOR } : {}) } });
    }
    case 'InnerProduct':
      return only({ inner_product_param: { num_output: 1 + a, bias_term: flag, transpose: b > 4 } });
    case 'LRN': {
      if (!isImage) return undefined;
      const norm_region = flag ? Region.ACROSS_CHANNELS : Region.WITHIN_CHANNEL;
      return only({
        lrn_param: { local_size: 1 + 2 * (a % 3), alpha: pick([1e-4, 0.1, 2], b), beta: 0.75, norm_region },
      });
    }
    case 'ReLU':
      return only(flag ? { relu_param: { negative_slope: 0.1 * a } } : {});
    case 'Power':
      return only({ power_param: { power: 1 + (a % 2), scale: 0.5 - 0.1 * b, shift: 0.3 * c } });
    case 'Scale':
      return only({ scale_param: { bias_term: flag } });
    case 'Slice':
      return channels < 2
        ? undefined
        : only({ top: ['', ''], slice_param: { slice_point: [1 + (a % (channels - 1))] } });
    case 'Eltwise': {
      const alike = blobs.filter(({ shape }) => String(shape) === String(x.shape));
      const operation = pick([Operation.SUM, Operation.PROD, Operation.MAX], a);
      const coeff = operation === Operation.SUM && flag ? { coeff: [1, 0.1 * b - 0.3] } : {};
      return { param: { eltwise_param: { operation, ...coeff } }, read: [x, pick(alike, choice.other)] };
    }
    case 'Concat': {
      const axis = isImage && a === 0 ? 3 : 1;
      const alike = blobs.filter(
        ({ shape }) => shape.length === x.shape.length && shape.every((d, i) => i === axis || d === x.shape[i]),
      );
      const read = [x, pick(alike, choice.other), ...(flag ? [pick(alike, b)] : [])];
      return { param: { concat_param: { axis } }, read };
    }
    default:
      return only({});
  }
}

/** Shapes of the parameters of a layer that reads a blob of this shape. */
function paramShapes({ type, ...layer }: LayerParameter, bottom: readonly number[]): number[][] {
  const channels = bottom[1]!;
  switch (type) {
    case 'Convolution':
    case 'Deconvolution': {
      const {
        num_output: outputs = 0,
        group = 1,
        bias_term,
        kernel_size,
        kernel_h,
        kernel_w,
      } = layer.convolution_param!;
      const kernel = kernel_size ? [kernel_size[0]!, kernel_size[0]!] : [kernel_h!, kernel_w!];
      const matrix = type === 'Convolution' ? [outputs, channels / group] : [channels, outputs / group];
      return [[...matrix, ...kernel], ...(bias_term ? [[outputs]] : [])];
    }
    case 'InnerProduct': {
      const { num_output: outputs = 0, bias_term, transpose } = layer.inner_product_param!;
      const length = count(bottom.slice(1));
      return [transpose ? [length, outputs] : [outputs, length], ...(bias_term ? [[outputs]] : [])];
    }
    case 'Scale':
      return [[channels], ...(layer.scale_param!.bias_term ? [[channels]] : [])];
    case 'BatchNorm':
      return [[channels], [channels], [1]];
    default:
      return [];
  }
}

function paramsOf(layer: LayerParameter, bottom: readonly number[], seed: number, isTwin: boolean): Bounded[] {
  return paramShapes(layer, bottom).map((shape, i) => {
    // A BatchNorm's variances are positive; its factor may be 0, which makes mean and variance 0.
    if (layer.type === 'BatchNorm' && i === 2) return exact(shape, [pick([1, 0, 999.5], seed)]);
    const low = layer.type === 'BatchNorm' && i === 1 ? 0.1 : -0.5;
    return exact(shape, uniform(shape, seed, `${isTwin ? layer.type! : layer.name!} ${i}`, low, low + 1).data);
  });
}

export interface Step {
  layer: LayerParameter;
  params: Bounded[];
}

/** Runs a step on the blobs by name, puts its tops among them and returns these. */
export function runStep({ layer, params }: Step, blobs: Map<string, Bounded>, algorithm: 'auto' | 'gemm'): Bounded[] {
  const bottom = layer.bottom!.map((name) => blobs.get(name)!);
  const tops = referenceLayer(layer, bottom, params, algorithm);
  layer.top!.forEach((name, i) => blobs.set(name, tops[i]!));
  return tops;
}

/** Whether plain loops can compute the blob in no time, and a float32 can tell it from a wrong one. */
function isUsable({ value, error }: Bounded): boolean {
  const largest = value.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const bound = error.reduce((m, e) => Math.max(m, e), 0);
  return value.length <= MAX_COUNT && largest < 1e6 && bound <= 1e-2 * largest + 1e-6;
}

/** Makes layers of the choices, leaving out those that fit no blob. */
export function planNet(choices: readonly Choice[], input: Bounded, seed: number, algorithm: 'auto' | 'gemm'): Step[] {
  const steps: Step[] = [];
  const blobs: Named[] = [{ name: 'data', shape: input.shape, isFresh: false }];
  let values = new Map([['data', input]]);
  for (const choice of choices) {
    const x = blobs.at(-1 - (choice.from % blobs.length))!;
    const found = layerOf(choice, x, blobs);
    if (!found) continue;
    const name = `layer${steps.length}`;
    const isInPlace = choice.isInPlace && IN_PLACE.has(choice.type) && x.isFresh;
    const top = isInPlace ? [x.name] : (found.param.top ?? ['']).map((_, i) => `${name}_${i}`);
    const layer = { ...found.param, name, type: choice.type, bottom: found.read.map((blob) => blob.name), top };
    const step = { layer, params: paramsOf(layer, x.shape, seed, choice.isTwin) };
    const after = new Map(values);
    const tops = runStep(step, after, algorithm);
    if (!tops.every(isUsable)) continue;
    steps.push(step);
    values = after;
    if (isInPlace) continue;
    for (const blob of found.read) blob.isFresh = false;
    // Flatten's top shares its bottom's values.
    tops.forEach(({ shape }, i) => blobs.push({ name: top[i]!, shape, isFresh: choice.type !== 'Flatten' }));
  }
  return steps;
}

/** The net of these steps, with an input `data`. */
export function protoOf(steps: readonly Step[], inputShape: readonly number[]): NetParameter {
  const data = { name: 'data', type: 'Input', top: ['data'], input_param: { shape: [{ dim: [...inputShape] }] } };
  return { layer: [data, ...steps.map(({ layer }) => layer)] };
}

/** The parameters of these steps, as a caffemodel has them. */
export function weightsOf(steps: readonly Step[]): NetParameter {
  return {
    layer: steps.map(({ layer: { name, type }, params }) => ({
      ...{ name, type },
      blobs: params.map(({ shape, value }) => ({ shape: { dim: shape }, data: Float32Array.from(value) })),
    })),
  };
}

/** Fails unless each value of the blob is within its bound. */
export function expectBounded(
  what: string,
  blob: Pick<Blob, 'shape' | 'peek'>,
  { shape, value, error }: Bounded,
): void {
  expect([what, blob.shape]).toEqual([what, shape]);
  const data = blob.peek();
  // Products of two errors, which the analysis leaves out, and results below the normal range.
  const slack = (i: number): number => 1.01 * error[i]! + 2 ** -126;
  const wrong = data.findIndex((x, i) => !(Math.abs(x - value[i]!) <= slack(i)));
  if (wrong >= 0)
    throw new Error(
      `${what}[${wrong}]: expected ${value[wrong]!} within ${slack(wrong).toExponential(2)}, got ${data[wrong]!}`,
    );
}
