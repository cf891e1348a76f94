/** pooling-method: the maximum is taken where the reference takes the mean, or the other way round. */
import { PoolingParameter_PoolMethod as Method } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const poolingMethod: Hypothesis = {
  id: 'pooling-method',
  title: 'pooling takes the maximum for the mean, or the mean for the maximum',
  *variants(suspect): Generator<Variant> {
    const given = suspect.param.pooling_param;
    if (suspect.type !== 'Pooling' || (suspect.param.top ?? []).length !== 1) return;
    const isMax = resolve('PoolingParameter', given).pool === Method.MAX;
    const pool = isMax ? Method.AVE : Method.MAX;
    const param = { ...suspect.param, pooling_param: edited(given, [], { pool }) };
    const [is, should] = isMax ? ['maximum', 'mean'] : ['mean', 'maximum'];
    yield {
      label: `pool: ${isMax ? 'AVE' : 'MAX'}`,
      explanation: `the reference takes the ${should} of each window, this layer the ${is}.`,
      change: { param },
      fix: prototxtEdit(suspect, param),
    };
  },
};
