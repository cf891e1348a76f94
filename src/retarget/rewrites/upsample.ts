/** upsample: Upsample by nearest neighbours → Deconvolution of each channel with a kernel of ones. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { computed } from '../../optimize/storage.js';
import { factsOfStep } from '../../optimize/work.js';
import { product } from '../../shapes.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const upsample: Rewrite = {
  name: 'upsample',
  doc: 'Deconvolution of each channel with a kernel of ones in the place of Upsample; the weights get the kernels',
  apply: (marked, work) => {
    const { step } = marked;
    const { layer, bottoms } = step;
    // The variants of the type by mask or with aligned corners are other layers.
    if (!isRefused(marked) || layer.type !== 'Upsample' || factsOfStep(step)?.variant?.name !== undefined) return false;
    const { scale, stride } = settingsOf<{ scale: number; stride: number }>(layer, 'upsample_param');
    const shape = bottoms[0]!.shape;
    if (scale === undefined || stride !== undefined || shape.length !== 4 || !work.takes('Deconvolution')) return false;
    const channels = shape[1]!;
    const kernel = [channels, 1, scale, scale];
    const convolution_param = {
      num_output: channels,
      bias_term: false,
      kernel_size: [scale],
      group: channels,
      stride: [scale],
      weight_filler: { type: 'constant', value: 1 },
    };
    const ones = computed(kernel, () => Promise.resolve(new Float32Array(product(kernel)).fill(1)));
    work.become(step, { type: 'Deconvolution', convolution_param }, bottoms, [ones]);
    return true;
  },
};
