/** Clip: values limited to a range. */
import { caffeShape } from '../emit/emit-context.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { expandBlob } from './shared/broadcast.js';
import { mapTensor } from './shared/elementwise.js';
import { clip, eltwise, neuron, power } from './shared/layers.js';
import { FLOAT_MIN } from './shared/pad.js';
import { negative } from './shared/reduce.js';

/** A limit that is constant; undefined where there is none or it is computed. */
function limit(c: NodeContext, index: 1 | 2): number | undefined {
  const name = index === 1 ? 'min' : 'max';
  const value = c.opset < 11 ? c.attributes.float(name) : c.constant(index)?.data[0];
  // Writers of the opsets before 11 give float32's own limits for none.
  return value === undefined || Math.abs(value) >= -FLOAT_MIN ? undefined : value;
}

export const clipOperator: Operator = {
  type: 'Clip',
  caffe: 'Clip, or ReLU for a minimum of 0',
  grade: 'direct',
  notes: 'for the target caffe-1.0 two ReLUs in place of Clip',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x, min, max]) => {
    const low = c.opset < 11 ? c.attributes.float('min', -Infinity) : (min?.data[0] ?? -Infinity);
    const high = c.opset < 11 ? c.attributes.float('max', Infinity) : (max?.data[0] ?? Infinity);
    return [mapTensor(x!, (value) => Math.min(Math.max(value, low), high))];
  },
  emit: (c) => {
    let y = c.blob(0);
    if (c.isComputed(1)) y = eltwise(c, 'MAX', [y, expandBlob(c, c.blob(1), caffeShape(c.shape(0)))]);
    if (c.isComputed(2)) {
      const most = negative(c, expandBlob(c, c.blob(2), caffeShape(c.shape(0))));
      y = negative(c, eltwise(c, 'MAX', [negative(c, y), most]));
    }
    const [least, high] = [limit(c, 1), limit(c, 2)];
    // Of limits that cross, the upper one holds; Caffe's Clip gives the lower.
    const low = least !== undefined && high !== undefined ? Math.min(least, high) : least;
    if (low === 0 && high === undefined) y = neuron(c, 'ReLU', y);
    else if (low === 0 && high === 6 && c.target.has('ReLU6')) y = neuron(c, 'ReLU6', y);
    else if (low !== undefined && high !== undefined) y = clip(c, y, low, high);
    else if (low !== undefined)
      y = c.target.has('Clip')
        ? clip(c, y, low, -FLOAT_MIN)
        : power(c, neuron(c, 'ReLU', power(c, y, { shift: -low })), { shift: low });
    else if (high !== undefined)
      y = c.target.has('Clip')
        ? clip(c, y, FLOAT_MIN, high)
        : power(c, neuron(c, 'ReLU', power(c, y, { scale: -1, shift: high })), { scale: -1, shift: high });
    c.set(y);
  },
};
