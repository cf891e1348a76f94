/** gamma-not-applied: the reference is normalized only; the factors that the port multiplies with are not in it. */
import { factsOf } from '../../layers/registry.js';
import { filled } from '../tensors.js';
import { bothEdits, packingEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const gammaNotApplied: Hypothesis = {
  id: 'gamma-not-applied',
  title: "a normalization's factors (gamma) count as 1, whatever the file holds",
  async *variants(suspect): AsyncGenerator<Variant> {
    const [gamma, beta] = suspect.blobs;
    if (suspect.type !== 'Scale' || !gamma || suspect.bottoms.length > 1) return;
    const producer = await suspect.surroundings.producer(0);
    if (!producer || !factsOf(producer.param)?.normalizes) return;
    const ones = filled(gamma.shape, 1);
    const edit = packingEdit(suspect, 'weight', 'weight', 'np.ones_like(weight)');
    if (gamma.data.some((v) => v !== 1))
      yield {
        label: 'gamma is 1',
        explanation:
          'the reference has the factor 1 in every channel, while the offsets agree: gamma is not applied, whatever the ' +
          'file holds (fix_gamma=True in MXNet, scale=False in Keras).',
        change: { blobs: () => [ones, ...(beta ? [beta] : [])] },
        fix: edit,
      };
    if (beta?.data.some((v) => v !== 0)) {
      const zeros = packingEdit(suspect, 'bias', 'bias', 'np.zeros_like(bias)');
      yield {
        label: 'gamma is 1, beta is 0',
        explanation: 'the reference is normalized, and nothing more: it has neither gamma nor beta (affine=False).',
        change: { blobs: () => [ones, filled(beta.shape, 0)] },
        fix: bothEdits(edit, zeros),
      };
    }
  },
};
