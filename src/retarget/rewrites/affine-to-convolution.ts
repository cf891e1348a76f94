/** affine-to-convolution: a BatchNorm, Scale, Bias, BN or Power alone → Convolution of each channel with a kernel of 1x1. */
import type { Affine } from '../../layers/shared/affine.js';
import { affineOf } from '../../optimize/affine.js';
import { computed } from '../../optimize/storage.js';
import type { Step } from '../../optimize/work.js';
import { isRefused, type Rewrite } from '../rewrite.js';
import type { Workspace } from '../workspace.js';

export const affineToConvolution: Rewrite = {
  name: 'affine-to-convolution',
  doc: 'Convolution of each channel with a kernel of 1x1 in the place of a BatchNorm, Scale, Bias, BN, or Power with power 1',
  apply: async (marked, work) => {
    const { step } = marked;
    const [x] = step.bottoms;
    if (!isRefused(marked) || step.bottoms.length !== 1 || x!.shape.length !== 4 || !work.takes('Convolution'))
      return false;
    const affine = await affineFor(step, work);
    if (!affine || !work.giveOwnTop(step)) return false;
    const channels = x!.shape[1]!;
    const convolution_param = { num_output: channels, kernel_size: [1], group: channels };
    work.become(step, { type: 'Convolution', convolution_param }, step.bottoms, [
      computed([channels, 1, 1, 1], () => Promise.resolve(Float32Array.from(affine.factor))),
      computed([channels], () => Promise.resolve(Float32Array.from(affine.offset))),
    ]);
    return true;
  },
};

async function affineFor(step: Step, work: Workspace): Promise<Affine | undefined> {
  const { type = '', power_param: { power = 1, scale = 1, shift = 0 } = {} } = step.layer;
  const channels = step.bottoms[0]!.shape[1]!;
  if (type === 'Power' && power === 1)
    return { factor: new Float64Array(channels).fill(scale), offset: new Float64Array(channels).fill(shift) };
  return affineOf(work.net, step, 1);
}
