/** Silence: reads blobs, so that they are no outputs of the net. */
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Does nothing with its bottoms. A blob that no other layer reads is then no output of the net.
 *
 * @formula none
 * @bottoms one or more, any shapes
 * @tops none
 * @source Caffe's silence_layer.cpp
 */
export class SilenceLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Silence',
    origin: 'BVLC',
    family: 'other',
    doc: 'Uses up blobs that nothing reads, so that they are no outputs. Needs ntop: 0.',
    bottoms: ['...bottoms'],
    tops: [],
    idle: true,
    movesValues: true,
  };

  override reshape(): void {
    // There is no top.
  }

  override forward(): void {
    // There is nothing to compute.
  }
}
