/** AveragePool: mean over windows. */
import type { Operator } from './operator.js';
import { emitPooling, poolingWindow, poolNumbers, windowAreas } from './shared/pooling.js';

export const averagePool: Operator = {
  type: 'AveragePool',
  caffe: 'Pooling AVE, and Scale by a constant map where padding does not count',
  grade: 'direct',
  notes:
    'Caffe counts padding; count_include_pad 0, which is the default of ONNX, needs the Scale where there are pads',
  infer: (c) => [{ type: c.type(0), shape: [...c.shape(0).slice(0, 2), ...poolingWindow(c).outputs] }],
  evaluate: (c, [x]) => {
    const window = poolingWindow(c);
    const areas = windowAreas(window, c.attributes.int('count_include_pad', 0) !== 0);
    return [poolNumbers(x!, window, (values, p) => values.reduce((a, b) => a + b, 0) / areas[p]!)];
  },
  emit: (c) => {
    c.set(emitPooling(c, c.blob(0), 'AVE', poolingWindow(c), c.attributes.int('count_include_pad', 0) !== 0));
  },
};
