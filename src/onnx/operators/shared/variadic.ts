/** Operators of any number of inputs that broadcast. */
import { product, sameShape } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import type { Tensor } from '../../schema/model.js';
import type { Operator } from '../operator.js';
import { broadcastShape, expandBlob, expandNumbers } from './broadcast.js';
import { clip, neuron } from './layers.js';
import { FLOAT_MIN } from './pad.js';

export function variadic(
  options: Pick<Operator, 'type' | 'caffe' | 'notes' | 'grade'> & {
    f: (values: Float64Array) => number;
    /** The layers, of two blobs or more of one shape. */
    emit: (c: EmitContext, blobs: readonly Blob[]) => Blob;
  },
): Operator {
  const { f, emit, ...common } = options;
  return {
    ...common,
    infer: (c) => [
      { type: c.type(0), shape: broadcastShape(...Array.from({ length: c.inputCount }, (_, i) => c.shape(i))) },
    ],
    evaluate: (c, inputs) => {
      const tensors = inputs as readonly Tensor[];
      const shape = broadcastShape(...tensors.map((tensor) => tensor.shape));
      const columns = tensors.map((tensor) => expandNumbers(tensor.data, tensor.shape, shape));
      const data = new Float64Array(product(shape));
      const line = new Float64Array(columns.length);
      for (let i = 0; i < data.length; i++) {
        columns.forEach((column, k) => (line[k] = column[i]!));
        data[i] = f(line);
      }
      return [{ shape, type: tensors[0]!.type, data }];
    },
    emit: (c) => {
      const shape = caffeShape(c.output().shape);
      const limited = limit(c, common.type);
      if (limited) {
        c.set(limited);
        return;
      }
      const blobs = c.node.inputs.map((_, i) => expandBlob(c, c.blob(i), shape));
      c.set(blobs.length === 1 ? blobs[0]! : emit(c, blobs));
    },
  };
}

/** Max or Min with one scalar constant: ReLU or Clip. */
function limit(c: EmitContext, type: string): Blob | undefined {
  if ((type !== 'Max' && type !== 'Min') || c.inputCount !== 2) return undefined;
  const index = c.constant(0) ? 0 : 1;
  const constant = c.constant(index);
  if (!constant || product(constant.shape) !== 1 || !sameShape(c.shape(1 - index), c.output().shape)) return undefined;
  const [value] = constant.data as unknown as [number];
  const x = c.blob(1 - index);
  if (type === 'Max' && value === 0) return neuron(c, 'ReLU', x);
  if (!c.target.has('Clip')) return undefined;
  return type === 'Max' ? clip(c, x, value, -FLOAT_MIN) : clip(c, x, FLOAT_MIN, value);
}
