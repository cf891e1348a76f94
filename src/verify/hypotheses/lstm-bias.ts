/**
 * lstm-bias: the bias that an LSTM's reference tells. With the hidden states known, every unit stands for itself: four numbers,
 * found by damped least squares.
 */
import { product } from '../../shapes.js';
import type { FloatTensor } from '../tensors.js';
import type { Suspect } from './hypothesis.js';
import { solve } from './linear.js';

/** Values of a unit that there must be for four numbers to be told: as many again must agree with what was found. */
const LEAST_VALUES = 8;
const MOST_ROUNDS = 80;

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/**
 * The bias, its gates in Caffe's order; undefined where too few steps tell it.
 * @param order which block of the blobs each of Caffe's gates i, f, o, g is
 * @param cont where sequences begin
 */
export function fittedBias(
  { reference, output, bottoms, blobs }: Suspect,
  order: readonly number[],
  cont: FloatTensor,
): FloatTensor | undefined {
  const [x] = bottoms as [FloatTensor];
  const [fromInput, bias, fromHidden] = blobs as [FloatTensor, FloatTensor, FloatTensor];
  if (reference?.data.length !== output.data.length) return undefined;
  const [steps = 0, streams = 0] = x.shape;
  const width = fromHidden.shape[1]!;
  if (steps * streams < LEAST_VALUES || output.data.length !== steps * streams * width) return undefined;
  const size = product(x.shape, 2);
  const h = reference.data;
  const rows = steps * streams;
  // What each gate of each unit sums up without its bias, with the reference's own hidden states.
  const sums = new Float64Array(4 * width * rows);
  for (let row = 0; row < rows; row++) {
    const goesOn = row >= streams && cont.data[row] !== 0;
    for (let k = 0; k < 4 * width; k++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += fromInput.data[k * size + i]! * x.data[row * size + i]!;
      if (goesOn)
        for (let i = 0; i < width; i++) sum += fromHidden.data[k * width + i]! * h[(row - streams) * width + i]!;
      sums[k * rows + row] = sum;
    }
  }
  const result = new Float32Array(4 * width);
  for (let unit = 0; unit < width; unit++) {
    const gates = order.map((block) => sums.subarray((block * width + unit) * rows, (block * width + unit + 1) * rows));
    const start = order.map((block) => bias.data[block * width + unit]!);
    const wanted = Float64Array.from({ length: rows }, (_, row) => h[row * width + unit]!);
    const found = [start, [0, 0, 0, 0], [0, 1, 0, 0]]
      .map((from) => fitUnit(gates, wanted, from, streams, cont.data))
      .reduce((best, each) => (each.error < best.error ? each : best));
    found.biases.forEach((value, gate) => (result[gate * width + unit] = value));
  }
  return { shape: [4 * width], data: result };
}

/** Four biases of one unit. */
function fitUnit(
  gates: readonly Float64Array[],
  wanted: Float64Array,
  start: readonly number[],
  streams: number,
  cont: Float32Array,
): { biases: number[]; error: number } {
  const rows = wanted.length;
  const residuals = ([bi, bf, bo, bg]: readonly number[]): Float64Array => {
    const cells = new Float64Array(rows);
    return wanted.map((h, row) => {
      const before = row >= streams && cont[row] !== 0 ? cells[row - streams]! : 0;
      const cell =
        sigmoid(gates[1]![row]! + bf!) * before + sigmoid(gates[0]![row]! + bi!) * Math.tanh(gates[3]![row]! + bg!);
      cells[row] = cell;
      return sigmoid(gates[2]![row]! + bo!) * Math.tanh(cell) - h;
    });
  };
  const squares = (r: Float64Array): number => r.reduce((sum, v) => sum + v * v, 0);
  let at = [...start];
  let r = residuals(at);
  let error = squares(r);
  let damping = 1e-3;
  for (let round = 0; round < MOST_ROUNDS && error > 1e-18 * rows; round++) {
    const step = 1e-6;
    const slopes = at.map((_, k) => {
      const moved = residuals(at.map((v, i) => (i === k ? v + step : v)));
      return moved.map((v, row) => (v - r[row]!) / step);
    });
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const matrix = slopes.map((a, i) =>
      slopes.map((b, k) => dot(a, b) * (i === k ? 1 + damping : 1) + (i === k ? 1e-15 : 0)),
    );
    const shift = solve(
      matrix,
      slopes.map((a) => -dot(a, r)),
    );
    if (!shift) break;
    const next = at.map((v, i) => v + shift[i]!);
    const nextResiduals = residuals(next);
    const nextError = squares(nextResiduals);
    if (nextError < error) {
      [at, r, error] = [next, nextResiduals, nextError];
      damping = Math.max(damping / 10, 1e-12);
    } else {
      damping *= 10;
      if (damping > 1e8) break;
    }
  }
  return { biases: at, error };
}
