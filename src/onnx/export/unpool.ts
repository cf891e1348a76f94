/** Upsampling: repeated pixels, and values that go back where a MAX pooling took them from. */
import { product } from '../../shapes.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** Each pixel repeated by whole factors. */
export function repeatPixels(ops: Ops, x: Value, shape: readonly number[]): Value {
  return ops.resize(x, shape, { mode: 'nearest', coordinates: 'asymmetric', nearest: 'floor' });
}

/** y[mask[i]] = x[i] within each plane, 0 elsewhere. */
export function unpoolByMask(ops: Ops, x: Value, mask: Value, shape: readonly number[]): Value {
  const planes = product(shape, 0, 2);
  const flat = (value: Value): Value => ops.reshape(value, [planes, product(value.shape, 2)]);
  const room = ops.expand(ops.scalar(0), [planes, product(shape, 2)]);
  const indices = ops.cast(flat(mask), 'int64');
  return ops.reshape(ops.node('ScatterElements', [room, indices, flat(x)], room.shape, { axis: 1 }), shape);
}
