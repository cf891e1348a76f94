/**
 * Softmax along the middle of three dimensions, outer x channels x inner, as Caffe's SoftmaxLayer: the largest score is
 * subtracted before the exponential. y may be x.
 *
 * The unit of work, for `begin` and `end`, is a group of up to four neighbours in the inner dimension: each outer index
 * has ceil(inner / 4) of them.
 */
import { expLanes } from './inline/math';
import { sumLanes } from './inline/simd';

function exp1(x: f32): f32 {
  return f32x4.extract_lane(expLanes(f32x4.splat(x)), 0);
}

/** One line of n neighbouring elements, vectors along it. */
function contiguous(y: usize, x: usize, n: usize): void {
  const full = (n & ~3) << 2;
  const bytes = n << 2;
  let i: usize = 0;
  let best = load<f32>(x);
  if (full) {
    let lanes = v128.load(x);
    for (i = 16; i < full; i += 16) lanes = f32x4.pmax(lanes, v128.load(x + i));
    lanes = f32x4.pmax(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
    lanes = f32x4.pmax(lanes, v128.shuffle<f32>(lanes, lanes, 1, 0, 3, 2));
    best = f32x4.extract_lane(lanes, 0);
  }
  for (; i < bytes; i += 4) {
    const v = load<f32>(x + i);
    best = best < v ? v : best;
  }
  const bests = f32x4.splat(best);
  let sums = f32x4.splat(0);
  for (i = 0; i < full; i += 16) {
    const e = expLanes(f32x4.sub(v128.load(x + i), bests));
    v128.store(y + i, e);
    sums = f32x4.add(sums, e);
  }
  let sum = sumLanes(sums);
  for (; i < bytes; i += 4) {
    const e = exp1(load<f32>(x + i) - best);
    store<f32>(y + i, e);
    sum += e;
  }
  const divisor = f32x4.splat(sum);
  for (i = 0; i < full; i += 16) v128.store(y + i, f32x4.div(v128.load(y + i), divisor));
  for (; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) / sum);
}

/** Four neighbouring columns of `channels` elements, `step` bytes apart. */
function fourColumns(y: usize, x: usize, channels: usize, step: usize): void {
  const bytes = channels * step;
  let best = v128.load(x);
  for (let i = step; i < bytes; i += step) best = f32x4.pmax(best, v128.load(x + i));
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += step) {
    const e = expLanes(f32x4.sub(v128.load(x + i), best));
    v128.store(y + i, e);
    sum = f32x4.add(sum, e);
  }
  for (let i: usize = 0; i < bytes; i += step) v128.store(y + i, f32x4.div(v128.load(y + i), sum));
}

/** One column of `channels` elements, `step` bytes apart. */
function oneColumn(y: usize, x: usize, channels: usize, step: usize): void {
  const bytes = channels * step;
  let best = load<f32>(x);
  for (let i = step; i < bytes; i += step) {
    const v = load<f32>(x + i);
    best = best < v ? v : best;
  }
  let sum: f32 = 0;
  for (let i: usize = 0; i < bytes; i += step) {
    const e = exp1(load<f32>(x + i) - best);
    store<f32>(y + i, e);
    sum += e;
  }
  for (let i: usize = 0; i < bytes; i += step) store<f32>(y + i, load<f32>(y + i) / sum);
}

/** Softmax over `channels` of [outer, channels, inner]; units are groups of four in the inner dimension. */
export function f32_softmax__simd(y: usize, x: usize, channels: usize, inner: usize, begin: usize, end: usize): void {
  const groups = (inner + 3) >> 2;
  const step = inner << 2;
  for (let unit = begin; unit < end; unit++) {
    const first = (unit % groups) << 2;
    const at = ((unit / groups) * channels * inner + first) << 2;
    if (inner == 1) contiguous(y + at, x + at, channels);
    else if (first + 4 <= inner) fourColumns(y + at, x + at, channels, step);
    else for (let j = at; j < at + ((inner - first) << 2); j += 4) oneColumn(y + j, x + j, channels, step);
  }
}

/** Scalar twin of f32_softmax__simd. */
export function f32_softmax__scalar(y: usize, x: usize, channels: usize, inner: usize, begin: usize, end: usize): void {
  const groups = (inner + 3) >> 2;
  const step = inner << 2;
  const bytes = channels * step;
  for (let unit = begin; unit < end; unit++) {
    const first = (unit % groups) << 2;
    const row = (unit / groups) * channels * inner;
    for (let j = first; j < min<usize>(first + 4, inner); j++) {
      const from = x + ((row + j) << 2);
      const to = y + ((row + j) << 2);
      let best = load<f32>(from);
      for (let i: usize = 0; i < bytes; i += step) {
        const v = load<f32>(from + i);
        best = best < v ? v : best;
      }
      let sum: f32 = 0;
      for (let i: usize = 0; i < bytes; i += step) {
        const e = Mathf.exp(load<f32>(from + i) - best);
        store<f32>(to + i, e);
        sum += e;
      }
      for (let i: usize = 0; i < bytes; i += step) store<f32>(to + i, load<f32>(to + i) / sum);
    }
  }
}
