/** batch-norm-without-scale: Caffe's BatchNorm has no gamma and no beta. */
import type { Rule } from '../rule.js';

export const batchNormWithoutScale: Rule = {
  name: 'batch-norm-without-scale',
  severity: 'note',
  doc: 'a BatchNorm layer without a Scale or Bias layer behind it',
  check: ({ layers, flow }) =>
    layers
      .filter(({ type }) => type === 'BatchNorm')
      .filter((layer) => !flow.readersOf(layer).some(({ type }) => type === 'Scale' || type === 'Bias'))
      .map((layer) => ({
        layer,
        message:
          "Caffe's BatchNorm only normalizes. The weight and bias of PyTorch's BatchNorm2d belong in a Scale layer with " +
          'bias_term: true behind it.',
        hint: 'leave it as it is where the original has affine=False',
      })),
};
