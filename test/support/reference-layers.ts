/**
 * Plain double-precision versions of layers that several tests compare with.
 */
import { LossParameter_NormalizationMode as Mode, type LossParameter } from '../../src/generated/messages.js';
import { count } from './values.js';

/** Softmax along an axis. */
export function softmaxReference(x: ArrayLike<number>, shape: readonly number[], axis: number): Float64Array {
  const y = new Float64Array(x.length);
  const channels = shape[axis]!;
  const inner = count(shape.slice(axis + 1));
  for (let outer = 0; outer < count(shape.slice(0, axis)); outer++)
    for (let i = 0; i < inner; i++) {
      const at = (k: number): number => (outer * channels + k) * inner + i;
      const classes = Array.from({ length: channels }, (_, k) => k);
      const largest = Math.max(...classes.map((k) => x[at(k)]!));
      const sum = classes.reduce((s, k) => s + Math.exp(x[at(k)]! - largest), 0);
      for (const k of classes) y[at(k)] = Math.exp(x[at(k)]! - largest) / sum;
    }
  return y;
}

/** What a loss is divided by: a table of the modes, with the older field as their fallback. */
export function normalizerReference(
  { normalization, normalize }: LossParameter,
  otherwise: Mode,
  outer: number,
  inner: number,
  valid: number,
): number {
  const legacy = normalize === undefined ? otherwise : normalize ? Mode.VALID : Mode.BATCH_SIZE;
  const divisors = { [Mode.FULL]: outer * inner, [Mode.VALID]: valid, [Mode.BATCH_SIZE]: outer, [Mode.NONE]: 1 };
  return divisors[normalization ?? legacy] || 1;
}

export interface LrnOptions {
  size: number;
  alpha: number;
  beta: number;
  k: number;
  /** Window within each channel instead of across channels. */
  isWithin: boolean;
}

/** Local response normalization of (N, C, H, W), each window summed by itself. */
export function lrnReference(
  x: ArrayLike<number>,
  shape: readonly number[],
  { size, alpha, beta, k, isWithin }: LrnOptions,
): Float64Array {
  const [num, channels, height, width] = shape as [number, number, number, number];
  const reach = (size - 1) / 2;
  const at = (n: number, c: number, h: number, w: number): number => ((n * channels + c) * height + h) * width + w;
  const square = (n: number, c: number, h: number, w: number): number =>
    c < 0 || c >= channels || h < 0 || h >= height || w < 0 || w >= width ? 0 : x[at(n, c, h, w)]! ** 2;
  const y = new Float64Array(x.length);
  for (let n = 0; n < num; n++)
    for (let c = 0; c < channels; c++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++) {
          let sum = 0;
          for (let i = -reach; i <= reach; i++) {
            if (!isWithin) sum += square(n, c + i, h, w);
            else for (let j = -reach; j <= reach; j++) sum += square(n, c, h + i, w + j);
          }
          const scale = isWithin ? 1 + (alpha / size ** 2) * sum : k + (alpha / size) * sum;
          y[at(n, c, h, w)] = x[at(n, c, h, w)]! * scale ** -beta;
        }
  return y;
}
