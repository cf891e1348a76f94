/** Trilu: one triangle of a matrix, 0 elsewhere. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { timesConstant } from './shared/arithmetic.js';

function mask(c: NodeContext): Float64Array {
  const shape = c.shape(0);
  if (shape.length < 2) throw new Refusal(`expected at least 2 axes, got ${shape.length}`);
  const [k] = c.numbers(1, 'k') ?? [0];
  const isUpper = c.attributes.int('upper', 1) !== 0;
  const [rows, columns] = shape.slice(-2) as [number, number];
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const above = (i % columns) - Math.floor(i / columns) - (k ?? 0);
    return (isUpper ? above >= 0 : above <= 0) ? 1 : 0;
  });
}

export const trilu: Operator = {
  type: 'Trilu',
  caffe: 'Scale by ones and zeros',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => {
    const flags = mask(c);
    return [{ ...x!, data: Float64Array.from(x!.data, (value, i) => (flags[i % flags.length] ? value : 0)) }];
  },
  emit: (c) => {
    const shape = c.shape(0).slice(-2);
    c.set(timesConstant(c, c.blob(0), { shape, type: 'float', data: mask(c) }));
  },
};
