/** HSigmoid: gate that rises linearly from 0 at -3 to 1 at 3. */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Gate that rises linearly from 0 at -3 to 1 at 3.
 *
 * @formula y = min(max(x + 3, 0), 6) / 6
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @notes Its slope is 1/6; that of HardSigmoid is 0.2
 * @source hsigmoid_layer.cpp of aovoc/caffe
 */
export class HSigmoidLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'HSigmoid',
    origin: 'aovoc',
    family: 'activation',
    doc: 'Gate that rises linearly from 0 at -3 to 1 at 3.',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = Math.min(Math.max(x[i]! + 3, 0), 6) / 6;
  }
}
