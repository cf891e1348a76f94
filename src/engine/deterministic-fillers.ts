/**
 * The fillers that give the same values each time, as pure functions: what a caffemodel can hold without being told,
 * such as an upsampling kernel.
 */
import { NetspecError } from '../errors.js';
import type { FillerParameter } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import { product } from '../shapes.js';

/** Whether a filler of this type gives the same values each time: `constant` (the default type) or `bilinear`. */
export function isDeterministicFiller(filler: FillerParameter | undefined): boolean {
  return ['constant', 'bilinear'].includes(resolve('FillerParameter', filler).type);
}

/**
 * The values that a deterministic filler gives a blob of this shape, as Caffe's ConstantFiller and BilinearFiller.
 * @throws NetspecError for another type, and for `bilinear` on a blob that is not four-dimensional and square.
 */
export function deterministicFill(
  shape: readonly number[],
  filler: FillerParameter | undefined,
): Float32Array<ArrayBuffer> {
  const { type, value } = resolve('FillerParameter', filler);
  const data = new Float32Array(product(shape));
  if (type === 'constant') return data.fill(value);
  if (type === 'bilinear') return fillBilinear(data, shape);
  throw new NetspecError(`filler '${type}' is random`);
}

/**
 * The kernel of bilinear interpolation on every channel pair (Long et al. 2015). Intermediate values are rounded to
 * float32 where Caffe's are.
 */
function fillBilinear(data: Float32Array<ArrayBuffer>, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const where = `(bilinear filler on a blob of shape ${shape.join('x') || '()'})`;
  if (shape.length !== 4) throw new NetspecError(`Blob must be 4 dim. ${where}`);
  const size = shape[3]!;
  if (shape[2] !== size) throw new NetspecError(`Filter must be square ${where}`);
  const factor = Math.ceil(size / 2);
  const centre = Math.fround((size - 1) / (2 * factor));
  const tent = Array.from({ length: size }, (_, i) => 1 - Math.abs(Math.fround(Math.fround(i / factor) - centre)));
  const kernel = Float32Array.from({ length: size * size }, (_, i) => tent[i % size]! * tent[Math.floor(i / size)]!);
  for (let start = 0; start < data.length; start += kernel.length) data.set(kernel, start);
  return data;
}
