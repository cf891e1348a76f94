/** BNLL: binomial normal log likelihood, known elsewhere as softplus. */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer, valuesOf } from './shared/common.js';

/**
 * Binomial normal log likelihood (softplus) of each element.
 *
 * @formula `y = log(1 + e^x)`, computed as `x + log(1 + e^-x)` for positive x
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's bnll_layer.cpp
 */
export class BNLLLayer extends NeuronLayer {
  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) {
      const v = x[i]!;
      y[i] = v > 0 ? v + Math.log(1 + Math.exp(-v)) : Math.log(1 + Math.exp(v));
    }
  }
}
