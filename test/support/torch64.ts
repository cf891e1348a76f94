/**
 * torch64: PyTorch's operations in double precision, written from the definitions in its documentation: what a model gives
 * that was never near this engine.
 */

/** An array of float64, row-major. */
export interface T64 {
  shape: readonly number[];
  data: Float64Array;
}

type Pair = number | readonly [number, number];
const pair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);
const count = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);
const make = (shape: readonly number[]): T64 => ({ shape, data: new Float64Array(count(shape)) });

export const tensor = (shape: readonly number[], values: ArrayLike<number>): T64 => ({
  shape,
  data: Float64Array.from(values),
});

/** Each value by itself. */
export const map = (x: T64, f: (v: number, i: number) => number): T64 => ({ shape: x.shape, data: x.data.map(f) });

export const reshape = (x: T64, shape: readonly number[]): T64 => ({ shape, data: x.data });

/** Two arrays; the second may have ones where the first has more. */
export function zip(a: T64, b: T64, f: (a: number, b: number) => number): T64 {
  const strides = b.shape.map((d, i) => (d === 1 ? 0 : count(b.shape.slice(i + 1))));
  return map(a, (v, i) => {
    let [at, rest] = [0, i];
    for (let axis = a.shape.length - 1; axis >= 0; axis--) {
      at += (rest % a.shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / a.shape[axis]!);
    }
    return f(v, b.data[at]!);
  });
}
export const add = (a: T64, b: T64) => zip(a, b, (x, y) => x + y);
export const mul = (a: T64, b: T64) => zip(a, b, (x, y) => x * y);

export function permute(x: T64, order: readonly number[]): T64 {
  const y = make(order.map((axis) => x.shape[axis]!));
  const strides = order.map((axis) => count(x.shape.slice(axis + 1)));
  for (let i = 0; i < y.data.length; i++) {
    let [at, rest] = [0, i];
    for (let axis = y.shape.length - 1; axis >= 0; axis--) {
      at += (rest % y.shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / y.shape[axis]!);
    }
    y.data[i] = x.data[at]!;
  }
  return y;
}

export function cat(parts: readonly T64[], dim = 1): T64 {
  const shape = [...parts[0]!.shape];
  shape[dim] = parts.reduce((sum, p) => sum + p.shape[dim]!, 0);
  const [outer, inner] = [count(shape.slice(0, dim)), count(shape.slice(dim + 1))];
  const y = make(shape);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const p of parts) {
      const size = p.shape[dim]! * inner;
      y.data.set(p.data.subarray(o * size, (o + 1) * size), at);
      at += size;
    }
  return y;
}

/** Indices from `from` up to, not including, `to` along an axis. */
export function narrow(x: T64, dim: number, from: number, to: number): T64 {
  const shape = x.shape.map((d, i) => (i === dim ? to - from : d));
  const [outer, inner] = [count(shape.slice(0, dim)), count(shape.slice(dim + 1))];
  const y = make(shape);
  for (let o = 0; o < outer; o++) {
    const start = (o * x.shape[dim]! + from) * inner;
    y.data.set(x.data.subarray(start, start + (to - from) * inner), o * (to - from) * inner);
  }
  return y;
}

export interface ConvOptions {
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  groups?: number;
}

/** `w`: outputs x inputs / groups x rows x columns. */
export function conv2d(x: T64, w: T64, b?: T64, options: ConvOptions = {}): T64 {
  const [n, c, h, wd] = x.shape as [number, number, number, number];
  const [o, cg, kh, kw] = w.shape as [number, number, number, number];
  const { groups = 1 } = options;
  const [sh, sw] = pair(options.stride ?? 1);
  const [ph, pw] = pair(options.padding ?? 0);
  const [dh, dw] = pair(options.dilation ?? 1);
  const oh = Math.floor((h + 2 * ph - dh * (kh - 1) - 1) / sh) + 1;
  const ow = Math.floor((wd + 2 * pw - dw * (kw - 1) - 1) / sw) + 1;
  const y = make([n, o, oh, ow]);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let k = 0; k < o; k++)
      for (let r = 0; r < oh; r++)
        for (let q = 0; q < ow; q++) {
          let sum = b ? b.data[k]! : 0;
          const first = Math.floor(k / (o / groups)) * cg;
          for (let j = 0; j < cg; j++)
            for (let u = 0; u < kh; u++)
              for (let v = 0; v < kw; v++) {
                const [row, column] = [r * sh - ph + u * dh, q * sw - pw + v * dw];
                if (row < 0 || row >= h || column < 0 || column >= wd) continue;
                sum +=
                  x.data[((i * c + first + j) * h + row) * wd + column]! * w.data[((k * cg + j) * kh + u) * kw + v]!;
              }
          y.data[at++] = sum;
        }
  return y;
}

