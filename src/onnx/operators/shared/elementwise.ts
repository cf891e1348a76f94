/** Operators that compute each element by itself. */
import type { EmitContext } from '../../emit/emit-context.js';
import type { Blob } from '../../emit/builder.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { DataType } from '../../schema/data-types.js';
import type { Tensor } from '../../schema/model.js';
import type { Operator } from '../operator.js';
import { broadcastShape, zip } from './broadcast.js';

type Common = Pick<Operator, 'type' | 'domain' | 'caffe' | 'notes' | 'grade'>;

/** An operator of one input. */
export function unary(
  options: Common & {
    /** The function of one element. */
    f: (c: NodeContext) => (x: number) => number;
    /** Element type of the result; the input's by default. */
    gives?: DataType;
    emit?: (c: EmitContext, x: Blob) => Blob;
  },
): Operator {
  const { f, gives, emit, ...common } = options;
  return {
    ...common,
    infer: (c) => [{ type: gives ?? c.type(0), shape: c.shape(0) }],
    evaluate: (c, [x]) => [mapTensor(x!, f(c), gives)],
    ...(emit && { emit: (c: EmitContext) => c.set(emit(c, c.blob(0))) }),
  };
}

/** Applies a function to every element, in double precision. */
export function mapTensor(x: Tensor, f: (value: number) => number, type: DataType = x.type): Tensor {
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(x.data[i]!);
  return { shape: x.shape, type, data };
}

/** An operator of two inputs that broadcast. */
export function binary(
  options: Common & {
    f: (c: NodeContext) => (x: number, y: number) => number;
    gives?: DataType;
    emit?: (c: EmitContext) => void;
  },
): Operator {
  const { f, gives, emit, ...common } = options;
  return {
    ...common,
    infer: (c) => [{ type: gives ?? c.type(0), shape: broadcastShape(c.shape(0), c.shape(1)) }],
    evaluate: (c, [a, b]) => {
      const shape = broadcastShape(a!.shape, b!.shape);
      return [{ shape, type: gives ?? a!.type, data: zip(a!, b!, f(c), shape) }];
    },
    ...(emit && { emit }),
  };
}
