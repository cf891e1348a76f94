/**
 * Resizing as linear maps: of every output element along an axis, the weights of the input elements that it is made of.
 * Formulas of ONNX's Resize: coordinate_transformation_mode, nearest_mode, cubic_coeff_a, exclude_outside, antialias.
 */
import { Refusal } from '../../graph/attributes.js';

export interface ResizeRule {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

export interface ResizeAxis {
  readonly size: number;
  readonly output: number;
  /** Output to input, as given: it need not be the quotient of the sizes. */
  readonly scale: number;
}

/** No image is resized along an axis by more numbers than this: 4096 elements to 8192. */
const LARGEST_MATRIX = 2 ** 25;

/** Row-major (output, size). */
export function resizeMatrix(rule: ResizeRule, axis: ResizeAxis): Float64Array {
  const { size, output } = axis;
  if (!(output >= 0)) throw new Refusal(`it would make an axis of ${output} elements`);
  if (output * size > LARGEST_MATRIX)
    throw new Refusal(`it resizes ${size} elements to ${output}, by a matrix of more than ${LARGEST_MATRIX} numbers`);
  const matrix = new Float64Array(output * size);
  for (let o = 0; o < output; o++) {
    const x = sourceCoordinate(rule, axis, o);
    for (const [at, weight] of contributions(rule, axis, x))
      matrix[o * size + Math.min(Math.max(at, 0), size - 1)]! += weight;
  }
  return matrix;
}

function sourceCoordinate({ coordinates }: ResizeRule, { size, output, scale }: ResizeAxis, o: number): number {
  switch (coordinates) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      const adjustment = output / (scale * size);
      const center = size / 2;
      return center * (1 - adjustment) + (o + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return output > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case 'asymmetric':
      return o / scale;
    case 'align_corners':
      return output > 1 ? (o * (size - 1)) / (output - 1) : 0;
    case 'tf_half_pixel_for_nn':
      return (o + 0.5) / scale;
    default:
      throw new Refusal(`coordinate_transformation_mode '${coordinates}'`);
  }
}

function contributions(rule: ResizeRule, { scale, size }: ResizeAxis, x: number): [at: number, weight: number][] {
  if (rule.mode === 'nearest') return [[nearestOf(rule.nearest, x), 1]];
  // Downwards, an antialiasing filter is stretched over all elements that fall together.
  const stretch = rule.antialias && scale < 1 ? scale : 1;
  const radius = (rule.mode === 'linear' ? 1 : 2) / stretch;
  const kernel = rule.mode === 'linear' ? triangle : (t: number) => cubic(t, rule.cubicA);
  const list: [number, number][] = [];
  for (let at = Math.floor(x - radius) + 1; at <= Math.ceil(x + radius) - (Number.isInteger(x + radius) ? 1 : 0); at++)
    list.push([at, kernel((at - x) * stretch)]);
  // What lies outside repeats the edge, in a stretched filter too, unless it is left out.
  const inside = rule.excludeOutside ? list.filter(([at]) => at >= 0 && at < size) : list;
  if (stretch === 1 && !rule.excludeOutside) return inside;
  const sum = inside.reduce((total, [, weight]) => total + weight, 0);
  return inside.map(([at, weight]) => [at, weight / sum]);
}

function nearestOf(mode: string, x: number): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    default:
      throw new Refusal(`nearest_mode '${mode}'`);
  }
}

function triangle(t: number): number {
  return Math.max(0, 1 - Math.abs(t));
}

/** Keys' cubic convolution. */
function cubic(t: number, a: number): number {
  const x = Math.abs(t);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  if (x < 2) return a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
  return 0;
}

/** Whether each element is repeated `times` times: what a Deconvolution by ones does. */
export function isRepetition(matrix: Float64Array, size: number, times: number): boolean {
  if (!Number.isInteger(times) || matrix.length !== size * times * size) return false;
  return matrix.every((weight, i) => weight === (Math.floor(Math.floor(i / size) / times) === i % size ? 1 : 0));
}

/** For a matrix of ones and zeros with a single one in each row, the columns. */
export function selection(matrix: Float64Array, size: number): number[] | undefined {
  const indices: number[] = [];
  for (let row = 0; row < matrix.length / size; row++) {
    const at = matrix.subarray(row * size, (row + 1) * size).findIndex((weight) => weight !== 0);
    if (
      at < 0 ||
      matrix[row * size + at] !== 1 ||
      matrix.subarray(row * size + at + 1, (row + 1) * size).some((w) => w !== 0)
    )
      return undefined;
    indices.push(at);
  }
  return indices;
}

export function isIdentity(matrix: Float64Array, size: number): boolean {
  return isRepetition(matrix, size, 1);
}

/** Applies a matrix along an axis of values. */
export function mixNumbers(
  data: ArrayLike<number>,
  shape: readonly number[],
  axis: number,
  matrix: Float64Array,
  output: number,
): Float64Array {
  const size = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const out = new Float64Array(outer * output * inner);
  for (let o = 0; o < outer; o++)
    for (let r = 0; r < output; r++)
      for (let k = 0; k < size; k++) {
        const weight = matrix[r * size + k]!;
        if (weight === 0) continue;
        const [from, to] = [(o * size + k) * inner, (o * output + r) * inner];
        for (let i = 0; i < inner; i++) out[to + i]! += weight * data[from + i]!;
      }
  return out;
}
