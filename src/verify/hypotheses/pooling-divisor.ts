/** pooling-divisor: means that count padding, against means that do not. */
import { PoolingParameter_PoolMethod as Method } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { filled, mapped } from '../tensors.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const poolingDivisor: Hypothesis = {
  id: 'pooling-divisor',
  title: 'the mean of a window is divided by another number where it reaches over the border',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type !== 'Pooling' || resolve('PoolingParameter', suspect.param.pooling_param).pool !== Method.AVE)
      return;
    // The mean of ones says which part of each window's area lies within the image.
    const inside = (await suspect.run({ bottoms: [filled(suspect.bottoms[0]!.shape, 1)] })).data;
    if (inside.every((part) => part === 1)) return;
    const [top = ''] = suspect.param.top ?? [];
    const mask = {
      name: `${suspect.name}_divisor`,
      type: 'Scale',
      bottom: [top],
      top: [top],
      scale_param: { axis: 2, num_axes: 2 },
    };
    yield {
      label: 'padding not counted',
      explanation:
        'the reference divides by the number of values in the window (count_include_pad=False), Caffe by the area of the ' +
        `window with its padding. Caffe has no setting for it: a Scale after the layer, whose blob holds what the mean of ` +
        'ones is short of 1 as its reciprocal, does it for this input size.',
      change: { output: (y) => mapped(y, (v, i) => v / inside[i]!) },
      fix: prototxtEdit(suspect, suspect.param, mask),
    };
  },
};
