/** weights-flipped: kernels upside down or mirrored, as true convolution has them. */
import { reversed } from '../tensors.js';
import { packingEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

const FLIPS = [
  { axes: [2, 3], label: 'turned by 180°', index: 'w[:, :, ::-1, ::-1]' },
  { axes: [2], label: 'upside down', index: 'w[:, :, ::-1, :]' },
  { axes: [3], label: 'mirrored', index: 'w[:, :, :, ::-1]' },
] as const;

export const weightsFlipped: Hypothesis = {
  id: 'weights-flipped',
  title: 'the kernels are flipped',
  *variants(suspect): Generator<Variant> {
    const [weights, ...others] = suspect.blobs;
    if (!suspect.facts.weights || weights?.shape.length !== 4) return;
    for (const { axes, label, index } of FLIPS) {
      if (axes.some((axis) => weights.shape[axis] === 1)) continue;
      yield {
        label,
        explanation:
          `the kernels are ${label} against the reference. Caffe and PyTorch correlate: they do not flip kernels, as ` +
          'true convolution does.',
        change: { blobs: () => [reversed(weights, ...axes), ...others] },
        fix: packingEdit(suspect, 'weight', 'w', index),
      };
    }
  },
};
