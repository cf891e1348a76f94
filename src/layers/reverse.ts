/** Reverse: reverses the order along axes. */
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { settingsOf } from './shared/fork-settings.js';
import { reverseAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Reverses the order of the elements along one or several axes.
 *
 * @formula y[…, i, …] = x[…, D − 1 − i, …]
 * @bottoms x, any shape
 * @tops y, the shape of x; not in place
 * @axes `axis` (0), one in most forks; a list, which may count from the end, in Synopsys' and Ascend's
 * @source reverse_layer.cpp of senlinuc/caffe_ocr and of synopsys-caffe
 */
export class ReverseLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Reverse',
    origin: 'caffe_ocr',
    family: 'other',
    doc: 'Reverses the order of the elements along one or several axes.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reverse_param'],
    movesValues: true,
  };

  #axes: readonly number[] = [];

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis = 0 } = settingsOf<{ axis: number | number[] }>(this.param, 'reverse_param');
    this.#axes = [axis].flat().map((a) => axisOf(x!, a, 'reverse_param.axis'));
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    reverseAxes(to, from, x!.shape, this.#axes);
  }
}
