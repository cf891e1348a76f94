/** Concat: joins blobs along one axis. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { legacyAxis } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Joins its bottoms, in order, along an axis.
 *
 * @formula `y = [x0, x1, …]` along `axis` (1)
 * @bottoms one or more, equal in all dimensions but that of `axis`
 * @tops y, whose `axis` is as long as the bottoms' together; with one bottom it shares the bottom's values
 * @fields `concat_dim` is the old name of `axis` and knows no negative values; only one of them may be given
 * @source Caffe's concat_layer.cpp
 */
export class ConcatLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Concat',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Joins the bottoms along an axis.',
    bottoms: ['...bottoms'],
    tops: ['y'],
    params: ['concat_param'],
    sharesValues: ({ bottom = [] }) => bottom.length === 1,
    inPlace: ({ bottom = [] }) => bottom.length === 1,
    drawn: (param) => `axis ${resolve('ConcatParameter', param.concat_param).axis}`,
  };

  #axis = 1;

  override setUp(): void {
    const param = this.param.concat_param;
    this.check(
      param?.axis === undefined || param.concat_dim === undefined,
      'Either axis or concat_dim should be specified; not both.',
      'remove concat_dim',
      'concat_param.concat_dim',
    );
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const first = bottom[0]!;
    const { axis } = resolve('ConcatParameter', this.param.concat_param);
    this.#axis = legacyAxis(first, axis, this.param.concat_param?.concat_dim, 'concat_param', 'concat_dim');
    const shape = [...first.shape];
    bottom.slice(1).forEach((blob, i) => {
      const got = () => `bottom[0] is ${shapeString(first.shape)}, bottom[${i + 1}] is ${shapeString(blob.shape)}`;
      this.check(blob.numAxes === first.numAxes, () => `All inputs must have the same #axes: ${got()}`);
      this.check(
        blob.shape.every((dim, axis) => axis === this.#axis || dim === first.shape[axis]),
        () => `All inputs must have the same shape, except at concat_axis ${this.#axis}: ${got()}`,
      );
      shape[this.#axis]! += blob.shape[this.#axis]!;
    });
    y!.reshape(shape);
    if (bottom.length === 1) y!.shareData(first);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    if (bottom.length === 1) return;
    const rows = y!.countOf(0, this.#axis);
    const rowBytes = y!.countOf(this.#axis) * 4;
    let to = y!.ptr;
    for (const x of bottom) {
      const bytes = x.countOf(this.#axis) * 4;
      this.context.arena.kernels.copy_rows__scalar(to, rowBytes, x.ptr, bytes, bytes, 0, rows);
      to += bytes;
    }
  }
}
