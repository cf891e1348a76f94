/** Clip: limits values to an interval. */
import { resolve } from '../proto/message.js';
import { parallelFor } from '../engine/parallel-for.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import type { LayerFacts } from './facts.js';

/**
 * Limits each element to [min, max].
 *
 * @formula `y = max(min, min(x, max))`; a NaN becomes min
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's clip_layer.cpp
 */
export class ClipLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Clip',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Limits each element to min … max.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['clip_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number): void {
    const { min, max } = resolve('ClipParameter', this.param.clip_param);
    parallelFor(this.context.arena, 'f32_clip__simd', [y, x, min, max], count);
  }
}
