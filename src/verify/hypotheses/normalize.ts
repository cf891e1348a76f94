/** normalize: an L2 normalization is over the whole image for each position, or adds another eps. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { prototxtEdit, rounded } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

interface Settings {
  across_spatial: boolean;
  eps: number;
}

const EPS = [1e-10, 1e-12, 1e-6, 1e-5, 1e-20, 0];

export const normalize: Hypothesis = {
  id: 'normalize',
  title: 'a Normalize is over the whole image for each position (across_spatial), or adds another eps',
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'Normalize' || suspect.bottoms.length !== 1) return;
    const given = settingsOf<Settings>(suspect.param, 'norm_param');
    const { across_spatial = true, eps = 1e-10 } = given;
    for (const across of [!across_spatial, across_spatial])
      for (const added of [eps, ...EPS]) {
        if (across === across_spatial && added === eps) continue;
        const norm_param = {
          ...given,
          across_spatial: across,
          ...((given.eps !== undefined || added !== eps) && { eps: added }),
        } as typeof suspect.param.norm_param;
        const param = { ...suspect.param, norm_param };
        const otherEps = added === eps ? '' : `eps ${rounded(added)}`;
        const over = across ? 'all values of the image together' : 'the channels at each position by itself';
        yield {
          label: [
            ...(across === across_spatial ? [] : [`across_spatial: ${across}`]),
            ...(otherEps === '' ? [] : [otherEps]),
          ].join(', '),
          explanation:
            `the reference normalizes ${over}${otherEps === '' ? '' : ` and adds ${otherEps}`}; this layer has across_spatial: ` +
            `${across_spatial} and eps ${rounded(eps)}. The default of across_spatial is true; SSD's conv4_3_norm has false.`,
          change: { param },
          fix: prototxtEdit(suspect, param),
        };
      }
  },
};