/** `w`: inputs x outputs / groups x rows x columns. */
export function convTranspose2d(x: T64, w: T64, b?: T64, options: ConvOptions & { outputPadding?: Pair } = {}): T64 {
  const [n, c, h, wd] = x.shape as [number, number, number, number];
  const [, og, kh, kw] = w.shape as [number, number, number, number];
  const { groups = 1 } = options;
  const [sh, sw] = pair(options.stride ?? 1);
  const [ph, pw] = pair(options.padding ?? 0);
  const [dh, dw] = pair(options.dilation ?? 1);
  const [eh, ew] = pair(options.outputPadding ?? 0);
  const oh = (h - 1) * sh - 2 * ph + dh * (kh - 1) + eh + 1;
  const ow = (wd - 1) * sw - 2 * pw + dw * (kw - 1) + ew + 1;
  const y = make([n, og * groups, oh, ow]);
  if (b) y.data.forEach((_, i) => (y.data[i] = b.data[Math.floor(i / (oh * ow)) % (og * groups)]!));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < c; j++)
      for (let k = 0; k < og; k++) {
        const output = Math.floor(j / (c / groups)) * og + k;
        for (let r = 0; r < h; r++)
          for (let q = 0; q < wd; q++)
            for (let u = 0; u < kh; u++)
              for (let v = 0; v < kw; v++) {
                const [row, column] = [r * sh - ph + u * dh, q * sw - pw + v * dw];
                if (row < 0 || row >= oh || column < 0 || column >= ow) continue;
                const to = ((i * og * groups + output) * oh + row) * ow + column;
                y.data[to] =
                  y.data[to]! + x.data[((i * c + j) * h + r) * wd + q]! * w.data[((j * og + k) * kh + u) * kw + v]!;
              }
      }
  return y;
}

export interface PoolOptions {
  kernel: number;
  stride?: number;
  padding?: number;
  ceil?: boolean;
  dilation?: number;
  /** avg_pool2d's count_include_pad. */
  countIncludePad?: boolean;
}

function pool(x: T64, options: PoolOptions, of: (values: number[], size: number) => number): T64 {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const { kernel, stride = kernel, padding = 0, ceil = false, dilation = 1 } = options;
  const outputs = (size: number): number => {
    const steps = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride;
    const output = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // The last window must begin inside the image or what is padded before it.
    return ceil && (output - 1) * stride >= size + padding ? output - 1 : output;
  };
  const [oh, ow] = [outputs(h), outputs(w)];
  const y = make([n, c, oh, ow]);
  let at = 0;
  for (let p = 0; p < n * c; p++)
    for (let r = 0; r < oh; r++)
      for (let q = 0; q < ow; q++) {
        const values: number[] = [];
        for (let u = 0; u < kernel; u++)
          for (let v = 0; v < kernel; v++) {
            const [row, column] = [r * stride - padding + u * dilation, q * stride - padding + v * dilation];
            if (row >= 0 && row < h && column >= 0 && column < w) values.push(x.data[(p * h + row) * w + column]!);
          }
        const length = (start: number, size: number) => Math.min(start + kernel, size + padding) - start;
        y.data[at++] = of(values, length(r * stride - padding, h) * length(q * stride - padding, w));
      }
  return y;
}
export const maxPool2d = (x: T64, options: PoolOptions) => pool(x, options, (values) => Math.max(...values));
export const avgPool2d = (x: T64, options: PoolOptions) =>
  pool(
    x,
    options,
    (values, size) => values.reduce((a, b) => a + b, 0) / ((options.countIncludePad ?? true) ? size : values.length),
  );
/** Of all rows and columns; they stay as axes of 1. */
export const globalAvgPool = (x: T64): T64 => {
  const inner = x.shape[2]! * x.shape[3]!;
  const y = make([x.shape[0]!, x.shape[1]!, 1, 1]);
  x.data.forEach((v, i) => (y.data[Math.floor(i / inner)] = y.data[Math.floor(i / inner)]! + v / inner));
  return y;
};

