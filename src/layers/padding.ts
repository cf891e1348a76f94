/** Padding: surrounds images with a constant. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { padConstant } from './shared/pad-constant.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface PaddingSettings {
  pad_l: number;
  pad_r: number;
  pad_t: number;
  pad_b: number;
  pad_value: number;
}

/**
 * Adds rows and columns of one value around each channel.
 *
 * @formula y is x in the middle, `pad_value` around it
 * @bottoms x, at least 2 axes; the last two are padded
 * @tops y, (…, pad_t + H + pad_b, pad_l + W + pad_r); not in place
 * @fields `pad_l`, `pad_r`, `pad_t`, `pad_b`, `pad_value` (0)
 * @source padding_layer.cpp of sophgo/caffe
 */
export class PaddingLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Padding',
    origin: 'Sophgo',
    family: 'joining',
    doc: 'Surrounds images with a constant.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['padding_param'],
  };

  get #settings(): PaddingSettings {
    const none = { pad_l: 0, pad_r: 0, pad_t: 0, pad_b: 0, pad_value: 0 };
    return { ...none, ...settingsOf<PaddingSettings>(this.param, 'padding_param') };
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected at least 2 axes, bottom[0] is ${shapeString(x!.shape)}`);
    const { pad_l, pad_r, pad_t, pad_b } = this.#settings;
    const shape = [...x!.shape];
    shape[shape.length - 2]! += pad_t + pad_b;
    shape[shape.length - 1]! += pad_l + pad_r;
    y!.reshape(shape);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { pad_l, pad_t, pad_value } = this.#settings;
    const outer = x!.shape.slice(0, -2).map(() => 0);
    padConstant(y!, x!, [...outer, pad_t, pad_l], pad_value);
  }
}
