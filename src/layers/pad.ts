/** Pad: surrounds a blob with a constant, along all axes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { padConstant } from './shared/pad-constant.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface PadSettings {
  paddings: number[];
  constant_values: number;
}

/**
 * Adds elements of one value before and behind those of x along each axis.
 *
 * @formula y is x in the middle, `constant_values` around it
 * @bottoms x, any shape
 * @tops y, each dimension with both of its paddings added; not in place
 * @fields `paddings`: two numbers for each axis, before and behind; `constant_values` (0)
 * @source pad_layer.cpp of synopsys-caffe
 */
export class PadLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Pad',
    origin: 'Synopsys',
    family: 'joining',
    doc: 'Surrounds a blob with a constant, two numbers for each axis.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['pad_param'],
  };

  get #settings(): Partial<PadSettings> {
    return settingsOf<PadSettings>(this.param, 'pad_param');
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { paddings = [] } = this.#settings;
    this.check(
      paddings.length === 2 * x!.numAxes,
      () => `Paddings' num should be 2 times of bottom's axes: ${paddings.length} for ${shapeString(x!.shape)}`,
      'two numbers for each axis, before and behind',
      'pad_param.paddings',
    );
    y!.reshape(x!.shape.map((size, axis) => size + paddings[2 * axis]! + paddings[2 * axis + 1]!));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { paddings = [], constant_values: value = 0 } = this.#settings;
    padConstant(
      y!,
      x!,
      x!.shape.map((_, axis) => paddings[2 * axis]!),
      value,
    );
  }
}
