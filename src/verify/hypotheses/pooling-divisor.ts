/** pooling-divisor: means that count padding, against means that do not. */
import { PoolingParameter_PoolMethod as Method } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { filled, mapped } from '../tensors.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';
import { divisorLines } from './numpy.js';

export const poolingDivisor: Hypothesis = {
  id: 'pooling-divisor',
  title: 'the mean of a window is divided by another number where it reaches over the border',
  async *variants(suspect): AsyncGenerator<Variant> {
    const given = suspect.param.pooling_param;
    const settings = resolve('PoolingParameter', given);
    if (suspect.type !== 'Pooling' || settings.pool !== Method.AVE) return;
    const [image] = suspect.bottoms;
    // The mean of ones says which part of each window's area lies within the image.
    const inside = await suspect.run({ bottoms: [filled(image!.shape, 1)] });
    if (inside.data.every((part) => part === 1)) return;
    const [top = ''] = suspect.param.top ?? [];
    const name = `${suspect.name}_divisor`;
    const mask = { name, type: 'Scale', bottom: [top], top: [top], scale_param: { axis: 2, num_axes: 2 } };
    const plane = inside.shape.slice(2);
    const factors = { shape: plane, data: inside.data.slice(0, plane[0]! * plane[1]!).map((part) => 1 / part) };
    const axes = (['h', 'w'] as const).map((side, i) => ({
      size: image!.shape[2 + i]!,
      out: plane[i]!,
      kernel: given?.[`kernel_${side}`] ?? settings.kernel_size,
      stride: given?.[`stride_${side}`] ?? settings.stride,
      pad: given?.[`pad_${side}`] ?? settings.pad,
    }));
    yield {
      label: 'padding not counted',
      explanation:
        'the reference divides by the number of values in the window (count_include_pad=False), Caffe by the area of the ' +
        `window with its padding. Caffe has no setting for it: a Scale after the layer, whose blob holds what the mean of ` +
        'ones is short of 1 as its reciprocal, does it for this input size.',
      change: { output: (y) => mapped(y, (v, i) => v / inside.data[i]!) },
      fix: prototxtEdit(suspect, suspect.param, mask),
      values: { [name]: () => [factors] },
      numbers: divisorLines(name, axes),
    };
  },
};
