/** batch-norm-without-scale: Caffe's BatchNorm has no gamma and no beta. */
import type { LayerParameter } from '../../generated/messages.js';
import { enumNameOf, resolve } from '../../proto/message.js';
import { trainingOf } from '../../runtime/deploy/training.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const batchNormWithoutScale: Rule = {
  name: 'batch-norm-without-scale',
  severity: 'note',
  doc: 'a BatchNorm layer without a Scale or Bias layer behind it',
  check: (net) => {
    const isTrained = net.layers.some((layer) => trainingOf(layer) !== undefined);
    return net.layers
      .filter((layer) => layer.type === 'BatchNorm' && !hasOwnScale(net, layer))
      .filter((layer) => !isScaledBehind(net, layer, isTrained))
      .map((layer) => ({
        layer,
        message:
          "Caffe's BatchNorm only normalizes: it has no factor and no offset. The weight and bias of PyTorch's BatchNorm2d belong in " +
          'a Scale layer with bias_term: true behind it.',
        hint: 'leave it as it is where the original has affine=False',
      }));
  },
};

/** Whether a layer behind has a factor for each channel, with nothing between that keeps it from acting on the normalized values. */
function isScaledBehind(net: LintNet, layer: LayerParameter, isTrained: boolean): boolean {
  const reached = new Set([layer]);
  for (const each of reached)
    for (const reader of net.flow.readersOf(each)) {
      if (reader.type === 'Scale' || reader.type === 'Bias') return true;
      // A layer that is trained learns the factor with its own weights. A port would have lost it.
      if (isTrained && net.factsOf(reader)?.biasTerm) return true;
      if (isBetween(reader)) reached.add(reader);
    }
  return false;
}

/** Layers through which a factor and an offset can be moved: CReLU is written as x and −x side by side, then a Scale. */
function isBetween({ type = '', power_param }: LayerParameter): boolean {
  if (type === 'Power') return resolve('PowerParameter', power_param).power === 1;
  return ['Concat', 'Slice', 'Reshape', 'Flatten', 'Permute', 'Dropout'].includes(type);
}

/** Forks give the layer a factor and an offset of its own: NVIDIA's by fields, Intel's by an engine. */
function hasOwnScale({ net }: LintNet, { batch_norm_param = {} }: LayerParameter): boolean {
  const settings: Readonly<Record<string, unknown>> = { ...batch_norm_param };
  // NVIDIA's takes a filler for a wish.
  if (settings['scale_bias'] === true || 'scale_filler' in settings || 'bias_filler' in settings) return true;
  const whole: Readonly<Record<string, unknown>> = { ...net };
  const engine = enumNameOf(batch_norm_param, 'BatchNormParameter', 'engine') ?? whole['engine'];
  const isIntel = typeof engine === 'string' && engine.startsWith('MKL');
  return settings['use_weight_bias'] === true || (isIntel && settings['use_weight_bias'] !== false);
}
