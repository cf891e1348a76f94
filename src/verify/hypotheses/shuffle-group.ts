/** shuffle-group: a ShuffleChannel interleaves another number of groups. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { range } from '../tensors.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const shuffleGroup: Hypothesis = {
  id: 'shuffle-group',
  title: 'a ShuffleChannel interleaves another number of groups',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    if (suspect.type !== 'ShuffleChannel' || !x) return;
    const { group: current = 1 } = settingsOf<{ group: number }>(suspect.param, 'shuffle_channel_param');
    const channels = x.shape[1] ?? 1;
    const groups = range(channels + 1).filter((group) => group > 0 && channels % group === 0 && group !== current);
    // With as many groups as each has channels now, the layer undoes what the model does.
    groups.sort((a, b) => Number(b === channels / current) - Number(a === channels / current) || a - b);
    for (const group of groups) {
      const param = { ...suspect.param, shuffle_channel_param: { ...suspect.param.shuffle_channel_param, group } };
      yield {
        label: `group: ${group}`,
        explanation:
          `the reference interleaves ${group} groups of channels, this layer ${current}` +
          `${group === channels / current ? ', which is the reverse' : ''}.`,
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};
