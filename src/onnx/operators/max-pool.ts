/** MaxPool: maximum over windows. */
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { emitPooling, poolingWindow, poolNumbers } from './shared/pooling.js';

export const maxPool: Operator = {
  type: 'MaxPool',
  caffe: 'Pooling MAX',
  grade: 'direct',
  notes:
    'round_mode as ceil_mode asks; what the sizes cannot say becomes Concat with -FLT_MAX, or a Slice after it; dilations take Im2col; the output Indices is refused',
  infer: (c) => {
    const { outputs } = poolingWindow(c);
    const shape = [...c.shape(0).slice(0, 2), ...outputs];
    return [
      { type: c.type(0), shape },
      { type: 'int64', shape },
    ];
  },
  evaluate: (c, [x]) => [
    poolNumbers(x!, poolingWindow(c), (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity)),
  ],
  emit: (c) => {
    if (c.hasOutput(1) && c.options.isRead(c.node.outputs[1]!))
      throw new Refusal('its output Indices is used, which counts through the whole tensor and no Caffe layer gives');
    c.set(emitPooling(c, c.blob(0), 'MAX', poolingWindow(c)));
  },
};
