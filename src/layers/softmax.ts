/**
 * Softmax: scores to probabilities along one axis.
 */
import { resolve } from '../proto/message.js';
import type { Arena } from '../engine/arena.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import { axisOf } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Exponentials of the scores along `axis`, divided by their sum; the largest score is subtracted first.
 *
 * @formula y[…, k, …] = exp(x[…, k, …] − m) / Σ_j exp(x[…, j, …] − m) with m = max_j x[…, j, …]
 * @bottoms x of any shape
 * @tops y, x's shape; may be x itself
 * @axes `axis` (default 1, negative from the end) holds the classes
 * @source Caffe's softmax_layer.cpp
 */
export class SoftmaxLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Softmax',
    origin: 'BVLC',
    family: 'activation',
    doc: 'exp(x) / sum exp(x) along an axis.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['softmax_param'],
    keepsOrder: true,
    inPlace: true,
  };

  readonly #options = resolve('SoftmaxParameter', this.param.softmax_param);
  #axis = 1;

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    this.#axis = axisOf(x, this.#options.axis, 'softmax_param.axis');
    y.reshapeLike(x);
  }

  override forward([x]: readonly [Blob], [y]: readonly [Blob]): void {
    softmax(this.context.arena, x, this.#axis, x.ptr, y.ptr);
  }
}

/**
 * Softmax of a blob along an axis, written to memory.
 * @param src the blob's own address
 * @param dst where the result goes: as many float32, or the same place
 */
export function softmax(arena: Arena, x: Blob, axis: number, src: number, dst: number): void {
  const inner = x.countOf(axis + 1);
  const groups = Math.ceil(inner / 4);
  if (x.count > 0)
    parallelFor(arena, 'f32_softmax__simd', [dst, src, x.shape[axis]!, inner], x.countOf(0, axis) * groups, {
      cost: 10 * x.shape[axis]!,
    });
}
