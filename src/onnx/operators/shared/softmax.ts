/** Softmax along an axis; below opset 13, over all that follows it together. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Tensor } from '../../schema/model.js';
import { reshape } from './layers.js';

/** Elements before, along and behind what is normalized together. */
export function spanOf(c: NodeContext): { axis: number; outer: number; length: number; inner: number; isOne: boolean } {
  const shape = c.shape(0);
  const old = c.opset < 13;
  const axis = c.axis(c.attributes.int('axis', old ? 1 : -1), Math.max(shape.length, 1));
  const length = old ? product(shape, axis) : (shape[axis] ?? 1);
  return {
    axis,
    outer: product(shape, 0, axis),
    length,
    inner: old ? 1 : product(shape, axis + 1),
    isOne: length === (shape[axis] ?? 1),
  };
}

/** Calls `each` with every line of values that are normalized together; it changes them in place. */
export function perLine(c: NodeContext, x: Tensor, each: (line: Float64Array) => void): Tensor {
  const { outer, length, inner } = spanOf(c);
  const data = Float64Array.from(x.data);
  const line = new Float64Array(length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const start = o * length * inner + i;
      for (let k = 0; k < length; k++) line[k] = data[start + k * inner]!;
      each(line);
      for (let k = 0; k < length; k++) data[start + k * inner] = line[k]!;
    }
  return { ...x, data };
}

export function softmaxOf(line: Float64Array): void {
  const most = line.reduce((a, b) => (b > a ? b : a), -Infinity);
  let sum = 0;
  line.forEach((value, i) => (sum += line[i] = Math.exp(value - most)));
  line.forEach((value, i) => (line[i] = value / sum));
}

export function emitSoftmax(c: EmitContext, x: Blob): Blob {
  const { axis, outer, length, isOne } = spanOf(c);
  if (isOne) return c.layer('Softmax', [x], axis === 1 ? {} : { axis }, x.shape);
  const flat = reshape(c, x, [outer, length]);
  return reshape(c, c.layer('Softmax', [flat], {}, flat.shape), x.shape);
}
