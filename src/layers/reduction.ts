/**
 * Reduction: sums or means over the last axes.
 */
import { ReductionParameter_ReductionOp as Operation } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Reduces everything from `axis` on to one number: `operation` SUM, ASUM (of magnitudes), SUMSQ (of squares) or MEAN,
 * times `coeff`.
 *
 * @formula `y[i] = coeff · Σ_j f(x[i, j])` with f(x) = x for SUM, |x| for ASUM, x² for SUMSQ; MEAN is SUM divided by the number
 *   of terms
 * @bottoms x of any shape
 * @tops y, the dimensions of x before `axis`; a scalar for axis 0
 * @axes `axis` (default 0, negative from the end) and all that follow are reduced
 * @source Caffe's reduction_layer.cpp
 */
export class ReductionLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reduction',
    origin: 'BVLC',
    family: 'other',
    doc: 'Sum, mean, sum of squares or of absolute values over all axes from axis on.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reduction_param'],
  };

  readonly #options = resolve('ReductionParameter', this.param.reduction_param);
  #axis = 0;

  override reshape([x]: readonly [Blob], [y]: readonly [Blob]): void {
    this.#axis = axisOf(x, this.#options.axis, 'reduction_param.axis');
    y.reshape(x.shape.slice(0, this.#axis));
  }

  override forward([bottom]: readonly [Blob], [top]: readonly [Blob]): void {
    const { operation } = this.#options;
    const terms = bottom.countOf(this.#axis);
    let coeff = Math.fround(this.#options.coeff);
    if (operation === Operation.MEAN) coeff = Math.fround(coeff / terms);
    const [x, y] = valuesOf(bottom, top);
    for (let i = 0; i < y.length; i++) {
      let sum = 0;
      for (let j = i * terms; j < (i + 1) * terms; j++) {
        const value = x[j]!;
        if (operation === Operation.ASUM) sum += Math.abs(value);
        else if (operation === Operation.SUMSQ) sum += value * value;
        else sum += value;
      }
      y[i] = Math.fround(sum) * coeff;
    }
  }
}
