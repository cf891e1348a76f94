/** positive-axis: an axis that is counted from the end → the same axis counted from the front. */
import { derive } from '../../proto/derive.js';
import type { Rewrite } from '../rewrite.js';

const PARAMS = ['concat_param', 'slice_param', 'softmax_param', 'inner_product_param', 'scale_param'] as const;

export const positiveAxis: Rewrite = {
  name: 'positive-axis',
  doc: 'axis: 2 in the place of axis: -1, for a blob of three axes',
  apply: ({ step, problem }) => {
    const name = PARAMS.find((each) => (step.layer[each]?.axis ?? 0) < 0);
    if (name === undefined || problem.measure !== 'inputRank') return false;
    const param = step.layer[name]!;
    step.layer = derive(step.layer, {
      [name]: derive(param, { axis: param.axis! + step.bottoms[0]!.shape.length }),
    });
    return true;
  },
};
