/** TanH: hyperbolic tangent. */
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/common.js';

/**
 * Hyperbolic tangent of each element.
 *
 * @formula y = tanh x
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's tanh_layer.cpp
 */
export class TanHLayer extends NeuronLayer {
  protected override compute(y: number, x: number, count: number): void {
    parallelFor(this.context.arena, 'f32_tanh__simd', [y, x], count, { cost: 10 });
  }
}
