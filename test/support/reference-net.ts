/**
 * A net computed by plain loops in double precision, each number with a bound on how far a float32 computation of the
 * same formula may be from it. The bounds are a running error analysis (Higham, Accuracy and Stability of Numerical
 * Algorithms, section 3.3): each operation carries the bounds of what it reads on, and adds its own roundings.
 */
import {
  EltwiseParameter_EltwiseOp as Operation,
  PoolingParameter_PoolMethod as Method,
  PoolingParameter_RoundMode as Round,
  type LayerParameter,
} from '../../src/generated/messages.js';
import { resolve } from '../../src/proto/message.js';
import { ROUNDING } from './close.js';
import { count } from './values.js';

/** Values with their bounds. */
export interface Bounded {
  shape: number[];
  value: Float64Array;
  /** |computed − value| is at most this. */
  error: Float64Array;
}

/** Exact values: inputs and parameters. */
export function exact(shape: readonly number[], value: ArrayLike<number>): Bounded {
  return { shape: [...shape], value: Float64Array.from(value), error: new Float64Array(value.length) };
}

/** The tops of a layer. @param algorithm how the net computes convolutions, which decides how exact they are */
export function referenceLayer(
  layer: LayerParameter,
  bottom: readonly Bounded[],
  params: readonly Bounded[],
  algorithm: 'auto' | 'gemm',
): Bounded[] {
  const compute = LAYERS[layer.type!];
  if (!compute) throw new Error(`no reference for ${layer.type!}`);
  return compute(layer, bottom, params, algorithm);
}

/** Layer types that {@link referenceLayer} knows. */
export function referenceTypes(): string[] {
  return Object.keys(LAYERS);
}

type Compute = (
  layer: LayerParameter,
  bottom: readonly Bounded[],
  params: readonly Bounded[],
  algorithm: 'auto' | 'gemm',
) => Bounded[];

const u = ROUNDING;

function blank(shape: readonly number[]): Bounded {
  const length = count(shape);
  return { shape: [...shape], value: new Float64Array(length), error: new Float64Array(length) };
}

/** A sum of products, in any order: each term and each addition is rounded, at most as often as there are terms. */
class Sum {
  #value = 0;
  #magnitude = 0;
  #error = 0;
  #terms = 0;

  /** Adds a[i] times b[j], or a[i] alone. */
  add(a: Bounded, i: number, b?: Bounded, j = 0): void {
    this.addTimes(a, i, b?.value[j] ?? 1, b?.error[j] ?? 0);
  }

  /** Adds a[i] times a number that errs by `error`. */
  addTimes(a: Bounded, i: number, factor: number, error = 0): void {
    const value = a.value[i]!;
    this.#value += value * factor;
    this.#magnitude += Math.abs(value * factor);
    this.#error += a.error[i]! * (Math.abs(factor) + error) + Math.abs(value) * error;
    this.#terms++;
  }

  get magnitude(): number {
    return this.#magnitude + this.#error;
  }

