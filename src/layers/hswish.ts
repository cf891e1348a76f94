/** HSwish: each element times a gate that rises from 0 at -3 to 1 at 3. */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Each element times a gate that rises from 0 at -3 to 1 at 3.
 *
 * @formula y = x · min(max(x + 3, 0), 6) / 6
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source hswish_layer.cpp of aovoc/caffe
 */
export class HSwishLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'HSwish',
    origin: 'aovoc',
    family: 'activation',
    doc: 'Each element times a gate that rises from 0 at -3 to 1 at 3.',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = (x[i]! * Math.min(Math.max(x[i]! + 3, 0), 6)) / 6;
  }
}
