/** Split: one blob under several names. */
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Gives a blob several names. The net inserts a Split wherever a blob has several readers. No values are copied: a
 * layer that works in place on one of the tops changes all of them, as in Caffe.
 *
 * @formula y0 = y1 = … = x
 * @bottoms x, any shape
 * @tops one or more, the shape of x; share x's values; not in place
 * @source Caffe's split_layer.cpp
 */
export class SplitLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Split',
    origin: 'BVLC',
    family: 'other',
    doc: 'Copies a blob for several readers. Caffe inserts these itself where they are needed.',
    bottoms: ['x'],
    tops: ['...copies'],
    idle: true,
    sharesValues: true,
    movesValues: true,
  };

  override reshape([x]: readonly Blob[], top: readonly Blob[]): void {
    for (const y of top) {
      y.reshapeLike(x!);
      y.shareData(x!);
    }
  }

  override forward(): void {
    // The values are shared.
  }
}
