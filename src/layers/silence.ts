/** Silence: uses up blobs, so that they are no outputs of the net. */
import { Layer } from './layer.js';

/**
 * Does nothing with its bottoms: a blob that nobody else reads is then no output of the net.
 *
 * @formula none
 * @bottoms one or more, any shapes
 * @tops none
 * @source Caffe's silence_layer.cpp
 */
export class SilenceLayer extends Layer {
  override readonly bottomCount = { min: 1 };
  override readonly topCount = { exact: 0 };

  override reshape(): void {
    // There is no top.
  }

  override forward(): void {
    // There is nothing to compute.
  }
}
