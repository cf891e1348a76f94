/** pooling-window: windows are counted or laid otherwise: rounding up or down, with another padding. */
import { PoolingParameter_RoundMode as Round, type LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { range } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';

export const poolingWindow: Hypothesis = {
  id: 'pooling-window',
  title: 'pooling rounds its size the other way, or pads otherwise',
  async *variants(suspect): AsyncGenerator<Variant> {
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
      const slices = round === Round.FLOOR ? await slicesFor(suspect, param) : undefined;
      yield {
        label: `pad: ${pad}, round_mode: ${roundName(round)}`,
        explanation:
          `the reference pools with pad ${pad} and rounds sizes ${round === Round.FLOOR ? 'down' : 'up'}; ` +
          `this layer pools with pad ${current.pad} and rounds ${current.round === Round.FLOOR ? 'down' : 'up'}. ` +
          'Caffe rounds up unless told otherwise, PyTorch down unless ceil_mode is set.',
        change: { param },
        fix: prototxtEdit(suspect, param),
        ...(slices && { instead: slices }),
      };
    }
  },
};

function roundName(round: Round): string {
  return round === Round.FLOOR ? 'FLOOR' : 'CEIL';
}

/**
 * What rounds down where there is no round_mode: the windows that rounding up adds are the last ones, and are cut off.
 * Undefined where there are none.
 */
async function slicesFor(
  suspect: Suspect,
  down: LayerParameter,
): Promise<{ words: string; fix: PrototxtFix } | undefined> {
  const up = { ...down, pooling_param: edited(down.pooling_param, ['round_mode'], {}) };
  const { shape: all } = await suspect.run({ param: up });
  const { shape: wanted } = await suspect.run({ param: down });
  const [top, ...otherTops] = suspect.param.top ?? [];
  const cuts = [
    { axis: 2, what: 'row' },
    { axis: 3, what: 'column' },
  ].filter(({ axis }) => all[axis] !== wanted[axis]);
  if (top === undefined || otherTops.length > 0 || cuts.length === 0) return undefined;
  const slices = cuts.map(({ axis, what }, i): LayerParameter => {
    const isLast = i === cuts.length - 1;
    return {
      name: `${suspect.name}_without_last_${what}`,
      type: 'Slice',
      bottom: [i === 0 ? `${top}_rounded_up` : `${top}_without_last_${cuts[i - 1]!.what}`],
      top: [isLast ? top : `${top}_without_last_${what}`, `${top}_last_${what}`],
      slice_param: { axis, slice_point: [wanted[axis]!] },
    };
  });
  const rest: LayerParameter = {
    name: `${suspect.name}_rest`,
    type: 'Silence',
    bottom: cuts.map(({ what }) => `${top}_last_${what}`),
  };
  return {
    words: `a Slice behind the pooling that leaves out its last ${cuts.map(({ what }) => what).join(' and ')}`,
    fix: {
      place: 'prototxt',
      before: [suspect.param],
      after: [{ ...up, top: [`${top}_rounded_up`] }, ...slices, rest],
    },
  };
}