const perChannel = (v: T64, axes: number): T64 => reshape(v, [1, v.shape[0]!, ...Array<number>(axes - 2).fill(1)]);

/** In eval(). */
export function batchNorm(x: T64, [w, b, mean, variance]: readonly T64[], eps = 1e-5): T64 {
  const c = (v: T64) => perChannel(v, x.shape.length);
  const normal = zip(
    zip(x, c(mean!), (v, m) => v - m),
    c(variance!),
    (v, s) => v / Math.sqrt(s + eps),
  );
  return add(mul(normal, c(w!)), c(b!));
}

/** Mean 0 and variance 1 of each run of `size` values. */
export function normalized(x: T64, size: number, eps = 1e-5): T64 {
  const y = make(x.shape);
  for (let start = 0; start < x.data.length; start += size) {
    const values = x.data.subarray(start, start + size);
    const mean = values.reduce((a, b) => a + b, 0) / size;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / size;
    values.forEach((v, i) => (y.data[start + i] = (v - mean) / Math.sqrt(variance + eps)));
  }
  return y;
}
export const groupNorm = (x: T64, groups: number, w: T64, b: T64, eps = 1e-5): T64 =>
  add(
    mul(normalized(x, count(x.shape.slice(1)) / groups, eps), perChannel(w, x.shape.length)),
    perChannel(b, x.shape.length),
  );
/** Over the last axis. */
export const layerNorm = (x: T64, w: T64, b: T64, eps = 1e-5): T64 =>
  add(mul(normalized(x, x.shape.at(-1)!, eps), lastAxis(x, w)), lastAxis(x, b));
const lastAxis = (x: T64, v: T64) => reshape(v, [...Array<number>(x.shape.length - 1).fill(1), v.shape[0]!]);

/** `w`: outputs x inputs. */
export function linear(x: T64, w: T64, b?: T64): T64 {
  const [outputs, inputs] = w.shape as [number, number];
  const y = make([...x.shape.slice(0, -1), outputs]);
  for (let r = 0; r < x.data.length / inputs; r++)
    for (let o = 0; o < outputs; o++) {
      let sum = b ? b.data[o]! : 0;
      for (let i = 0; i < inputs; i++) sum += x.data[r * inputs + i]! * w.data[o * inputs + i]!;
      y.data[r * outputs + o] = sum;
    }
  return y;
}

export function softmax(x: T64, dim: number): T64 {
  const [size, inner] = [x.shape[dim]!, count(x.shape.slice(dim + 1))];
  const y = make(x.shape);
  for (let o = 0; o < x.data.length / size; o++) {
    const at = (k: number) => Math.floor(o / inner) * size * inner + k * inner + (o % inner);
    const exps = Array.from({ length: size }, (_, k) => Math.exp(x.data[at(k)]!));
    const sum = exps.reduce((a, b) => a + b, 0);
    exps.forEach((e, k) => (y.data[at(k)] = e / sum));
  }
  return y;
}

const sigmoidOf = (v: number) => 1 / (1 + Math.exp(-v));
const hardsigmoidOf = (v: number) => Math.min(Math.max(v + 3, 0), 6) / 6;
export const relu = (x: T64) => map(x, (v) => Math.max(v, 0));
export const relu6 = (x: T64) => map(x, (v) => Math.min(Math.max(v, 0), 6));
export const leakyRelu = (x: T64, slope = 0.01) => map(x, (v) => (v > 0 ? v : slope * v));
export const elu = (x: T64, alpha = 1) => map(x, (v) => (v > 0 ? v : alpha * Math.expm1(v)));
export const sigmoid = (x: T64) => map(x, sigmoidOf);
export const tanh = (x: T64) => map(x, Math.tanh);
export const silu = (x: T64) => map(x, (v) => v * sigmoidOf(v));
export const softplus = (x: T64) => map(x, (v) => Math.log1p(Math.exp(v)));
export const hardsigmoid = (x: T64) => map(x, hardsigmoidOf);
export const hardswish = (x: T64) => map(x, (v) => v * hardsigmoidOf(v));
/** One slope, or one for each channel. */
export const prelu = (x: T64, w: T64) =>
  zip(
    x,
    w.shape[0] === 1
      ? reshape(
          w,
          x.shape.map(() => 1),
        )
      : perChannel(w, x.shape.length),
    (v, a) => (v > 0 ? v : a * v),
  );

