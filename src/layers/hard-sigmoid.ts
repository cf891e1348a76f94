/** HardSigmoid: a line with slope alpha and offset beta, limited to 0 … 1. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * A line with slope alpha and offset beta, limited to 0 … 1.
 *
 * @formula y = max(0, min(1, alpha · x + beta))
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @fields `alpha` (0.2), `beta` (0.5)
 * @source hard_sigmoid_layer.cpp of synopsys-caffe, and of eric612/MobileNet-YOLO, which has no settings
 */
export class HardSigmoidLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'HardSigmoid',
    origin: 'Synopsys',
    family: 'activation',
    doc: 'A line with slope alpha and offset beta, limited to 0 … 1.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['hard_sigmoid_param'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const { alpha = 0.2, beta = 0.5 } = settingsOf<{ alpha: number; beta: number }>(this.param, 'hard_sigmoid_param');
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = Math.max(0, Math.min(1, alpha * x[i]! + beta));
  }
}
