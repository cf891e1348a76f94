/** Crop: cuts a blob to the size of another. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Cuts the first bottom to the second's dimensions, from `axis` on, beginning at `offset`. It does not centre.
 *
 * @formula y[i, …, j, …] = x[i, …, j + offset, …]
 * @bottoms x, any shape; reference, of which only the dimensions from `axis` on count
 * @tops y, x's dimensions before `axis` (2) and the reference's from there on; not in place
 * @fields `offset` is given not at all (0), once for all axes, or once for each axis from `axis` on
 * @source Caffe's crop_layer.cpp
 */
export class CropLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Crop',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Crops the first bottom to the size of the second, beginning at offset.',
    bottoms: ['x', 'reference'],
    tops: ['y'],
    params: ['crop_param'],
    movesValues: true,
  };

  #offsets: number[] = [];

  override setUp([x]: readonly Blob[]): void {
    const { axis, offset } = resolve('CropParameter', this.param.crop_param);
    const start = axisOf(x!, axis, 'crop_param.axis');
    this.check(
      offset.length <= 1 || start + offset.length === x!.numAxes,
      () =>
        `number of offset values specified must be equal to the number of dimensions following axis: ` +
        `${offset.length} offsets, ${x!.numAxes - start} dimensions from axis ${start} on`,
      undefined,
      'crop_param.offset',
    );
  }

  override reshape([x, reference]: readonly Blob[], [y]: readonly Blob[]): void {
    const { axis, offset } = resolve('CropParameter', this.param.crop_param);
    const start = axisOf(x!, axis, 'crop_param.axis');
    const shape = [...x!.shape];
    this.#offsets = shape.map((dim, i) => {
      if (i < start) return 0;
      const from = offset.length > 1 ? offset[i - start]! : (offset[0] ?? 0);
      const size = reference!.dim(i);
      this.check(
        dim - from >= size,
        () =>
          `the crop for dimension ${i} is out-of-bounds with size ${size} and offset ${from}: ` +
          `bottom[0] is ${shapeString(x!.shape)}, bottom[1] is ${shapeString(reference!.shape)}`,
        `offset + size may be at most ${dim}`,
        'crop_param.offset',
      );
      shape[i] = size;
      return from;
    });
    y!.reshape(shape);
  }

  override forward([x, _reference]: readonly Blob[], [y]: readonly Blob[]): void {
    const last = y!.numAxes - 1;
    const [from, to] = [x!.ptr, y!.ptr];
    if (y!.count === 0) return;
    const { kernels } = this.context.arena;
    const bytes = y!.shape[last]! * 4;
    // The kernel copies the last two axes as one block of rows; this loop goes over the axes before them.
    const rows = last > 0 ? y!.shape[last - 1]! : 1;
    const walk = (axis: number, source: number, target: number): void => {
      const offset = this.#offsets[axis]!;
      const sourceSize = x!.countOf(axis + 1) * 4;
      const targetSize = y!.countOf(axis + 1) * 4;
      const start = source + offset * sourceSize;
      if (axis === last) kernels.copy_rows__scalar(target, bytes, start, sourceSize, bytes, 0, 1);
      else if (axis === last - 1)
        kernels.copy_rows__scalar(target, bytes, start + this.#offsets[last]! * 4, sourceSize, bytes, 0, rows);
      else for (let i = 0; i < y!.shape[axis]!; i++) walk(axis + 1, start + i * sourceSize, target + i * targetSize);
    };
    if (last < 0) kernels.copy_rows__scalar(to, 4, from, 4, 4, 0, 1);
    else walk(0, from, to);
  }
}
