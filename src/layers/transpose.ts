/** Transpose: exchanges axes, all of which are named. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { permuteAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Puts the axes into another order; every axis must be named.
 *
 * @formula axis k of y is axis dim[k] of x
 * @bottoms x, any shape
 * @tops y, x's dimensions in the new order; not in place
 * @fields `dim` names every axis of x once
 * @source transpose_layer.cpp of senlinuc/caffe_ocr
 */
export class TransposeLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Transpose',
    origin: 'caffe_ocr',
    family: 'joining',
    doc: 'Puts the axes into another order; every axis must be named.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['transpose_param'],
    movesValues: true,
  };

  #order: readonly number[] = [];

  override setUp([x]: readonly Blob[]): void {
    const { dim = [] } = settingsOf<{ dim: number[] }>(this.param, 'transpose_param');
    this.#order = dim;
    this.check(
      dim.length === x!.numAxes && x!.shape.every((_, axis) => dim.includes(axis)),
      () => `dim must name each of the ${x!.numAxes} axes of bottom[0] once, got ${dim.join(' ') || 'none'}`,
      `bottom[0] is ${shapeString(x!.shape)}; write dim: ${x!.shape.map((_, axis) => axis).join(' dim: ')} in the wanted order`,
      'transpose_param.dim',
    );
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape(this.#order.map((axis) => x!.shape[axis]!));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from] = valuesOf(y!, x!);
    permuteAxes(to, from, x!.shape, this.#order);
  }
}
