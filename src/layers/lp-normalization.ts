/** LpNormalization: divides by the p-norm along axes. */
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import { rowMajorStrides } from './shared/permutation.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface LpSettings {
  axis: number[];
  p: number;
}

/**
 * Divides by the p-norm over one or several axes. There is no eps.
 *
 * @formula y = x / (Σ |x|^p)^(1/p), the sum over `axis`
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @axes `axis`: those that are summed over, negative from the end; all when none is given
 * @fields `p` (2); without `axis` each element is divided by its own absolute value
 * @source lp_normalization_layer.cpp of synopsys-caffe
 */
export class LpNormalizationLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'LpNormalization',
    origin: 'Synopsys',
    family: 'scaling',
    doc: 'Divides by the p-norm along axes.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['lp_normalization_param'],
    inPlace: true,
  };

  #axes: readonly number[] = [];

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis = [] } = settingsOf<LpSettings>(this.param, 'lp_normalization_param');
    this.#axes = axis.map((a) => axisOf(x!, a, 'lp_normalization_param.axis'));
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { p = 2 } = settingsOf<LpSettings>(this.param, 'lp_normalization_param');
    const [to, from] = valuesOf(y!, x!);
    const { shape } = x!;
    const strides = rowMajorStrides(shape);
    // The sums are as x with the summed axes of size 1: these have stride 0.
    const kept = rowMajorStrides(shape.map((size, i) => (this.#axes.includes(i) ? 1 : size)));
    const sums = new Float64Array(from.length);
    const sumOf = (at: number) =>
      shape.reduce(
        (sum, size, i) => (this.#axes.includes(i) ? sum : sum + (Math.floor(at / strides[i]!) % size) * kept[i]!),
        0,
      );
    for (let i = 0; i < from.length; i++) sums[sumOf(i)]! += Math.abs(from[i]!) ** p;
    for (let i = 0; i < from.length; i++) to[i] = from[i]! / sums[sumOf(i)]! ** (1 / p);
  }
}
