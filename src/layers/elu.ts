/** ELU: exponential linear unit. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Exponential linear unit.
 *
 * @formula y = max(x, 0) + alpha · (e^min(x, 0) − 1)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's elu_layer.cpp; Clevert et al., 2015
 */
export class ELULayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'ELU',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Exponential linear unit: x, or alpha (exp(x) - 1) below zero.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['elu_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    const { alpha } = resolve('ELUParameter', this.param.elu_param);
    parallelFor(this.context.arena, 'f32_elu__simd', [y, x, alpha], count, { cost: 10 });
  }
}
