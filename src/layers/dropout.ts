/** Dropout: sets values to 0 at random in training, and does nothing in testing. */
import { Phase } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Passes values on unchanged in phase TEST. In phase TRAIN each value becomes 0 with probability `dropout_ratio`
 * (0.5), and the others are enlarged so that the expected sum stays. The choice depends only on the net's seed and
 * the layer's name.
 *
 * @formula TEST `y = x`; TRAIN `y = x · mask / (1 − dropout_ratio)`
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's dropout_layer.cpp
 */
export class DropoutLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Dropout',
    origin: 'BVLC',
    family: 'activation',
    doc: 'Zeroes elements at random in training; the identity in testing.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['dropout_param'],
    idle: (_, phase) => phase === Phase.TEST,
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(y: number, x: number, count: number, top: Blob, bottom: Blob): void {
    if (this.context.phase === Phase.TEST) {
      if (y !== x) this.context.arena.kernels.copy_rows__scalar(y, 0, x, 0, count * 4, 0, 1);
      return;
    }
    const ratio = Math.fround(resolve('DropoutParameter', this.param.dropout_param).dropout_ratio);
    const scale = Math.fround(1 / (1 - ratio));
    const [to, from] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) to[i] = from[i]! * (this.context.random() < ratio ? 0 : scale);
  }
}
