/** Eltwise: sum, product or maximum of several blobs of one shape. */
import { EltwiseParameter_EltwiseOp as Op } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { sameShape, shapeString } from '../shapes.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { LayerFacts } from './facts.js';
import { enumName } from './shared/drawn.js';
import { Layer } from './layer.js';

/**
 * Combines its bottoms element by element. Shapes must be equal: nothing is broadcast.
 *
 * @formula SUM `y = coeff0 · x0 + coeff1 · x1 + …`, PROD `y = x0 · x1 · …`, MAX `y = max(x0, x1, …)`
 * @bottoms two or more of one shape
 * @tops y, the same shape
 * @fields `coeff` is given once for each bottom, or not at all (1), and only for sums; a bottom with coefficient 0 is
 *   not read, so NaNs in it have no effect
 * @notes In place: y may be x0 for PROD. Caffe sets y to 0 before it sums, and to -FLT_MAX before it takes the
 *   maximum. A bottom that is also the top has then lost its values, here too
 * @source Caffe's eltwise_layer.cpp
 */
export class EltwiseLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Eltwise',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Sum, product or maximum of equal shapes; it does not broadcast.',
    bottoms: ['a', 'b', '...more'],
    tops: ['y'],
    params: ['eltwise_param'],
    drawn: ({ eltwise_param }) => enumName(Op, resolve('EltwiseParameter', eltwise_param).operation),
    keepsOrder: true,
    inPlace: true,
    otherwiseInPlace: ({ eltwise_param }) => resolve('EltwiseParameter', eltwise_param).operation !== Op.PROD,
  };

  override setUp(bottom: readonly Blob[]): void {
    const { operation, coeff } = resolve('EltwiseParameter', this.param.eltwise_param);
    this.check(
      coeff.length === 0 || coeff.length === bottom.length,
      `Eltwise Layer takes one coefficient per bottom blob: ${coeff.length} coefficients, ${bottom.length} bottoms`,
      undefined,
      'eltwise_param.coeff',
    );
    this.check(
      operation !== Op.PROD || coeff.length === 0,
      'Eltwise layer only takes coefficients for summation.',
      'remove coeff, or scale the product by a Power layer',
      'eltwise_param.coeff',
    );
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const first = bottom[0]!;
    bottom.forEach(({ shape }, i) =>
      this.check(
        sameShape(shape, first.shape),
        () =>
          `all bottoms must have one shape: bottom[0]: ${shapeString(first.shape)}, bottom[${i}]: ${shapeString(shape)}`,
        'Eltwise does not broadcast; to multiply by one value a channel, use a Scale layer with two bottoms and axis: 0, ' +
          'and put a Flatten before a second bottom of N x C x 1 x 1',
      ),
    );
    y!.reshapeLike(first);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { operation, coeff } = resolve('EltwiseParameter', this.param.eltwise_param);
    const { arena } = this.context;
    const { kernels } = arena;
    const n = y!.count;
    const to = y!.ptr;
    const from = bottom.map((blob) => blob.ptr);
    const [a, b] = from as [number, number];
    const overwritten = from.includes(to);
    switch (operation) {
      case Op.PROD:
        parallelFor(arena, 'f32_mul__simd', [to, a, b], n);
        for (const x of from.slice(2)) parallelFor(arena, 'f32_mul__simd', [to, to, x], n);
        break;
      case Op.SUM: {
        const terms = from.map((x, i) => ({ x, c: coeff[i] ?? 1 })).filter(({ c }) => c !== 0);
        let rest = terms;
        if (!overwritten && terms.length >= 2) {
          const [first, second] = terms as [(typeof terms)[0], (typeof terms)[0]];
          parallelFor(arena, 'f32_sum__simd', [to, first.x, first.c, second.x, second.c], n);
          rest = terms.slice(2);
        } else kernels.f32_fill__simd(to, 0, n);
        for (const { x, c } of rest) kernels.f32_axpy__simd(to, x, c, n);
        break;
      }
      case Op.MAX:
        if (overwritten) kernels.f32_fill__simd(to, -FLT_MAX, n);
        // The first of two bottoms is taken only if it is greater. Each later bottom is taken if it is greater.
        parallelFor(arena, 'f32_max__simd', [to, b, a], n);
        for (const x of from.slice(2)) parallelFor(arena, 'f32_max__simd', [to, to, x], n);
    }
  }
}

/** Greatest finite float32. */
const FLT_MAX = 3.4028234663852886e38;
