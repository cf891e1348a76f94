/** Flatten: makes one axis of several. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { product } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Joins the axes from `axis` (1) to `end_axis` (−1), both included, into one. No values move.
 *
 * @formula y[i, j · J' + j', k] = x[i, j, j', k]
 * @bottoms x, any shape
 * @tops y, x's dimensions before `axis`, the product of those joined, and those after `end_axis`; shares x's values;
 *   not in place
 * @source Caffe's flatten_layer.cpp
 */
export class FlattenLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Flatten',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Joins the axes from axis to end_axis into one.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['flatten_param'],
    sharesValues: true,
    keepsOrder: true,
    movesValues: true,
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const param = resolve('FlattenParameter', this.param.flatten_param);
    const start = axisOf(x!, param.axis, 'flatten_param.axis');
    const end = axisOf(x!, param.end_axis, 'flatten_param.end_axis');
    const { shape } = x!;
    const joined = x!.countOf(start, end + 1);
    const flat = [...shape.slice(0, start), joined, ...shape.slice(end + 1)];
    this.check(
      start <= end + 1 && product(flat) === x!.count,
      `axis ${param.axis} must not lie behind end_axis ${param.end_axis} in a blob of ${x!.numAxes} axes`,
      undefined,
      'flatten_param.end_axis',
    );
    y!.reshape(flat);
    y!.shareData(x!);
  }

  override forward(): void {
    // The values are shared.
  }
}