/** Nearest neighbours, by a whole factor. */
export function upsampleNearest(x: T64, factor: number): T64 {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const y = make([n, c, h * factor, w * factor]);
  return map(y, (_, i) => {
    const [column, row] = [i % (w * factor), Math.floor(i / (w * factor)) % (h * factor)];
    const plane = Math.floor(i / (w * factor * h * factor));
    return x.data[(plane * h + Math.floor(row / factor)) * w + Math.floor(column / factor)]!;
  });
}

/** Bilinear, to a size. */
export function upsampleBilinear(x: T64, [oh, ow]: readonly [number, number], alignCorners: boolean): T64 {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const place = (i: number, from: number, to: number): { low: number; high: number; part: number } => {
    const at = alignCorners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : Math.max(((i + 0.5) * from) / to - 0.5, 0);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), part: at - low };
  };
  return map(make([n, c, oh, ow]), (_, i) => {
    const plane = Math.floor(i / (oh * ow)) * h * w;
    const [r, q] = [place(Math.floor(i / ow) % oh, h, oh), place(i % ow, w, ow)];
    const row = (at: number) =>
      x.data[plane + at * w + q.low]! * (1 - q.part) + x.data[plane + at * w + q.high]! * q.part;
    return row(r.low) * (1 - r.part) + row(r.high) * r.part;
  });
}

/** LocalResponseNorm: alpha is divided by the size. */
export function lrn(x: T64, size: number, alpha = 1e-4, beta = 0.75, k = 1): T64 {
  const [c, inner] = [x.shape[1]!, count(x.shape.slice(2))];
  return map(x, (v, i) => {
    const channel = Math.floor(i / inner) % c;
    let sum = 0;
    for (let j = channel - Math.floor(size / 2); j < channel - Math.floor(size / 2) + size; j++)
      if (j >= 0 && j < c) sum += x.data[i + (j - channel) * inner]! ** 2;
    return v / (k + (alpha * sum) / size) ** beta;
  });
}

/** F.normalize over the channels. */
export function l2Normalize(x: T64, eps = 1e-12): T64 {
  const [c, inner] = [x.shape[1]!, count(x.shape.slice(2))];
  return map(x, (v, i) => {
    const first = Math.floor(i / (c * inner)) * c * inner + (i % inner);
    let sum = 0;
    for (let j = 0; j < c; j++) sum += x.data[first + j * inner]! ** 2;
    return v / Math.max(Math.sqrt(sum), eps);
  });
}

/** One direction of an LSTM over T x N x I, from a state of zeros: gates i, f, g, o. */
export function lstm(x: T64, [wi, wh, bi, bh]: readonly T64[], backward = false): T64 {
  const [steps, n] = x.shape as [number, number];
  const hidden = wh!.shape[1]!;
  const y = make([steps, n, hidden]);
  let h = make([n, hidden]);
  let c = make([n, hidden]);
  for (let k = 0; k < steps; k++) {
    const t = backward ? steps - 1 - k : k;
    const gates = add(linear(reshape(narrow(x, 0, t, t + 1), [n, x.shape[2]!]), wi!, bi), linear(h, wh!, bh));
    const gate = (index: number) => narrow(gates, 1, index * hidden, (index + 1) * hidden);
    c = add(mul(sigmoid(gate(1)), c), mul(sigmoid(gate(0)), tanh(gate(2))));
    h = mul(sigmoid(gate(3)), tanh(c));
    y.data.set(h.data, t * n * hidden);
  }
  return y;
}

/** Channels c * r² become c, and rows and columns r times as many. */
export function pixelShuffle(x: T64, r: number): T64 {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return reshape(permute(reshape(x, [n, c / r / r, r, r, h, w]), [0, 1, 4, 2, 5, 3]), [n, c / r / r, h * r, w * r]);
}

export function channelShuffle(x: T64, groups: number): T64 {
  const [n, c, ...rest] = x.shape as [number, number, ...number[]];
  const order = [0, 2, 1, ...rest.map((_, i) => i + 3)];
  return reshape(permute(reshape(x, [n, groups, c / groups, ...rest]), order), x.shape);
}
