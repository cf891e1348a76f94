/** Threshold: 1 above a threshold, else 0. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/common.js';

/**
 * Tells whether each element exceeds a threshold.
 *
 * @formula y = x > threshold ? 1 : 0
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's threshold_layer.cpp
 */
export class ThresholdLayer extends NeuronLayer {
  protected override compute(y: number, x: number, count: number): void {
    const { threshold } = resolve('ThresholdParameter', this.param.threshold_param);
    parallelFor(this.context.arena, 'f32_threshold__simd', [y, x, threshold], count);
  }
}
