/** Places of the largest and the smallest along an axis. */
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Operator } from '../operator.js';
import { power, reshape } from './layers.js';
import { reducedShape } from './reduce.js';
import { select } from './select.js';

/** @param sign 1 for the largest, −1 for the smallest */
export function argument(type: string, sign: 1 | -1): Operator {
  const axisOf = (c: NodeContext): number => c.axis(c.attributes.int('axis', 0), c.rank(0));
  const shapeOf = (c: NodeContext): number[] =>
    reducedShape(c.shape(0), [axisOf(c)], c.attributes.int('keepdims', 1) !== 0);
  return {
    type,
    caffe: sign === 1 ? 'ArgMax' : 'Power {scale: -1}, ArgMax',
    grade: 'direct',
    notes: 'of equal values the last is found, where ONNX takes the first; the result is a float',
    infer: (c) => [{ type: 'int64', shape: shapeOf(c) }],
    evaluate: (c, [x]) => {
      const axis = axisOf(c);
      const [length, inner] = [x!.shape[axis]!, x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1)];
      const isLast = c.attributes.int('select_last_index', 0) !== 0;
      const data = Float64Array.from({ length: x!.data.length / length }, (_, line) => {
        const start = Math.floor(line / inner) * length * inner + (line % inner);
        let best = 0;
        for (let k = 1; k < length; k++) {
          const [value, most] = [sign * x!.data[start + k * inner]!, sign * x!.data[start + best * inner]!];
          if (value > most || (isLast && value === most)) best = k;
        }
        return best;
      });
      return [{ shape: shapeOf(c), type: 'int64', data }];
    },
    emit: (c: EmitContext) => {
      const axis = axisOf(c);
      const x = c.blob(0);
      const length = x.shape[axis]!;
      const values = power(c, x, { scale: sign }, 'opposite');
      const isLast = c.attributes.int('select_last_index', 0) !== 0;
      // Turned round along the axis, the last of equal values is the first.
      const small = length <= 32;
      const turn = !isLast && small && length > 1;
      const turned = turn
        ? select(
            c,
            values,
            axis,
            Array.from({ length }, (_, i) => length - 1 - i),
          )
        : values;
      const found = c.layer('ArgMax', [turned], { axis }, x.shape.with(axis, 1));
      const place = turn ? power(c, found, { scale: -1, shift: length - 1 }) : found;
      if (!isLast && !turn) c.remark('of equal values ArgMax finds the last, the model the first');
      c.set(reshape(c, place, caffeShape(c.output().shape)));
    },
  };
}
