/**
 * ArgMax: indices, or values, of the largest elements.
 */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/** For a larger top_k, sorting all elements is faster than insertion into a list of the largest. */
const INSERTION_LIMIT = 16;

/**
 * The `top_k` largest elements, in descending order: along `axis`, or without one over everything but the first
 * dimension. Of equal elements the one with the higher index comes first.
 *
 * @formula `y[i, j]` = index, or with `out_max_val` value, of the j-th largest of `x[i, …]`
 * @bottoms x of any shape
 * @tops with `axis`: x's shape with `top_k` along it, holding indices, or values if `out_max_val`. Without: (N, 1, top_k)
 *   of indices, or (N, 2, top_k) of indices and values if `out_max_val`; as many axes as x, at least 3, further ones 1
 * @axes `axis` (no default, negative from the end)
 * @source Caffe's argmax_layer.cpp: std::partial_sort of (value, index) pairs by std::greater
 */
export class ArgMaxLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ArgMax',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Index (and value, with out_max_val) of the top_k largest elements.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['argmax_param'],
  };

  readonly #options = resolve('ArgMaxParameter', this.param.argmax_param);
  readonly #hasAxis = this.param.argmax_param?.axis !== undefined;
  #axis = 0;

  override setUp(): void {
    this.check(
      this.#options.top_k >= 1,
      () => `top k must not be less than 1 (${this.#options.top_k} vs. 1)`,
      undefined,
      'argmax_param.top_k',
    );
  }

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    const { top_k: topK, out_max_val: values } = this.#options;
    let shape: number[];
    let elements: number;
    if (this.#hasAxis) {
      this.#axis = axisOf(x, this.#options.axis, 'argmax_param.axis');
      elements = x.shape[this.#axis]!;
      shape = x.shape.with(this.#axis, topK);
    } else {
      shape = Array.from({ length: Math.max(x.numAxes, 3) }, () => 1);
      shape[0] = x.dim(0);
      if (values) shape[1] = 2;
      shape[2] = topK;
      elements = x.countOf(1);
    }
    this.check(
      topK <= elements,
      () =>
        `top_k must be less than or equal to the dimension of ${this.#hasAxis ? 'the axis' : 'the flattened bottom blob per instance'} ` +
        `(${topK} vs. ${elements}): bottom[0] is ${shapeString(x.shape)}`,
      undefined,
      'argmax_param.top_k',
    );
    y.reshape(shape);
  }

  override forward([bottom]: readonly [Blob], [top]: readonly [Blob]): void {
    const { top_k: topK, out_max_val: values } = this.#options;
    const [x, y] = valuesOf(bottom, top);
    const length = this.#hasAxis ? bottom.shape[this.#axis]! : bottom.countOf(1);
    const stride = this.#hasAxis ? bottom.countOf(this.#axis + 1) : 1;
    const lines = bottom.count / length;
    const best = new Float32Array(topK);
    const bestAt = new Float64Array(topK);
    for (let i = 0; i < lines; i++) {
      const outer = Math.trunc(i / stride);
      const inner = i % stride;
      largest(x, outer * length * stride + inner, length, stride, best, bestAt);
      for (let j = 0; j < topK; j++) {
        if (values && !this.#hasAxis) {
          y[2 * i * topK + j] = bestAt[j]!;
          y[2 * i * topK + topK + j] = best[j]!;
        } else y[(outer * topK + j) * stride + inner] = values ? best[j]! : bestAt[j]!;
      }
    }
  }
}

/**
 * Fills `best` and `bestAt` with the largest of `length` elements of x from `start` in steps of `stride`, descending.
 * Elements come in order of index, so that a new one stands before those equal to it.
 */
function largest(
  x: Float32Array,
  start: number,
  length: number,
  stride: number,
  best: Float32Array,
  bestAt: Float64Array,
): void {
  const k = best.length;
  if (k > INSERTION_LIMIT) {
    const order = Array.from({ length }, (_, j) => j);
    order.sort((a, b) => x[start + b * stride]! - x[start + a * stride]! || b - a);
    for (let j = 0; j < k; j++) {
      bestAt[j] = order[j]!;
      best[j] = x[start + order[j]! * stride]!;
    }
    return;
  }
  let held = 0;
  for (let j = 0; j < length; j++) {
    const value = x[start + j * stride]!;
    let at = held;
    // Written as "not less" so that a NaN replaces, and is replaced, as in Caffe's comparison of pairs.
    while (at > 0 && !(value < best[at - 1]!)) at--;
    if (at === k) continue;
    if (held < k) held++;
    for (let m = held - 1; m > at; m--) {
      best[m] = best[m - 1]!;
      bestAt[m] = bestAt[m - 1]!;
    }
    best[at] = value;
    bestAt[at] = j;
  }
}
