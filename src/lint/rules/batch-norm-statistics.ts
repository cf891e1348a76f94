/** batch-norm-statistics: batch statistics where stored ones are meant, or the other way round. */
import { Phase, type LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { LintEdit, Problem } from '../finding.js';
import type { Rule } from '../rule.js';

export const batchNormStatistics: Rule = {
  name: 'batch-norm-statistics',
  severity: 'error',
  doc: 'a BatchNorm layer whose use_global_stats contradicts the phase',
  check: ({ layers, phase, isDeploy }) =>
    layers.flatMap((layer): Problem[] => {
      if (layer.type !== 'BatchNorm') return [];
      const given = layer.batch_norm_param?.use_global_stats;
      if (phase === 'TEST' && given === false)
        return [
          {
            layer,
            field: 'batch_norm_param.use_global_stats',
            message:
              'It normalizes by the statistics of the batch at inference too: a result depends on what else is in the batch.',
            edit: isDeploy ? withGlobalStats(layer) : byPhase(layer),
          },
        ];
      if (isDeploy && layer.phase === Phase.TRAIN && given !== true)
        return [
          {
            layer,
            field: 'phase',
            message: 'The layer is fixed to the phase TRAIN, in which BatchNorm takes the statistics of the batch.',
            edit: withGlobalStats(layer),
          },
        ];
      if (phase === 'TRAIN' && isDeploy && given === undefined)
        return [
          {
            layer,
            severity: 'warning',
            message:
              'Built for the phase TRAIN, the layer takes the statistics of the batch. A net that is deployed says use_global_stats: true.',
            edit: withGlobalStats(layer),
          },
        ];
      return [];
    }),
};

function withGlobalStats(layer: LayerParameter): LintEdit {
  return {
    title: 'normalize by the stored statistics',
    isExact: true,
    before: [layer],
    after: [derive(layer, { batch_norm_param: { ...layer.batch_norm_param, use_global_stats: true } })],
  };
}

/** A net that is trained as well needs the statistics of the batch for it. */
function byPhase(layer: LayerParameter): LintEdit {
  const others = { ...layer.batch_norm_param };
  delete others.use_global_stats;
  const after = derive(layer, { batch_norm_param: others });
  if (Object.keys(others).length === 0) delete after.batch_norm_param;
  return { title: 'take the setting out, so that the phase decides', isExact: true, before: [layer], after: [after] };
}
