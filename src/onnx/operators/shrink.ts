/** Shrink: x + bias below -lambd, x - bias above lambd, else 0. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron, power } from './shared/layers.js';
export const shrink = unary({
  type: 'Shrink',
  caffe: 'Threshold, Power, Eltwise',
  grade: 'cheap',
  notes: 'lambd 0 or more',
  f: (c) => {
    const [bias, lambd] = [c.attributes.float('bias', 0), c.attributes.float('lambd', 0.5)];
    return (x) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0);
  },
  emit: (c, x) => {
    const [bias, lambd] = [c.attributes.float('bias', 0), c.attributes.float('lambd', 0.5)];
    const above = neuron(c, 'Threshold', x, { threshold: lambd }, 'above');
    const below = neuron(c, 'Threshold', power(c, x, { scale: -1 }, 'opposite'), { threshold: lambd }, 'below');
    const high = eltwise(c, 'PROD', [above, power(c, x, { shift: -bias }, 'lowered')], undefined, 'high');
    const low = eltwise(c, 'PROD', [below, power(c, x, { shift: bias }, 'raised')], undefined, 'low');
    return eltwise(c, 'SUM', [high, low]);
  },
});
