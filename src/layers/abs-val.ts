/** AbsVal: absolute value. */
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Absolute value of each element.
 *
 * @formula y = |x|
 * @bottoms x, any shape
 * @tops y, the shape of x; not in place
 * @source Caffe's absval_layer.cpp
 */
export class AbsValLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'AbsVal',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Absolute value of each element.',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    parallelFor(this.context.arena, 'f32_abs__simd', [y, x], count);
  }
}
