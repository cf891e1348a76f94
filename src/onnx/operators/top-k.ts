/** TopK: the largest values along an axis, and their places. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { power } from './shared/layers.js';

function settings(c: NodeContext): { axis: number; k: number; sign: 1 | -1 } {
  const axis = c.axis(c.attributes.int('axis', -1), c.rank(0));
  const [k] = c.opset < 10 ? [c.attributes.int('k')] : (c.numbers(1, 'k') ?? []);
  if (k === undefined || k < 0 || k > c.shape(0)[axis]!)
    throw new Refusal(`k ${k ?? 'is missing'} for an axis of ${c.shape(0)[axis]!}`);
  return { axis, k, sign: c.attributes.int('largest', 1) === 0 ? -1 : 1 };
}

export const topK: Operator = {
  type: 'TopK',
  caffe: 'ArgMax {top_k}, and ArgMax {top_k, out_max_val: true} for the values',
  grade: 'direct',
  notes: 'of equal values the last come first, where ONNX takes the first; the places are floats',
  infer: (c) => {
    const { axis, k } = settings(c);
    const shape = c.shape(0).with(axis, k);
    return [
      { type: c.type(0), shape },
      { type: 'int64', shape },
    ];
  },
  evaluate: (c, [x]) => {
    const { axis, k, sign } = settings(c);
    const shape = x!.shape.with(axis, k);
    const [length, inner] = [x!.shape[axis]!, x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1)];
    const lines = x!.data.length / length;
    const values = new Float64Array(lines * k);
    const places = new Float64Array(lines * k);
    for (let line = 0; line < lines; line++) {
      const outer = Math.floor(line / inner);
      const start = outer * length * inner + (line % inner);
      const order = Array.from({ length }, (_, i) => i).sort(
        (a, b) => sign * (x!.data[start + b * inner]! - x!.data[start + a * inner]!) || a - b,
      );
      for (let i = 0; i < k; i++) {
        const to = (outer * k + i) * inner + (line % inner);
        values[to] = x!.data[start + order[i]! * inner]!;
        places[to] = order[i]!;
      }
    }
    return [
      { shape, type: x!.type, data: values },
      { shape, type: 'int64', data: places },
    ];
  },
  emit: (c) => {
    const { axis, k, sign } = settings(c);
    const x = power(c, c.blob(0), { scale: sign }, 'opposite');
    const shape = c.output().shape;
    const fields = { axis, ...(k !== 1 && { top_k: k }) };
    if (c.hasOutput(0) && c.options.isRead(c.node.outputs[0]!)) {
      const values = c.layer('ArgMax', [x], { ...fields, out_max_val: true }, shape, { role: 'values' });
      c.set(power(c, values, { scale: sign }), 0);
    }
    if (c.hasOutput(1) && c.options.isRead(c.node.outputs[1]!)) {
      c.remark('of equal values ArgMax finds the last first, the model the first');
      c.set(c.layer('ArgMax', [x], fields, shape, { role: 'places' }), 1);
    }
  },
};
