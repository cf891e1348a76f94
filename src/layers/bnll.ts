/** BNLL: binomial normal log likelihood, known elsewhere as softplus. */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Binomial normal log likelihood (softplus) of each element.
 *
 * @formula `y = log(1 + e^x)`, computed as `x + log(1 + e^-x)` for positive x
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's bnll_layer.cpp
 */
export class BNLLLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'BNLL',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Binomial normal log likelihood: log(1 + exp(x)).',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) {
      const v = x[i]!;
      y[i] = v > 0 ? v + Math.log(1 + Math.exp(-v)) : Math.log(1 + Math.exp(v));
    }
  }
}
