/** batch-statistics: the reference is normalized by the statistics of the batch, the port by stored ones. */
import { edited, referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const batchStatistics: Hypothesis = {
  id: 'batch-statistics',
  title: "the reference is normalized by this batch's own mean and variance: the model was in train()",
  *variants(suspect): Generator<Variant> {
    if (suspect.type !== 'BatchNorm') return;
    const { batch_norm_param } = suspect.param;
    // A layer that runs by the batch's statistics changes its stored ones: these are not known any more.
    if (batch_norm_param?.use_global_stats === false) return;
    const param = { ...suspect.param, batch_norm_param: edited(batch_norm_param, [], { use_global_stats: false }) };
    const isOne = (suspect.bottoms[0]!.shape[0] ?? 1) === 1;
    yield {
      label: "this batch's own mean and variance",
      explanation:
        `the reference is what '${suspect.name}' reads, normalized by the mean and variance of this batch itself, not by the ` +
        'running ones: the model was in train() and not in eval() when its outputs were saved.' +
        (isOne ? ' (An InstanceNorm does the same with one image.)' : ''),
      change: { param },
      fix: referenceEdit(suspect, 'y', 'y', 'after model.eval()'),
      isOfModel: true,
    };
  },
};
