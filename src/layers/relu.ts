/** ReLU: rectified linear unit. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Rectified linear unit, leaky with `negative_slope`.
 *
 * @formula y = max(x, 0) + negative_slope · min(x, 0)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's relu_layer.cpp
 */
export class ReLULayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'ReLU',
    origin: 'BVLC',
    family: 'activation',
    doc: 'max(x, 0), or negative_slope x below zero.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['relu_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    const { negative_slope } = resolve('ReLUParameter', this.param.relu_param);
    parallelFor(this.context.arena, 'f32_relu__simd', [y, x, negative_slope], count);
  }
}
