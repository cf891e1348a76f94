/** TanH: hyperbolic tangent. */
import { runRange } from '../runtime/range.js';
import { NeuronLayer } from './common.js';

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
    runRange(this.context.arena, 'f32_tanh__simd', [y, x], count, { cost: 10 });
  }
}
