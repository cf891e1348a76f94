/** Gather: picks slices along an axis by fixed indices. */
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface GatherSettings {
  indices: number[];
  shape: number[];
  axis: number;
}

/**
 * Picks slices along an axis; the indices are settings, and their shape takes the axis' place.
 *
 * @formula y[a, i…, b] = x[a, indices[i…], b]
 * @bottoms x, any shape
 * @tops y, x's shape with `shape` in place of the axis; `shape: 0` means a scalar, so that the axis vanishes; not in place
 * @axes `axis` (0), negative from the end
 * @fields `indices`, `shape`: how many dimensions the indices have
 * @source gather_layer.cpp of synopsys-caffe
 */
export class GatherLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Gather',
    origin: 'Synopsys',
    family: 'joining',
    doc: 'Picks slices along an axis by fixed indices.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['gather_param'],
    movesValues: true,
  };

  #axis = 0;
  #indices: readonly number[] = [];

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { indices = [], shape = [], axis = 0 } = settingsOf<GatherSettings>(this.param, 'gather_param');
    this.#axis = axisOf(x!, axis, 'gather_param.axis');
    const isScalar = shape.length === 1 && shape[0] === 0;
    const count = isScalar ? 1 : shape.reduce((product, size) => product * size, 1);
    this.check(
      indices.length === count,
      `the size and shape of indices do not match: ${indices.length} indices, shape ${shape.join(' ') || 'none'}`,
      undefined,
      'gather_param.indices',
    );
    const size = x!.shape[this.#axis]!;
    for (const index of indices)
      this.check(
        index < size,
        `indices must be below ${size}, the size of axis ${axis}: got ${index}`,
        undefined,
        'gather_param.indices',
      );
    this.#indices = indices;
    y!.reshape([...x!.shape.slice(0, this.#axis), ...(isScalar ? [] : shape), ...x!.shape.slice(this.#axis + 1)]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    const [outer, inner] = [x!.countOf(0, this.#axis), x!.countOf(this.#axis + 1)];
    const size = x!.shape[this.#axis]!;
    for (let o = 0, at = 0; o < outer; o++)
      for (const index of this.#indices) {
        const start = (o * size + index) * inner;
        to.set(from.subarray(start, start + inner), at);
        at += inner;
      }
  }
}
