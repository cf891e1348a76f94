/** two-values: `kernel_size: 3 kernel_size: 5` → `kernel_h: 3 kernel_w: 5`; stride and pad likewise. */
import type { ConvolutionParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { Rewrite } from '../rewrite.js';

const FIELDS = [
  ['kernel_size', 'kernel_h', 'kernel_w'],
  ['stride', 'stride_h', 'stride_w'],
  ['pad', 'pad_h', 'pad_w'],
] as const;

export const twoValues: Rewrite = {
  name: 'two-values',
  doc: 'kernel_h and kernel_w in the place of two values of kernel_size; stride and pad likewise',
  apply: ({ step, problem }) => {
    const param = step.layer.convolution_param;
    if (problem.measure !== 'hasTwoValues' || !param) return false;
    const changes: Partial<ConvolutionParameter> = {};
    for (const [both, h, w] of FIELDS) {
      const values = param[both];
      if (values?.length !== 2) continue;
      [changes[h], changes[w]] = values;
      changes[both] = undefined;
    }
    // A value that is given by axis excludes the other form, for each of the three on its own.
    step.layer = derive(step.layer, { convolution_param: derive(param, changes) });
    return true;
  },
};
