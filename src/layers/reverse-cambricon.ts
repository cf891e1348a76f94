/** Reverse: reverses the channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { reverseAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Reverses the order of the channels. It has no settings.
 *
 * @formula y[n, c, …] = x[n, C − 1 − c, …]
 * @bottoms x, at least 2 axes
 * @tops y, the shape of x; not in place
 * @source reverse_layer.cpp of Cambricon/caffe
 */
export class ReverseCambriconLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reverse',
    origin: 'Cambricon',
    family: 'other',
    doc: 'Reverses the order of the channels.',
    bottoms: ['x'],
    tops: ['y'],
    movesValues: true,
    variant: {
      name: 'cambricon',
      schemas: ['cambricon'],
      when: "the net is read with Cambricon's schema",
      claims: () => false,
    },
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected at least 2 axes, bottom[0] is ${shapeString(x!.shape)}`);
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    reverseAxes(to, from, x!.shape, [1]);
  }
}
