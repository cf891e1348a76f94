/** Swish: x times its logistic function. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Each element times the logistic function of its multiple.
 *
 * @formula y = x · sigmoid(beta · x)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's swish_layer.cpp; Ramachandran et al., 2017
 */
export class SwishLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Swish',
    origin: 'BVLC',
    family: 'activation',
    doc: 'x sigmoid(beta x).',
    bottoms: ['x'],
    tops: ['y'],
    params: ['swish_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    const { beta } = resolve('SwishParameter', this.param.swish_param);
    parallelFor(this.context.arena, 'f32_swish__simd', [y, x, beta], count, { cost: 10 });
  }
}