  /** Writes the sum, times `scale` if given, to y[i]. */
  store(y: Bounded, i: number, scale = 1): void {
    y.value[i] = this.#value * scale;
    y.error[i] = (this.#error + (this.#terms + 2) * u * this.magnitude) * Math.abs(scale);
  }
}

/** y[i] = f(x[i]) where `error` bounds |f(x + δ) − f(x)| for |δ| ≤ e, and f's own roundings. */
function elementwise(
  x: Bounded,
  f: (v: number) => number,
  error: (v: number, e: number, y: number) => number,
): Bounded {
  const y = blank(x.shape);
  x.value.forEach((v, i) => {
    y.value[i] = f(v);
    y.error[i] = error(v, x.error[i]!, y.value[i]);
  });
  return y;
}

/** A copy of elements: y[i] = x[from(i)]. */
function gather(x: Bounded, shape: readonly number[], from: (i: number) => number): Bounded {
  const y = blank(shape);
  for (let i = 0; i < y.value.length; i++) {
    y.value[i] = x.value[from(i)]!;
    y.error[i] = x.error[from(i)]!;
  }
  return y;
}

interface Window {
  kernel: [number, number];
  stride: [number, number];
  pad: [number, number];
  dilation: [number, number];
}

function windowOf(layer: LayerParameter): Window {
  const p = resolve('ConvolutionParameter', layer.convolution_param);
  const given = layer.convolution_param!;
  const pair = (
    list: readonly number[],
    h: number | undefined,
    w: number | undefined,
    otherwise: number,
  ): [number, number] => (h === undefined ? [list[0] ?? otherwise, list.at(-1) ?? otherwise] : [h, w!]);
  return {
    kernel: pair(p.kernel_size, given.kernel_h, given.kernel_w, 0),
    stride: pair(p.stride, given.stride_h, given.stride_w, 1),
    pad: pair(p.pad, given.pad_h, given.pad_w, 0),
    dilation: pair(p.dilation, undefined, undefined, 1),
  };
}

/**
 * Calls `pair` for each pair of pixels that a kernel position connects: `small` is the pixel of the side with fewer,
 * convolution's top and deconvolution's bottom, `large` that of the other side.
 */
function connect(
  { kernel, stride, pad, dilation }: Window,
  small: readonly [number, number],
  large: readonly [number, number],
  pair: (small: number, large: number, position: number) => void,
): void {
  for (let p = 0; p < small[0]; p++)
    for (let q = 0; q < small[1]; q++)
      for (let k = 0; k < kernel[0]; k++)
        for (let l = 0; l < kernel[1]; l++) {
          const h = p * stride[0] - pad[0] + k * dilation[0];
          const w = q * stride[1] - pad[1] + l * dilation[1];
          if (h >= 0 && h < large[0] && w >= 0 && w < large[1])
            pair(p * small[1] + q, h * large[1] + w, k * kernel[1] + l);
        }
}

const convolution: Compute = (layer, [x], [weight, bias], algorithm) => {
  const { num_output: outputs, group } = resolve('ConvolutionParameter', layer.convolution_param);
  const isTransposed = layer.type === 'Deconvolution';
  const window = windowOf(layer);
  const { kernel, stride, pad, dilation } = window;
  const [num, channels, height, width] = x!.shape as [number, number, number, number];
  const size = [height, width].map((dim, i) => {
    const extent = dilation[i]! * (kernel[i]! - 1) + 1;
    return isTransposed
      ? stride[i]! * (dim - 1) + extent - 2 * pad[i]!
      : Math.floor((dim + 2 * pad[i]! - extent) / stride[i]!) + 1;
  }) as [number, number];
  const y = blank([num, outputs, ...size]);
  const pixels = size[0] * size[1];
  const positions = kernel[0] * kernel[1];
  const [inGroup, outGroup] = [channels / group, outputs / group];
  const one = exact([1], [1]);
  let largest = 0;
  for (let n = 0; n < num; n++)
    for (let o = 0; o < outputs; o++) {
      const sums = Array.from({ length: pixels }, () => new Sum());
      const g = Math.floor(o / outGroup);
      for (let c = g * inGroup; c < (g + 1) * inGroup; c++) {
        const from = (n * channels + c) * height * width;
        if (isTransposed)
          connect(window, [height, width], size, (i, j, k) =>
            sums[j]!.add(x!, from + i, weight, (c * outGroup + (o % outGroup)) * positions + k),
          );
        else
          connect(window, size, [height, width], (j, i, k) =>
            sums[j]!.add(x!, from + i, weight, (o * inGroup + (c % inGroup)) * positions + k),
          );
      }
      sums.forEach((sum, p) => {
        if (bias) sum.add(one, 0, bias, o);
        sum.store(y, (n * outputs + o) * pixels + p);
        largest = Math.max(largest, sum.magnitude);
      });
    }
  // Winograd's algorithm may be used: it adds and subtracts neighbours, so that its error depends on all of the layer.
  // It has to stay within 1e-5 of the layer's largest output, which `largest` bounds.
  if (algorithm === 'auto' && !isTransposed && positions === 9)
    y.error.forEach((e, i) => (y.error[i] = e + 1e-5 * largest));
  return [y];
};

const pooling: Compute = (layer, [x]) => {
  const p = resolve('PoolingParameter', layer.pooling_param);
  const [num, channels, height, width] = x!.shape as [number, number, number, number];
  const sizes = [height, width] as const;
  const kernel = p.global_pooling ? sizes : ([p.kernel_size, p.kernel_size] as const);
  const pooled = sizes.map((size, i) => {
    const steps = (size + 2 * p.pad - kernel[i]!) / p.stride;
    const windows = (p.round_mode === Round.FLOOR ? Math.floor(steps) : Math.ceil(steps)) + 1;
    return p.pad > 0 && (windows - 1) * p.stride >= size + p.pad ? windows - 1 : windows;
  }) as [number, number];
  const y = blank([num, channels, ...pooled]);
  for (let plane = 0, to = 0; plane < num * channels; plane++)
    for (let i = 0; i < pooled[0]; i++)
      for (let j = 0; j < pooled[1]; j++, to++) {
        const [top, left] = [i * p.stride - p.pad, j * p.stride - p.pad];
        const area =
          (Math.min(top + kernel[0], height + p.pad) - top) * (Math.min(left + kernel[1], width + p.pad) - left);
        const sum = new Sum();
        y.value[to] = -Infinity;
        for (let h = Math.max(top, 0); h < Math.min(top + kernel[0], height); h++)
          for (let w = Math.max(left, 0); w < Math.min(left + kernel[1], width); w++) {
            const from = (plane * height + h) * width + w;
            sum.add(x!, from);
            y.value[to] = Math.max(y.value[to]!, x!.value[from]!);
            y.error[to] = Math.max(y.error[to]!, x!.error[from]!);
          }
        if (p.pool === Method.AVE) sum.store(y, to, 1 / area);
      }
  return [y];
};

const innerProduct: Compute = (layer, [x], [weight, bias]) => {
  const { num_output: outputs, axis, transpose } = resolve('InnerProductParameter', layer.inner_product_param);
  const outer = x!.shape.slice(0, axis);
  const length = count(x!.shape.slice(axis));
  const y = blank([...outer, outputs]);
  const one = exact([1], [1]);
  for (let n = 0; n < count(outer); n++)
    for (let o = 0; o < outputs; o++) {
      const sum = new Sum();
      for (let i = 0; i < length; i++)
        sum.add(x!, n * length + i, weight, transpose ? i * outputs + o : o * length + i);
      if (bias) sum.add(one, 0, bias, o);
      sum.store(y, n * outputs + o);
    }
  return [y];
};

/** Calls `line` with the indices of each line along axis 1. */
function linesOf({ shape, value }: Bounded, line: (indices: number[]) => void): void {
  const channels = shape[1]!;
  const inner = count(shape.slice(2));
  for (let i = 0; i < value.length / channels; i++) {
    const start = Math.floor(i / inner) * channels * inner + (i % inner);
    line(Array.from({ length: channels }, (_, c) => start + c * inner));
  }
}

/** Index of the channel (axis 1) of element i. */
function channelOf({ shape }: Bounded, i: number): number {
  return Math.floor(i / count(shape.slice(2))) % shape[1]!;
}

const softmax: Compute = (_layer, [x]) => {
  const y = blank(x!.shape);
  linesOf(x!, (line) => {
    const largest = Math.max(...line.map((i) => x!.value[i]!));
    const error = Math.max(...line.map((i) => x!.error[i]!));
    const range = Math.max(...line.map((i) => largest - x!.value[i]!)) + 2 * error;
    const sum = line.reduce((s, i) => s + Math.exp(x!.value[i]! - largest), 0);
    for (const i of line) {
      y.value[i] = Math.exp(x!.value[i]! - largest) / sum;
      // Exponents err by 2 e and the rounding of the difference, in numerator and sum; exp errs by 4 u in both, the sum by
      // a rounding for each class, the division by 1. Results below the normal range may be 0.
      const relative = 2 * (2 * error + u * range + 4 * u) + (line.length + 1) * u;
      y.error[i] = y.value[i] * Math.expm1(relative) + 2 ** -126;
    }
  });
  return [y];
};

const lrn: Compute = (layer, [x]) => {
  const { local_size: size, alpha, beta, k, norm_region: region } = resolve('LRNParameter', layer.lrn_param);
  const [, channels, height, width] = x!.shape as [number, number, number, number];
  const reach = (size - 1) / 2;
  const y = blank(x!.shape);
  x!.value.forEach((value, i) => {
    const [w, h, c] = [i % width, Math.floor(i / width) % height, channelOf(x!, i)];
    let sum = 0;
    let error = 0;
    const add = (from: number): void => {
      const v = Math.abs(x!.value[from]!);
      sum += v * v;
      error += (2 * v + x!.error[from]!) * x!.error[from]!;
    };
    for (let a = -reach; a <= reach; a++) {
      if (region === 0) {
        if (c + a >= 0 && c + a < channels) add(i + a * height * width);
        continue;
      }
      for (let b = -reach; b <= reach; b++)
        if (h + a >= 0 && h + a < height && w + b >= 0 && w + b < width) add(i + a * width + b);
    }
    const terms = region === 0 ? size : size * size;
    const factor = alpha / terms;
    const scale = (region === 0 ? k : 1) + factor * sum;
    const scaleError = factor * error + (terms + 5) * u * scale;
    y.value[i] = value * scale ** -beta;
    // scale^-beta falls with the scale; the power errs by 4 u and by beta's rounding, the product by 1.
    const power = (scale - scaleError) ** -beta;
    const roundings = (6 + 2 * beta * Math.abs(Math.log(scale))) * u;
    y.error[i] =
      power * x!.error[i]! +
      Math.abs(value) * (power - scale ** -beta) +
      roundings * power * (Math.abs(value) + x!.error[i]!);
  });
  return [y];
};

const batchNorm: Compute = (layer, [x], [means, variances, factor]) => {
  const { eps } = resolve('BatchNormParameter', layer.batch_norm_param);
  const scale = factor!.value[0] === 0 ? 0 : 1 / factor!.value[0]!;
  const y = blank(x!.shape);
  x!.value.forEach((value, i) => {
    const c = channelOf(x!, i);
    const mean = means!.value[c]! * scale;
    const deviation = Math.sqrt(variances!.value[c]! * scale + eps);
    y.value[i] = (value - mean) / deviation;
    // Mean: 2 roundings, difference 1; deviation: at most 4 roundings of its square, the root and its inverse 2 more.
    const difference = x!.error[i]! + 3 * u * (Math.abs(value) + Math.abs(mean));
    y.error[i] = difference / deviation + 8 * u * (Math.abs(y.value[i]) + difference / deviation);
  });
  return [y];
};

const scaleLayer: Compute = (_layer, [x], [scale, bias]) => {
  const y = blank(x!.shape);
  const one = exact([1], [1]);
  for (let i = 0; i < y.value.length; i++) {
    const sum = new Sum();
    sum.add(x!, i, scale, channelOf(x!, i));
    if (bias) sum.add(one, 0, bias, channelOf(x!, i));
    sum.store(y, i);
  }
  return [y];
};

const eltwise: Compute = (layer, bottom) => {
  const { operation, coeff } = resolve('EltwiseParameter', layer.eltwise_param);
  const y = blank(bottom[0]!.shape);
  for (let i = 0; i < y.value.length; i++) {
    const values = bottom.map((x) => x.value[i]!);
    const errors = bottom.map((x) => x.error[i]!);
    if (operation === Operation.SUM) {
      const sum = new Sum();
      bottom.forEach((x, j) => sum.addTimes(x, i, coeff[j] ?? 1, u * Math.abs(coeff[j] ?? 0)));
      sum.store(y, i);
    } else if (operation === Operation.MAX) {
      y.value[i] = Math.max(...values);
      y.error[i] = Math.max(...errors);
    } else {
      y.value[i] = values.reduce((p, v) => p * v, 1);
      const largest = values.reduce((p, v, j) => p * (Math.abs(v) + errors[j]!), 1);
      y.error[i] = largest * (1 + values.length * u) - Math.abs(y.value[i]!);
    }
  }
  return [y];
};

const concat: Compute = (layer, bottom) => {
  const { axis } = resolve('ConcatParameter', layer.concat_param);
  const lengths = bottom.map((x) => x.shape[axis]!);
  const shape = bottom[0]!.shape.with(
    axis,
    lengths.reduce((s, d) => s + d, 0),
  );
  const y = blank(shape);
  const inner = count(shape.slice(axis + 1));
  let offset = 0;
  bottom.forEach((x, b) => {
    x.value.forEach((value, i) => {
      const [outer, rest] = [Math.floor(i / (lengths[b]! * inner)), i % (lengths[b]! * inner)];
      const to = (outer * shape[axis]! + offset) * inner + rest;
      y.value[to] = value;
      y.error[to] = x.error[i]!;
    });
    offset += lengths[b]!;
  });
  return [y];
};

const slice: Compute = (layer, [x]) => {
  const { axis, slice_point: points } = resolve('SliceParameter', layer.slice_param);
  const ends = [...points, x!.shape[axis]!];
  const inner = count(x!.shape.slice(axis + 1));
  return ends.map((end, t) => {
    const start = ends[t - 1] ?? 0;
    const size = (end - start) * inner;
    return gather(
      x!,
      x!.shape.with(axis, end - start),
      (i) => (Math.floor(i / size) * x!.shape[axis]! + start) * inner + (i % size),
    );
  });
};

const LAYERS: Readonly<Record<string, Compute>> = {
  AbsVal: (_layer, [x]) => [elementwise(x!, Math.abs, (_v, e) => e)],
  BatchNorm: batchNorm,
  Concat: concat,
  Convolution: convolution,
  Deconvolution: convolution,
  // In phase TEST.
  Dropout: (_layer, [x]) => [x!],
  Eltwise: eltwise,
  Flatten: (_layer, [x]) => [gather(x!, [x!.shape[0]!, count(x!.shape.slice(1))], (i) => i)],
  InnerProduct: innerProduct,
  LRN: lrn,
  Pooling: pooling,
  Power: (layer, [x]) => {
    const { power, scale, shift } = resolve('PowerParameter', layer.power_param);
    return [
      elementwise(
        x!,
        (v) => (shift + scale * v) ** power,
        (v, e) => {
          // Settings are rounded to float32, then the product and the sum; powers here are 1 or 2.
          const base = Math.abs(shift + scale * v);
          const error = Math.abs(scale) * e + 4 * u * (Math.abs(scale) * (Math.abs(v) + e) + Math.abs(shift));
          return power === 1 ? error : (2 * base + error) * error + 2 * u * (base + error) ** 2;
        },
      ),
    ];
  },
  ReLU: (layer, [x]) => {
    const { negative_slope: slope } = resolve('ReLUParameter', layer.relu_param);
    return [
      elementwise(
        x!,
        (v) => (v > 0 ? v : v * slope),
        // Continuous, with slopes 1 and `slope`, which is rounded; the product is rounded.
        (v, e) => Math.max(1, Math.abs(slope)) * e + 2 * u * Math.abs(slope) * (Math.abs(v) + e),
      ),
    ];
  },
  Scale: scaleLayer,
  // Its slope is at most 1/4; exp errs by 4 u, sum and division by 1 each; results below 2^-32 are rounded to 2^-54.
  Sigmoid: (_layer, [x]) => [
    elementwise(
      x!,
      (v) => 1 / (1 + Math.exp(-v)),
      (_v, e, y) => e / 4 + 6 * u * (y + e / 4) + 2 ** -54,
    ),
  ],
  Slice: slice,
  Softmax: softmax,
  // Its slope is at most 1; an exp, and four further roundings.
  TanH: (_layer, [x]) => [elementwise(x!, Math.tanh, (_v, e, y) => e + 8 * u * (Math.abs(y) + e))],
};
