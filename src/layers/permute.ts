/** Permute: exchanges axes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { permuteAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Puts the axes into another order.
 *
 * @formula axis k of y is axis order[k] of x
 * @bottoms x, any shape
 * @tops y, x's dimensions in the new order; not in place
 * @fields `order` names axes of x, each once. Axes that it leaves out follow in ascending order; an empty list changes nothing
 * @source permute_layer.cpp of weiliu89/caffe (SSD)
 */
export class PermuteLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Permute',
    origin: 'SSD',
    family: 'joining',
    doc: 'Puts the axes into another order.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['permute_param'],
    idle: (param) =>
      (settingsOf<{ order: number[] }>(param, 'permute_param').order ?? []).every((axis, i) => axis === i),
    movesValues: true,
    drawn: (param) => settingsOf<{ order: number[] }>(param, 'permute_param').order?.join(' ') ?? '',
  };

  #order: number[] = [];

  override setUp([x]: readonly Blob[]): void {
    const { order = [] } = settingsOf<{ order: number[] }>(this.param, 'permute_param');
    for (const [i, axis] of order.entries()) {
      this.check(
        axis < x!.numAxes,
        () => `order should be less than the input dimension: order ${axis}, bottom[0] is ${shapeString(x!.shape)}`,
        'axes count from 0',
        'permute_param.order',
      );
      this.check(
        !order.slice(0, i).includes(axis),
        `there are duplicate orders: ${axis}`,
        undefined,
        'permute_param.order',
      );
    }
    const rest = x!.shape.map((_, axis) => axis).filter((axis) => !order.includes(axis));
    this.#order = [...order, ...rest];
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape(this.#order.map((axis) => x!.shape[axis]!));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    permuteAxes(to, from, x!.shape, this.#order);
  }
}
