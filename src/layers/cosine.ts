/** Cosine: cosine of each element. */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Cosine of each element.
 *
 * @formula y = cos(x)
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source cosine_layer.cpp of happynear/caffe-windows
 */
export class CosineLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Cosine',
    origin: 'happynear',
    family: 'activation',
    doc: 'Cosine of each element.',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = Math.cos(x[i]!);
  }
}
