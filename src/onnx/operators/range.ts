/** Range: numbers at equal distances; its inputs must be constant. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

function partsOf(c: NodeContext): { start: number; delta: number; count: number } {
  const [start, limit, delta] = [0, 1, 2].map((i) => c.numbers(i, ['start', 'limit', 'delta'][i]!)?.[0]);
  if (start === undefined || limit === undefined || delta === undefined || delta === 0)
    throw new Refusal('start, limit or delta is missing');
  return { start, delta, count: Math.max(Math.ceil((limit - start) / delta), 0) };
}

export const rangeOperator: Operator = {
  type: 'Range',
  caffe: 'none: a constant',
  grade: 'constant only',
  infer: (c) => [{ type: c.type(0), shape: [partsOf(c).count] }],
  evaluate: (c) => {
    const { start, delta, count } = partsOf(c);
    return [
      { shape: [count], type: c.type(0), data: Float64Array.from({ length: count }, (_, i) => start + i * delta) },
    ];
  },
};
