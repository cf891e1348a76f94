/** ShuffleChannel: interleaves groups of channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { permuteAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Interleaves the channels of several groups.
 *
 * @formula y[n, k · group + g, …] = x[n, g · C / group + k, …]
 * @bottoms x, (N, C, …)
 * @tops y, the shape of x; not in place
 * @fields `group` (1) must divide the channels
 * @source shuffle_channel_layer.cpp of farmingyard/ShuffleNet; Zhang et al., 2017
 */
export class ShuffleChannelLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ShuffleChannel',
    origin: 'ShuffleNet',
    family: 'joining',
    doc: 'Interleaves the channels of several groups.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['shuffle_channel_param'],
    idle: (param) => (settingsOf<{ group: number }>(param, 'shuffle_channel_param').group ?? 1) === 1,
    movesValues: true,
    drawn: (param) => `group ${settingsOf<{ group: number }>(param, 'shuffle_channel_param').group ?? 1}`,
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { group } = this.#settings();
    this.check(x!.numAxes >= 2, () => `expected (N, C, …), bottom[0] is ${shapeString(x!.shape)}`);
    this.check(
      group > 0 && x!.shape[1]! % group === 0,
      () => `group (${group}) must divide the ${x!.shape[1]!} channels of bottom[0], ${shapeString(x!.shape)}`,
      undefined,
      'shuffle_channel_param.group',
    );
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { group } = this.#settings();
    const [to, from] = valuesOf(y!, x!);
    const [num, channels] = x!.shape as [number, number];
    permuteAxes(to, from, [num, group, channels / group, x!.countOf(2)], [0, 2, 1, 3]);
  }

  #settings(): { group: number } {
    return { group: 1, ...settingsOf<{ group: number }>(this.param, 'shuffle_channel_param') };
  }
}
