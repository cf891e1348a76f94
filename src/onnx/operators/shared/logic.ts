/** Comparisons as layers: Threshold gives 1 above a value and 0 up to it. */
import type { Blob } from '../../emit/builder.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import { plus, plusConstant } from './arithmetic.js';
import { expandBlob } from './broadcast.js';
import { neuron, power } from './layers.js';

/** One input minus another, broadcast. */
export function difference(c: EmitContext, from: number, taken: number): Blob {
  const shape = caffeShape(c.output().shape);
  const [a, b] = [c.constant(from), c.constant(taken)];
  if (b) return plusConstant(c, expandBlob(c, c.blob(from), shape), b, (value) => -value, 'difference');
  if (a) {
    const negative = power(c, expandBlob(c, c.blob(taken), shape), { scale: -1 }, 'negative');
    return plusConstant(c, negative, a, (value) => value, 'difference');
  }
  return plus(c, c.blob(from), c.blob(taken), shape, -1, 'difference');
}

/** 1 where the value is above 0. */
export function above(c: EmitContext, x: Blob, role?: string): Blob {
  return neuron(c, 'Threshold', x, {}, role);
}

/** 1 minus the value. */
export function opposite(c: EmitContext, x: Blob): Blob {
  return power(c, x, { scale: -1, shift: 1 });
}

/** Both inputs at the shape of the output. */
export function bothWhole(c: EmitContext): Blob[] {
  const shape = caffeShape(c.output().shape);
  return [0, 1].map((i) => expandBlob(c, c.blob(i), shape));
}
