/** Slice: cuts a blob into several along one axis. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { legacyAxis } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Cuts a blob along an axis, into equal parts or at given points.
 *
 * @formula `[y0, y1, …] = x` along `axis` (1)
 * @bottoms x, any shape
 * @tops one or more, x's shape but for `axis`: equal parts, or from each `slice_point` to the next. A single top
 *   shares the bottom's values
 * @fields `slice_point` is given not at all or once less than there are tops, in ascending order; `slice_dim` is the
 *   old name of `axis` and knows no negative values; only one of them may be given
 * @source Caffe's slice_layer.cpp
 */
export class SliceLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Slice',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Cuts along an axis, at slice_point or in equal parts. Needs ntop.',
    bottoms: ['x'],
    tops: ['...parts'],
    params: ['slice_param'],
    inPlace: ({ top = [] }) => top.length === 1,
    sharesValues: ({ top = [] }) => top.length === 1,
    movesValues: true,
  };

  #axis = 1;

  override setUp(): void {
    const param = this.param.slice_param;
    this.check(
      param?.axis === undefined || param.slice_dim === undefined,
      'Either axis or slice_dim should be specified; not both.',
      'remove slice_dim',
      'slice_param.slice_dim',
    );
  }

  override reshape([x]: readonly Blob[], top: readonly Blob[]): void {
    const param = resolve('SliceParameter', this.param.slice_param);
    this.#axis = legacyAxis(x!, param.axis, this.param.slice_param?.slice_dim, 'slice_param', 'slice_dim');
    const length = x!.shape[this.#axis]!;
    const shape = [...x!.shape];
    const sizes = param.slice_point.length
      ? this.#sizesBetween(param.slice_point, x!, top.length)
      : this.#equalSizes(length, top.length);
    top.forEach((blob, i) => {
      shape[this.#axis] = sizes[i]!;
      blob.reshape(shape);
    });
    if (top.length === 1) top[0]!.shareData(x!);
  }

  #sizesBetween(points: readonly number[], x: Blob, tops: number): number[] {
    const length = x.shape[this.#axis]!;
    const field = 'slice_param.slice_point';
    this.check(
      points.length === tops - 1,
      `there must be one slice_point less than tops: ${points.length} slice points, ${tops} tops`,
      undefined,
      field,
    );
    this.check(
      tops <= length,
      `more tops (${tops}) than the slice axis is long: slice axis: ${this.#axis}, bottom[0] shape: ${shapeString(x.shape)}`,
      undefined,
      'top',
    );
    points.forEach((point, i) => {
      const previous = points[i - 1] ?? 0;
      this.check(
        point > previous,
        `slice_point must ascend from 1 on: slice_point[${i}] is ${point}, after ${previous}`,
        undefined,
        field,
      );
    });
    const last = points.at(-1)!;
    this.check(
      last <= length,
      `slice_point ${last} lies beyond the slice axis: slice axis: ${this.#axis}, bottom[0] shape: ${shapeString(x.shape)}`,
      undefined,
      field,
    );
    return [...points, length].map((point, i) => point - (points[i - 1] ?? 0));
  }

  #equalSizes(length: number, tops: number): number[] {
    this.check(
      length % tops === 0,
      `Number of top blobs (${tops}) should evenly divide input slice axis (${length})`,
      'write slice_point for parts of different sizes',
      'top',
    );
    return Array.from({ length: tops }, () => length / tops);
  }

  override forward([x]: readonly Blob[], top: readonly Blob[]): void {
    if (top.length === 1) return;
    const rows = x!.countOf(0, this.#axis);
    const rowBytes = x!.countOf(this.#axis) * 4;
    let from = x!.ptr;
    for (const y of top) {
      const bytes = y.countOf(this.#axis) * 4;
      this.context.arena.kernels.copy_rows__scalar(y.ptr, bytes, from, rowBytes, bytes, 0, rows);
      from += bytes;
    }
  }
}
