/** Sigmoid: the logistic function. */
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Logistic function of each element.
 *
 * @formula `y = 1 / (1 + e^−x)`; as in Caffe exactly 0 below about −38
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's sigmoid_layer.cpp
 */
export class SigmoidLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Sigmoid',
    origin: 'BVLC',
    family: 'activation',
    doc: '1 / (1 + exp(-x)).',
    bottoms: ['x'],
    tops: ['y'],
    params: ['sigmoid_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    parallelFor(this.context.arena, 'f32_sigmoid__simd', [y, x], count, { cost: 10 });
  }
}
