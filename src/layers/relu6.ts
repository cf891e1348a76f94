/** ReLU6: rectified linear unit that ends at 6. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Rectified linear unit that ends at 6, leaky with `negative_slope`.
 *
 * @formula y = min(max(x, 0) + negative_slope · min(x, 0), 6)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source relu6_layer.cpp of chuanqi305/ssd and of aovoc/caffe, whose `negative_slope` is 0 by default
 */
export class ReLU6Layer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'ReLU6',
    origin: 'SSD',
    family: 'activation',
    doc: 'Rectified linear unit that ends at 6.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['relu6_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const { negative_slope: slope = 0 } = settingsOf<{ negative_slope: number }>(this.param, 'relu6_param');
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = Math.min(Math.max(x[i]!, 0) + slope * Math.min(x[i]!, 0), 6);
  }
}
