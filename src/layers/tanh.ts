/** TanH: hyperbolic tangent. */
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Hyperbolic tangent of each element.
 *
 * @formula y = tanh x
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's tanh_layer.cpp
 */
export class TanHLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'TanH',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Hyperbolic tangent.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['tanh_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    parallelFor(this.context.arena, 'f32_tanh__simd', [y, x], count, { cost: 10 });
  }
}
