/** Threshold: 1 above a threshold, else 0. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Tells whether each element exceeds a threshold.
 *
 * @formula y = x > threshold ? 1 : 0
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's threshold_layer.cpp
 */
export class ThresholdLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Threshold',
    origin: 'BVLC',
    family: 'activation',
    doc: '1 where x > threshold, else 0.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['threshold_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    const { threshold } = resolve('ThresholdParameter', this.param.threshold_param);
    parallelFor(this.context.arena, 'f32_threshold__simd', [y, x, threshold], count);
  }
}
