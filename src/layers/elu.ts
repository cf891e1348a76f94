/** ELU: exponential linear unit. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/common.js';

/**
 * Exponential linear unit.
 *
 * @formula y = max(x, 0) + alpha · (e^min(x, 0) − 1)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's elu_layer.cpp; Clevert et al., 2015
 */
export class ELULayer extends NeuronLayer {
  protected override compute(y: number, x: number, count: number): void {
    const { alpha } = resolve('ELUParameter', this.param.elu_param);
    parallelFor(this.context.arena, 'f32_elu__simd', [y, x, alpha], count, { cost: 10 });
  }
}
