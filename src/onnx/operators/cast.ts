/** Cast: another element type. All of Caffe's numbers are float32. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import { dataTypeName, dataTypeOf, isFloat, type DataType } from '../schema/data-types.js';
import type { Operator } from './operator.js';
import { mapTensor } from './shared/elementwise.js';
import { above } from './shared/logic.js';
import { neuron } from './shared/layers.js';

function target(c: NodeContext): DataType {
  // Before opset 6 the type stands as text.
  const given = c.attributes.values.get('to');
  if (given?.kind === 'string') {
    const name = given.value.toLowerCase();
    return name as DataType;
  }
  const number = c.attributes.int('to', 1);
  const type = dataTypeOf(number);
  if (!type || type === 'string') throw new Refusal(`to ${dataTypeName(number)}`);
  return type;
}

export function castValue(from: DataType, to: DataType): (x: number) => number {
  if (to === 'bool') return (x) => (x === 0 ? 0 : 1);
  if (isFloat(to) || !isFloat(from)) return (x) => x;
  return Math.trunc;
}

export const cast: Operator = {
  type: 'Cast',
  caffe: 'none; Threshold where it makes a truth value',
  grade: 'direct',
  notes: 'from floating point to whole numbers it rounds, and is refused unless constant',
  infer: (c) => [{ type: target(c), shape: c.shape(0) }],
  evaluate: (c, [x]) => [mapTensor(x!, castValue(x!.type, target(c)), target(c))],
  emit: (c) => {
    const [from, to] = [c.type(0), target(c)];
    if (to === 'bool' && from !== 'bool') c.set(above(c, neuron(c, 'AbsVal', c.blob(0))));
    else if (isFloat(from) && !isFloat(to))
      throw new Refusal(`from ${from} to ${to} it rounds toward 0, which no Caffe layer does`);
    else c.set(c.blob(0));
  },
};
