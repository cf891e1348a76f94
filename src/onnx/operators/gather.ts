/** Gather: elements of an axis by indices. */
import { product } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { reshape } from './shared/layers.js';
import { select, selectNumbers } from './shared/select.js';
import { transposeNumbers } from './shared/transpose.js';

function axisOf(c: NodeContext): number {
  return c.axis(c.attributes.int('axis', 0), c.rank(0));
}

function canonical(indices: ArrayLike<number>, length: number): number[] {
  return Array.from(indices, (index) => {
    const at = index < 0 ? index + length : index;
    if (!(at >= 0 && at < length)) throw new Refusal(`index ${index} is out of range for an axis of ${length}`);
    return at;
  });
}

export const gather: Operator = {
  type: 'Gather',
  caffe: 'Slice, Concat, or Convolution by ones and zeros; Embed where a constant table is looked up',
  grade: 'cheap',
  notes: 'the indices must be constant, or what they look up',
  infer: (c) => {
    const axis = axisOf(c);
    const shape = c.shape(0);
    return [{ type: c.type(0), shape: [...shape.slice(0, axis), ...c.shape(1), ...shape.slice(axis + 1)] }];
  },
  evaluate: (c, [x, indices]) => {
    const axis = axisOf(c);
    const places = canonical(indices!.data, x!.shape[axis]!);
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
    return [{ shape, type: x!.type, data: selectNumbers(x!.data, x!.shape, axis, places) }];
  },
  emit: (c) => {
    const axis = axisOf(c);
    const indices = c.constant(1);
    const { shape } = c.output();
    if (indices) {
      const places = canonical(indices.data, c.shape(0)[axis]!);
      c.set(reshape(c, select(c, c.blob(0), axis, places), caffeShape(shape)));
      return;
    }
    const table = c.constant(0);
    if (!table || product(c.shape(1)) === 0)
      throw new Refusal(
        'its indices are computed while the model runs; Caffe has no layer that picks by computed indices',
      );
    const inputs = table.shape[axis]!;
    const order = table.shape.map((_, a) => a);
    const rows = transposeNumbers(table.data, table.shape, [axis, ...order.filter((a) => a !== axis)]);
    const outputs = table.data.length / inputs;
    if (axis !== 0)
      throw new Refusal(`its indices are computed, and look up axis ${axis}; a table is looked up along axis 0`);
    const flat = reshape(c, c.blob(1), [product(c.shape(1))]);
    const found = c.layer(
      'Embed',
      [flat],
      { input_dim: inputs, num_output: outputs, bias_term: false },
      [product(c.shape(1)), outputs],
      { blobs: [weights([inputs, outputs], rows)] },
    );
    c.set(reshape(c, found, caffeShape(shape)));
  },
};
