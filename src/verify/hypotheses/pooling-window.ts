/** pooling-window: windows are counted or laid otherwise: rounding up or down, with another padding. */
import { PoolingParameter_RoundMode as Round } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { range } from '../tensors.js';

export const poolingWindow: Hypothesis = {
  id: 'pooling-window',
  title: 'pooling rounds its size the other way, or pads otherwise',
  *variants(suspect): Generator<Variant> {
    const given = suspect.param.pooling_param;
    if (suspect.type !== 'Pooling' || given?.global_pooling) return;
    const { kernel_size, pad, round_mode } = resolve('PoolingParameter', given);
    const kernel = Math.min(given?.kernel_h ?? kernel_size, given?.kernel_w ?? kernel_size);
    const current = { pad: given?.pad_h ?? pad, round: round_mode };
    const candidates = range(Math.floor(kernel / 2) + 1)
      .flatMap((pad) => [Round.CEIL, Round.FLOOR].map((round) => ({ pad, round })))
      .map((each) => ({ ...each, edits: Number(each.pad !== current.pad) + Number(each.round !== current.round) }))
      .filter(({ edits }) => edits > 0)
      .sort((a, b) => a.edits - b.edits);
    for (const { pad, round } of candidates) {
      const pooling_param = edited(given, ['pad', 'pad_h', 'pad_w', 'round_mode'], {
        ...(pad !== 0 && { pad }),
        ...(round === Round.FLOOR && { round_mode: round }),
      });
      const param = { ...suspect.param, pooling_param };
      yield {
        label: `pad: ${pad}, round_mode: ${roundName(round)}`,
        explanation:
          `the reference pools with pad ${pad} and rounds sizes ${round === Round.FLOOR ? 'down' : 'up'}; ` +
          `this layer pools with pad ${current.pad} and rounds ${current.round === Round.FLOOR ? 'down' : 'up'}. ` +
          'Caffe rounds up unless told otherwise, PyTorch down unless ceil_mode is set.',
        change: { param },
        fix: prototxtEdit(suspect, param),
      };
    }
  },
};

function roundName(round: Round): string {
  return round === Round.FLOOR ? 'FLOOR' : 'CEIL';
}
