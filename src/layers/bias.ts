/** Bias: adds a blob that spans some axes of the bottom, a learned one or a second bottom. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { learnedShape, spanOf, type Span } from './shared/span.js';

/**
 * Adds a bias that is repeated along the axes which it does not span.
 *
 * @formula `y[o, b, i] = x[o, b, i] + bias[b]`, where o, b and i run over the axes before, within and after the span
 * @bottoms x, any shape; optionally the bias, whose shape equals x's dimensions from `axis` on, or has no axes
 * @tops y, the shape of x; may be x
 * @params with one bottom: bias, x's dimensions from `axis` to before `axis + num_axes`; no axes at all for
 *   `num_axes: 0`, all from `axis` on for `num_axes: -1`; filled by `filler` (0)
 * @source Caffe's bias_layer.cpp
 */
export class BiasLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Bias',
    origin: 'BVLC',
    family: 'scaling',
    doc: 'Adds a learned bias, or the second bottom, broadcast along the other axes.',
    bottoms: ['x', 'bias?'],
    tops: ['y'],
    params: ['bias_param'],
    affine: ({ bias_param }) => ({ axis: resolve('BiasParameter', bias_param).axis, eps: 0 }),
    blobs: [{ role: 'bias', filler: ({ bias_param }) => bias_param?.filler }],
    keepsOrder: true,
    inPlace: true,
  };

  #span: Span = { outer: 0, size: 0, inner: 0 };

  override setUp(bottom: readonly Blob[]): void {
    if (bottom.length > 1) return;
    const { axis, num_axes } = resolve('BiasParameter', this.param.bias_param);
    this.addBlob(learnedShape('bias', bottom[0]!, axis, num_axes));
  }

  override reshape([x, bias = this.blobs[0]]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis } = resolve('BiasParameter', this.param.bias_param);
    this.#span = spanOf('bias', x!, bias!, axis);
    y!.reshapeLike(x!);
  }

  override forward([x, bias = this.blobs[0]]: readonly Blob[], [y]: readonly Blob[]): void {
    const { outer, size, inner } = this.#span;
    const { arena } = this.context;
    if (inner === 1)
      parallelFor(arena, 'f32_scale_columns__simd', [y!.ptr, x!.ptr, 0, bias!.ptr, size], outer, { cost: size });
    else
      parallelFor(arena, 'f32_scale_rows__simd', [y!.ptr, x!.ptr, 0, bias!.ptr, size, inner], outer * size, {
        cost: inner,
      });
  }
}
