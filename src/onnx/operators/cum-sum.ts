/** CumSum: sums of all elements up to each. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { mixAxis } from './shared/layers.js';
import { mixNumbers } from './shared/resample.js';

function matrixOf(c: NodeContext): { axis: number; length: number; matrix: Float64Array } {
  const [given] = c.numbers(1, 'axis') ?? [];
  if (given === undefined) throw new Refusal('the axis is missing');
  const axis = c.axis(given, c.rank(0));
  const length = c.shape(0)[axis]!;
  const [exclusive, reverse] = [c.attributes.int('exclusive', 0) !== 0, c.attributes.int('reverse', 0) !== 0];
  const matrix = Float64Array.from({ length: length * length }, (_, i) => {
    const [row, column] = [Math.floor(i / length), i % length];
    const ahead = reverse ? column - row : row - column;
    return ahead > 0 || (ahead === 0 && !exclusive) ? 1 : 0;
  });
  return { axis, length, matrix };
}

export const cumSum: Operator = {
  type: 'CumSum',
  caffe: 'InnerProduct or Convolution by a triangle of ones',
  grade: 'direct',
  infer: (c) => {
    matrixOf(c);
    return [{ type: c.type(0), shape: c.shape(0) }];
  },
  evaluate: (c, [x]) => {
    const { axis, length, matrix } = matrixOf(c);
    return [{ ...x!, data: mixNumbers(x!.data, x!.shape, axis, matrix, length) }];
  },
  emit: (c) => {
    const { axis, length, matrix } = matrixOf(c);
    c.heavy(`a sum up to each element by a matrix of ${length} x ${length}`, length <= 1024);
    c.set(mixAxis(c, c.blob(0), axis, length, () => Float32Array.from(matrix)));
  },
};
