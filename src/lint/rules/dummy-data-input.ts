/** dummy-data-input: DummyData in the place of an input. */
import type { LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { Rule } from '../rule.js';

/** Whether a layer brings values into the net. */
const isSource = ({ type, bottom = [] }: LayerParameter): boolean => bottom.length === 0 && type !== 'Parameter';

export const dummyDataInput: Rule = {
  name: 'dummy-data-input',
  severity: 'error',
  doc: 'a DummyData layer in the place of an input',
  check: (net) => {
    // Where values are fed or read, a DummyData layer is a constant, which it is good for.
    if (net.layers.some((layer) => layer.type !== 'DummyData' && isSource(layer))) return [];
    return net.layers
      .filter(({ type }) => type === 'DummyData')
      .map((layer) => {
        const { shape, num = [], channels = [], height = [], width = [] } = layer.dummy_data_param ?? {};
        const shapes = shape ?? num.map((n, i) => ({ dim: [n, channels[i] ?? 1, height[i] ?? 1, width[i] ?? 1] }));
        const after = derive(layer, { type: 'Input', input_param: { shape: [...shapes] } });
        delete after.dummy_data_param;
        return {
          layer,
          message: 'Each forward pass fills the blob anew, so nothing can be fed, and the net has no inputs.',
          edit: { title: 'make it an Input layer', isExact: true, before: [layer], after: [after] },
        };
      });
  },
};
