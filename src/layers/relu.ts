/** ReLU: rectified linear unit. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/common.js';

/**
 * Rectified linear unit, leaky with `negative_slope`.
 *
 * @formula y = max(x, 0) + negative_slope · min(x, 0)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's relu_layer.cpp
 */
export class ReLULayer extends NeuronLayer {
  protected override compute(y: number, x: number, count: number): void {
    const { negative_slope } = resolve('ReLUParameter', this.param.relu_param);
    parallelFor(this.context.arena, 'f32_relu__simd', [y, x, negative_slope], count);
  }
}
