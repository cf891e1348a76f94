/** ReverseTime: reverses sequences of different lengths. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Reverses the first steps of each sequence of a batch, as many as its length says.
 *
 * @formula y[t, n, …] = x[length[n] − 1 − t, n, …] for t < length[n]
 * @bottoms x, (T, N, …); lengths, N values
 * @tops y, the shape of x; not in place
 * @fields `copy_remaining` (false): steps behind the length are copied; otherwise they are 0
 * @source reverse_time_layer.cpp of senlinuc/caffe_ocr
 */
export class ReverseTimeLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ReverseTime',
    origin: 'caffe_ocr',
    family: 'other',
    doc: 'Reverses the first steps of each sequence of a batch, as many as its length says.',
    bottoms: ['x', 'lengths'],
    tops: ['y'],
    params: ['reverse_time_param'],
  };

  override reshape([x, lengths]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected (T, N, …), bottom[0] is ${shapeString(x!.shape)}`);
    this.check(
      lengths!.count === x!.shape[1],
      () =>
        `bottom[1] must hold one length for each of the ${x!.shape[1]!} sequences, it is ${shapeString(lengths!.shape)}`,
    );
    y!.reshapeLike(x!);
  }

  override forward([x, lengths]: readonly Blob[], [y]: readonly Blob[]): void {
    const { copy_remaining: copies = false } = settingsOf<{ copy_remaining: boolean }>(
      this.param,
      'reverse_time_param',
    );
    const [to, from, length] = valuesOf(y!, x!, lengths!);
    const [steps, streams] = x!.shape as [number, number];
    const size = x!.countOf(2);
    to.fill(0);
    for (let n = 0; n < streams; n++) {
      const end = Math.trunc(length[n]!);
      this.check(end >= 0 && end <= steps, `the length of sequence ${n} is ${end}, there are ${steps} steps`);
      for (let t = 0; t < (copies ? steps : end); t++) {
        const source = ((t < end ? end - 1 - t : t) * streams + n) * size;
        to.set(from.subarray(source, source + size), (t * streams + n) * size);
      }
    }
  }
}
