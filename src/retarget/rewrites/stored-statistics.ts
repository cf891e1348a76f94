/** stored-statistics: BatchNorm as it behaves in phase TEST, written out: `use_global_stats: true`. */
import { Phase } from '../../generated/messages.js';
import { phaseOf } from '../../optimize/work.js';
import { derive } from '../../proto/derive.js';
import type { Rewrite } from '../rewrite.js';

export const storedStatistics: Rewrite = {
  name: 'stored-statistics',
  doc: 'use_global_stats: true in a BatchNorm that says nothing, which means the same in phase TEST',
  apply: ({ step, problem }, { net }) => {
    const { batch_norm_param: param = {} } = step.layer;
    if (problem.measure !== 'usesStoredStatistics' || param.use_global_stats !== undefined) return false;
    if (phaseOf(net, step) !== Phase.TEST) return false;
    step.layer = derive(step.layer, { batch_norm_param: derive(param, { use_global_stats: true }) });
    return true;
  },
};
