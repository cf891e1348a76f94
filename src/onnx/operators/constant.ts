/** Constant: a value that stands in the node. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Tensor } from '../schema/model.js';
import type { Operator } from './operator.js';

function valueOf({ attributes }: NodeContext): Tensor {
  const tensor = attributes.tensor('value');
  if (tensor) return tensor;
  const list = (values: readonly number[], isList: boolean, type: 'float' | 'int64'): Tensor => ({
    shape: isList ? [values.length] : [],
    type,
    data: type === 'float' ? Float32Array.from(values) : Float64Array.from(values),
  });
  if (attributes.has('value_float')) return list([attributes.float('value_float', 0)], false, 'float');
  if (attributes.has('value_int')) return list([attributes.int('value_int', 0)], false, 'int64');
  if (attributes.has('value_floats')) return list(attributes.floats('value_floats') ?? [], true, 'float');
  if (attributes.has('value_ints')) return list(attributes.ints('value_ints') ?? [], true, 'int64');
  throw new Refusal(`a value of another kind: ${[...attributes.values.keys()].join(', ') || 'none'}`);
}

export const constantOperator: Operator = {
  type: 'Constant',
  caffe: 'none; Parameter or DummyData where a layer needs it as a bottom',
  grade: 'direct',
  infer: (c) => [valueOf(c)],
  evaluate: (c) => [valueOf(c)],
};
