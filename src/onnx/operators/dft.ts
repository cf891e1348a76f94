/** DFT: an axis as its frequencies, which is a product with a matrix of cosines and sines. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { fourierMatrix, type FourierMatrix } from './shared/fourier.js';
import { mixAxis, reshape } from './shared/layers.js';
import { transpose, transposeNumbers } from './shared/transpose.js';

/** A longer transform would take a matrix of more than 64 MB. */
const LONGEST = 2048;

interface Transform extends FourierMatrix {
  /** Puts the transformed axis before that of the parts, and back. */
  readonly perm: readonly number[];
  readonly shape: readonly number[];
}

function transformOf(c: NodeContext): Transform {
  const rank = c.rank(0);
  const shape = c.shape(0);
  const parts = shape.at(-1);
  if (rank < 2 || (parts !== 1 && parts !== 2))
    throw new Refusal(
      `expected a last axis of 1 or 2, for the parts of complex numbers; the shape is ${shape.join('x')}`,
    );
  const [given] = c.opset < 20 ? [c.attributes.int('axis', 1)] : (c.numbers(2, 'axis') ?? [-2]);
  const axis = c.axis(given!, rank);
  if (axis === rank - 1) throw new Refusal('its axis is that of the parts of complex numbers');
  const inputs = shape[axis]!;
  const [length = inputs] = c.numbers(1, 'dft_length') ?? [];
  const isInverse = c.attributes.int('inverse', 0) !== 0;
  const isOnesided = c.attributes.int('onesided', 0) !== 0;
  if (length < 1 || length > LONGEST)
    throw new Refusal(`it transforms ${length} elements; up to ${LONGEST} are a matrix that a layer can hold`);
  if (isInverse && isOnesided) throw new Refusal('it turns the half of a spectrum into a signal');
  const frequencies = isOnesided ? Math.floor(length / 2) + 1 : length;
  const perm = shape.map((_, i) => i);
  [perm[axis], perm[rank - 2]] = [rank - 2, axis];
  return {
    ...{ inputs: Math.min(inputs, length), length, frequencies, isInverse, isComplex: parts === 2, perm },
    shape: shape.with(axis, frequencies).with(rank - 1, 2),
  };
}

/** Rows of the axis and the parts, with zeros for elements beyond the transform's length. */
function matrixFor(c: NodeContext, transform: Transform): Float64Array {
  const { perm, inputs, isComplex, frequencies } = transform;
  const width = c.shape(0)[perm.at(-2)!]! * (isComplex ? 2 : 1);
  const used = inputs * (isComplex ? 2 : 1);
  const matrix = fourierMatrix(transform);
  const rows = new Float64Array(frequencies * 2 * width);
  for (let row = 0; row < frequencies * 2; row++) rows.set(matrix.subarray(row * used, (row + 1) * used), row * width);
  return rows;
}

export const dft: Operator = {
  type: 'DFT',
  caffe: 'InnerProduct by cosines and sines',
  grade: 'cheap',
  notes: `up to ${LONGEST} elements; inverse and onesided together are refused`,
  infer: (c) => [{ type: c.type(0), shape: transformOf(c).shape }],
  evaluate: (c, [x]) => {
    const transform = transformOf(c);
    const { perm, shape } = transform;
    const turned = perm.map((axis) => x!.shape[axis]!);
    const data = transposeNumbers(x!.data, x!.shape, perm);
    const width = product(turned, turned.length - 2);
    const rows = matrixFor(c, transform);
    const outputs = rows.length / width;
    const out = new Float64Array((data.length / width) * outputs);
    for (let at = 0; at < out.length; at++) {
      const [from, row] = [Math.floor(at / outputs) * width, (at % outputs) * width];
      for (let i = 0; i < width; i++) out[at]! += rows[row + i]! * data[from + i]!;
    }
    const made = perm.map((axis) => shape[axis]!);
    return [{ shape, type: x!.type, data: transposeNumbers(out, made, perm) }];
  },
  emit: (c) => {
    const transform = transformOf(c);
    const { perm, shape, frequencies } = transform;
    const x = transpose(c, c.blob(0), perm);
    const lines = reshape(c, x, [...x.shape.slice(0, -2), product(x.shape, x.shape.length - 2)]);
    const mixed = mixAxis(c, lines, lines.shape.length - 1, 2 * frequencies, () =>
      Float32Array.from(matrixFor(c, transform)),
    );
    c.set(
      transpose(
        c,
        reshape(
          c,
          mixed,
          perm.map((axis) => shape[axis]!),
        ),
        perm,
      ),
    );
  },
};
