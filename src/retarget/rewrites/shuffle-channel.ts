/** shuffle-channel: ShuffleChannel → Slice into single channels, and Concat in the new order. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const shuffleChannel: Rewrite = {
  name: 'shuffle-channel',
  doc: 'Slice into channels and Concat in the new order, in the place of ShuffleChannel; no blob gets a fifth axis',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'ShuffleChannel' || !work.takesAll('Slice', 'Concat')) return false;
    const { group = 1 } = settingsOf<{ group: number }>(step.layer, 'shuffle_channel_param');
    const x = step.bottoms[0]!;
    const [num, channels, ...rest] = x.shape as [number, number, ...number[]];
    const each = channels / group;
    const slices = work.severalBefore(
      step,
      'channels',
      { type: 'Slice', slice_param: { axis: 1 } },
      [x],
      Array.from({ length: channels }, () => [num, 1, ...rest]),
    );
    // Channel k · group + g of the top is channel g · each + k of the bottom.
    const order = Array.from({ length: channels }, (_, c) => (c % group) * each + Math.floor(c / group));
    work.become(
      step,
      { type: 'Concat', concat_param: { axis: 1 } },
      order.map((c) => slices[c]!),
    );
    return channels > 1;
  },
};
