/** Sums, differences, products and quotients of two operands, either of which may be constant or smaller. */
import { product, sameShape } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import { Refusal } from '../../graph/attributes.js';
import { isFloat } from '../../schema/data-types.js';
import type { Tensor } from '../../schema/model.js';
import { expandBlob, placedBlob, placedNumbers } from './broadcast.js';
import { bias, eltwise, power, scale } from './layers.js';

/** The blob times a constant that is no larger. */
export function timesConstant(
  c: EmitContext,
  x: Blob,
  constant: Tensor,
  f = (v: number): number => v,
  role?: string,
): Blob {
  if (product(constant.shape) === 1) return power(c, x, { scale: f(constant.data[0]!) }, role);
  const { axis, shape, data } = placedNumbers(constant, x.shape);
  if (shape.length === 0) return power(c, x, { scale: f(data[0]!) }, role);
  return scale(c, x, axis, shape, Float64Array.from(data, f), undefined, role);
}

/** The blob plus a constant that is no larger. */
export function plusConstant(
  c: EmitContext,
  x: Blob,
  constant: Tensor,
  f = (v: number): number => v,
  role?: string,
): Blob {
  if (product(constant.shape) === 1) return power(c, x, { shift: f(constant.data[0]!) }, role);
  const { axis, shape, data } = placedNumbers(constant, x.shape);
  if (shape.length === 0) return power(c, x, { shift: f(data[0]!) }, role);
  return bias(c, x, axis, shape, Float64Array.from(data, f), role);
}

/** The product of two blobs that broadcast to the shape. */
export function times(c: EmitContext, a: Blob, b: Blob, shape: readonly number[], role?: string): Blob {
  if (sameShape(a.shape, b.shape))
    return a.top === b.top ? power(c, a, { power: 2 }, role) : eltwise(c, 'PROD', [a, b], undefined, role);
  const [large, small] = sort(c, a, b, shape);
  const { axis, blob } = placedBlob(c, small, large.shape);
  return c.layer('Scale', [large, blob], axis === 1 ? {} : { axis }, large.shape, { role });
}

/** The sum of two blobs that broadcast to the shape, the second times `sign`. */
export function plus(
  c: EmitContext,
  a: Blob,
  b: Blob,
  shape: readonly number[],
  sign: 1 | -1 = 1,
  role?: string,
): Blob {
  if (sameShape(a.shape, b.shape)) return eltwise(c, 'SUM', [a, b], [1, sign], role);
  const [large, small] = sort(c, a, b, shape);
  const negate = (x: Blob): Blob => power(c, x, { scale: -1 }, 'negative');
  const [from, added] = sign === 1 ? [large, small] : small === a ? [negate(large), small] : [large, negate(small)];
  const { axis, blob } = placedBlob(c, added, from.shape);
  return c.layer('Bias', [from, blob], axis === 1 ? {} : { axis }, from.shape, { role });
}

/** The operand that has the whole shape, and the other; where none has, the first is repeated to it. */
function sort(c: EmitContext, a: Blob, b: Blob, shape: readonly number[]): [large: Blob, small: Blob] {
  const whole = caffeShape(shape);
  if (sameShape(a.shape, whole)) return [a, b];
  if (sameShape(b.shape, whole)) return [b, a];
  return [expandBlob(c, a, whole), b];
}

function refuseIntegers(c: EmitContext, what: string): void {
  if (!isFloat(c.type(0)) && !isFloat(c.type(1)))
    throw new Refusal(`${what} of whole numbers that are computed rounds, which no Caffe layer does`);
}

export function emitAdd(c: EmitContext): void {
  const [a, b] = [c.constant(0), c.constant(1)];
  const { shape } = c.output();
  if (a || b) c.set(plusConstant(c, expandBlob(c, c.blob(a ? 1 : 0), caffeShape(shape)), (a ?? b)!));
  else c.set(plus(c, c.blob(0), c.blob(1), shape));
}

export function emitSub(c: EmitContext): void {
  const [a, b] = [c.constant(0), c.constant(1)];
  const { shape } = c.output();
  if (b) c.set(plusConstant(c, expandBlob(c, c.blob(0), caffeShape(shape)), b, (v) => -v));
  else if (a && product(a.shape) === 1)
    c.set(power(c, expandBlob(c, c.blob(1), caffeShape(shape)), { scale: -1, shift: a.data[0]! }));
  else if (a)
    c.set(plusConstant(c, power(c, expandBlob(c, c.blob(1), caffeShape(shape)), { scale: -1 }, 'negative'), a));
  else c.set(plus(c, c.blob(0), c.blob(1), shape, -1));
}

export function emitMul(c: EmitContext): void {
  const [a, b] = [c.constant(0), c.constant(1)];
  const { shape } = c.output();
  if (a || b) c.set(timesConstant(c, expandBlob(c, c.blob(a ? 1 : 0), caffeShape(shape)), (a ?? b)!));
  else c.set(times(c, c.blob(0), c.blob(1), shape));
}

export function emitDiv(c: EmitContext): void {
  refuseIntegers(c, 'division');
  const [a, b] = [c.constant(0), c.constant(1)];
  const { shape } = c.output();
  if (b) {
    c.set(timesConstant(c, expandBlob(c, c.blob(0), caffeShape(shape)), b, (v) => 1 / v));
    return;
  }
  const inverse = power(c, c.blob(1), { power: -1 }, 'inverse');
  if (a) c.set(timesConstant(c, expandBlob(c, inverse, caffeShape(shape)), a));
  else c.set(times(c, c.blob(0), inverse, shape));
}
