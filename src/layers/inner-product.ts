/** InnerProduct: a fully connected layer. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import { multiply, multiplyScratch, project, projectScratch } from './shared/gemm.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * A matrix times each of a batch of vectors.
 *
 * @formula y[n, o] = bias[o] + Σ over i of weight[o, i] · x[n, i], i over all axes from `axis` on
 * @bottoms x of any shape; the axes before `axis` (1) number the vectors
 * @tops y: the axes before `axis`, then `num_output`
 * @params weight (num_output, size of a vector), with `transpose` the other way round; bias (num_output) unless
 *   `bias_term` is false
 * @source Caffe's inner_product_layer.cpp
 */
export class InnerProductLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'InnerProduct',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Fully connected layer over all axes from axis on.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['inner_product_param'],
    blobs: [
      { role: 'weight', filler: ({ inner_product_param: p }) => p?.weight_filler },
      { role: 'bias', filler: ({ inner_product_param: p }) => p?.bias_filler },
    ],
    weights: ({ inner_product_param: param }) => {
      const { axis, transpose } = resolve('InnerProductParameter', param);
      return { axis, groups: 1, inputsFirst: transpose, transposed: transpose };
    },
    biasTerm: { param: 'inner_product_param', byDefault: true },
    drawn: ({ inner_product_param: param }) => String(param?.num_output ?? ''),
  };

  readonly #options = resolve('InnerProductParameter', this.param.inner_product_param);
  /** Length of a vector. */
  #length = 0;

  override setUp([x]: readonly Blob[]): void {
    const { axis, num_output: outputs, bias_term: biased, transpose } = this.#options;
    this.#length = x!.countOf(axisOf(x!, axis, 'inner_product_param.axis'));
    this.check(
      outputs > 0,
      `num_output must be positive, got ${outputs}`,
      'write num_output, the number of results for each vector',
      'inner_product_param.num_output',
    );
    this.addBlob(transpose ? [this.#length, outputs] : [outputs, this.#length]);
    if (biased) this.addBlob([outputs]);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const axis = axisOf(x!, this.#options.axis, 'inner_product_param.axis');
    this.check(
      x!.countOf(axis) === this.#length,
      () =>
        `Input size incompatible with inner product parameters: ` +
        `bottom[0] is ${shapeString(x!.shape)}, ${x!.countOf(axis)} from axis ${axis} on; ` +
        `the weights are for ${this.#length}`,
    );
    y!.reshape([...x!.shape.slice(0, axis), this.#options.num_output]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [from, to] = [x!.ptr, y!.ptr];
    const w = this.blobs[0]!.ptr;
    const bias = this.blobs[1]?.ptr ?? 0;
    const [n, k] = [this.#options.num_output, this.#length];
    const batch = y!.count / n;
    if (batch === 0) return;
    const { arena } = this.context;
    if (!this.#options.transpose) {
      const task = { y: to, x: from, w, bias, batch, n, k };
      project(arena, this.context.scratch(projectScratch(arena, task)), task);
      return;
    }
    const scratch = this.context.scratch(multiplyScratch(arena, batch, n, k));
    if (bias) arena.kernels.f32_repeat__simd(to, bias, n, 0, batch);
    multiply(arena, scratch, {
      ...{ c: to, ldc: n * 4, a: from, lda: k * 4, m: batch, n, k, accumulate: bias !== 0 },
      b: { kind: 'rows', from: w, lds: n * 4 },
    });
  }

  override macs(_bottom: readonly Blob[], [y]: readonly Blob[]): number {
    return y!.count * this.#length;
  }
}
