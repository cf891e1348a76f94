/** Axpy: scales channels and adds. */
import type { Blob } from '../engine/blob.js';
import { sameShape, shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Multiplies each channel by a factor and adds another blob.
 *
 * @formula y[n, c, …] = a[n, c] · x[n, c, …] + b[n, c, …]
 * @bottoms a, (N, C) or (N, C, 1, 1); x, (N, C, …); b, the shape of x
 * @tops y, the shape of x
 * @source axpy_layer.cpp of hujie-frank/SENet
 */
export class AxpyLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Axpy',
    origin: 'SENet',
    family: 'scaling',
    doc: 'Multiplies each channel by a factor and adds another blob.',
    bottoms: ['a', 'x', 'b'],
    tops: ['y'],
  };

  override reshape([a, x, b]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(
      x!.numAxes >= 2 && a!.numAxes >= 2 && a!.shape[0] === x!.shape[0] && a!.shape[1] === x!.shape[1],
      () => `bottom[0] must be (N, C) of bottom[1]: they are ${shapeString(a!.shape)} and ${shapeString(x!.shape)}`,
    );
    this.check(
      a!.numAxes === 2 || (a!.numAxes === 4 && a!.countOf(2) === 1),
      () => `bottom[0] must have one value for each channel, it is ${shapeString(a!.shape)}`,
    );
    this.check(
      sameShape(x!.shape, b!.shape),
      () => `bottom[1] and bottom[2] must have one shape: ${shapeString(x!.shape)} and ${shapeString(b!.shape)}`,
    );
    y!.reshapeLike(x!);
  }

  override forward([a, x, b]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, factor, from, added] = valuesOf(y!, a!, x!, b!);
    const size = x!.countOf(2);
    for (let channel = 0, i = 0; channel < factor.length; channel++)
      for (const end = i + size; i < end; i++) to[i] = factor[channel]! * from[i]! + added[i]!;
  }
}
