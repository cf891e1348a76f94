/** Sigmoid: the logistic function. */
import { NeuronLayer } from './common.js';

/**
 * Logistic function of each element.
 *
 * @formula `y = 1 / (1 + e^−x)`; as in Caffe exactly 0 below about −38
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's sigmoid_layer.cpp
 */
export class SigmoidLayer extends NeuronLayer {
  protected override compute(y: number, x: number, count: number): void {
    this.context.arena.kernels.f32_sigmoid__simd(y, x, 0, count);
  }
}
