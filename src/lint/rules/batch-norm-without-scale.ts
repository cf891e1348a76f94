/** batch-norm-without-scale: Caffe's BatchNorm has no gamma and no beta. */
import type { LayerParameter } from '../../generated/messages.js';
import type { Rule } from '../rule.js';

export const batchNormWithoutScale: Rule = {
  name: 'batch-norm-without-scale',
  severity: 'note',
  doc: 'a BatchNorm layer without a Scale or Bias layer behind it',
  check: ({ layers, flow }) =>
    layers
      .filter((layer) => layer.type === 'BatchNorm' && !hasOwnScale(layer))
      .filter((layer) => !flow.readersOf(layer).some(({ type }) => type === 'Scale' || type === 'Bias'))
      .map((layer) => ({
        layer,
        message:
          "Caffe's BatchNorm only normalizes. The weight and bias of PyTorch's BatchNorm2d belong in a Scale layer with " +
          'bias_term: true behind it.',
        hint: 'leave it as it is where the original has affine=False',
      })),
};

/** Fields by which the forks of NVIDIA and Intel give the layer a factor and an offset of its own. */
const OWN_SCALE = ['scale_bias', 'use_weight_bias'];

function hasOwnScale({ batch_norm_param = {} }: LayerParameter): boolean {
  const settings: Readonly<Record<string, unknown>> = { ...batch_norm_param };
  return OWN_SCALE.some((field) => settings[field] === true);
}
