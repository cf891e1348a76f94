/** Scale: multiplies by a blob that spans some axes of the bottom, a learned one or a second bottom; adds a bias. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { learnedShape, spanOf, type Span } from './shared/span.js';

/**
 * Multiplies by a scale that is repeated along the axes which it does not span, and adds a learned bias if asked to.
 * After a BatchNorm it holds gamma and beta.
 *
 * @formula `y[o, s, i] = x[o, s, i] · scale[s] + bias[s]`, where o, s and i run over the axes before, within and
 *   after the span
 * @bottoms x, any shape; optionally the scale, whose shape equals x's dimensions from `axis` on, or has no axes
 * @tops y, the shape of x; may be x
 * @params with one bottom: scale, x's dimensions from `axis` to before `axis + num_axes`; no axes at all for
 *   `num_axes: 0`, all from `axis` on for `num_axes: -1`; filled by `filler` (1). With `bias_term: true`: bias, the
 *   shape of the scale, filled by `bias_filler` (0); it is the first parameter when there are two bottoms
 * @source Caffe's scale_layer.cpp
 */
export class ScaleLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Scale',
    origin: 'BVLC',
    family: 'scaling',
    doc: 'Multiplies by a learned factor, or by the second bottom, broadcast along the other axes; bias_term adds a bias.',
    bottoms: ['x', 'factor?'],
    tops: ['y'],
    params: ['scale_param'],
    blobs: [
      // Without a filler the layer begins as the identity.
      { role: 'scale', filler: (p) => p.scale_param?.filler ?? { type: 'constant', value: 1 } },
      { role: 'shift', filler: (p) => p.scale_param?.bias_filler },
    ],
    affine: ({ scale_param }) => ({ axis: resolve('ScaleParameter', scale_param).axis, eps: 0 }),
    biasTerm: { param: 'scale_param', byDefault: false },
    keepsOrder: true,
    inPlace: true,
  };

  #span: Span = { outer: 0, size: 0, inner: 0 };

  override setUp([x, scale]: readonly Blob[]): void {
    const { axis, num_axes, bias_term } = resolve('ScaleParameter', this.param.scale_param);
    if (!scale) this.addBlob(learnedShape('scale', x!, axis, num_axes));
    if (!bias_term) return;
    // It is the first blob when there is a second bottom in place of the scale.
    this.addBlob(learnedShape('scale', x!, axis, scale ? scale.numAxes : num_axes), 1);
  }

  override reshape([x, scale = this.blobs[0]]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis } = resolve('ScaleParameter', this.param.scale_param);
    this.#span = spanOf('scale', x!, scale!, axis);
    if (this.#bias) spanOf('scale', x!, this.#bias, axis);
    y!.reshapeLike(x!);
  }

  override forward([x, scale = this.blobs[0]]: readonly Blob[], [y]: readonly Blob[]): void {
    const { outer, size, inner } = this.#span;
    const { arena } = this.context;
    const bias = this.#bias?.ptr ?? 0;
    if (inner === 1)
      parallelFor(arena, 'f32_scale_columns__simd', [y!.ptr, x!.ptr, scale!.ptr, bias, size], outer, { cost: size });
    else
      parallelFor(arena, 'f32_scale_rows__simd', [y!.ptr, x!.ptr, scale!.ptr, bias, size, inner], outer * size, {
        cost: inner,
      });
  }

  /** The last parameter, if there is a bias. */
  get #bias(): Blob | undefined {
    return this.param.scale_param?.bias_term ? this.blobs.at(-1) : undefined;
  }
}
