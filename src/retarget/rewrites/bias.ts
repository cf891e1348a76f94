/** bias: Bias with a parameter of its own → Scale by 1 with a bias. */
import { computed } from '../../optimize/storage.js';
import { product } from '../../shapes.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const bias: Rewrite = {
  name: 'bias',
  doc: 'Scale by 1 with a bias term in the place of Bias; the weights get the factors',
  apply: (marked, work) => {
    const { step } = marked;
    const { bottoms, params, layer } = step;
    if (!isRefused(marked) || layer.type !== 'Bias' || bottoms.length !== 1 || !work.takes('Scale')) return false;
    const { axis, num_axes, filler } = layer.bias_param ?? {};
    const { shape } = params[0]!;
    const ones = computed(shape, () => Promise.resolve(new Float32Array(product(shape)).fill(1)));
    const scale_param = {
      ...(axis !== undefined && { axis }),
      ...(num_axes !== undefined && { num_axes }),
      bias_term: true,
      ...(filler && { bias_filler: filler }),
    };
    work.become(step, { type: 'Scale', scale_param }, bottoms, [ones, params[0]!]);
    return true;
  },
};
