/** ArgMax: ONNX's ArgMax or TopK of the elements in reverse, for of equal ones Caffe takes the last. */
import { ArgMaxLayer } from '../../../layers/arg-max.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import { axisIn } from '../axis.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import type { Ops } from '../ops.js';

export const argMax: LayerExport = {
  layers: [ArgMaxLayer],
  becomes: 'ArgMax or TopK of the elements in reverse, for of equal ones Caffe takes the last',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const { top_k: count, out_max_val: wantsValues, axis: given } = resolve('ArgMaxParameter', param.argmax_param);
    if (param.argmax_param?.axis !== undefined) {
      const best = largest(ops, x!, axisIn(x!, given), count);
      return [wantsValues ? best.values() : best.indices()];
    }
    const rows = ops.reshape(x!, [x!.shape[0]!, product(x!.shape, 1)]);
    const best = largest(ops, rows, 1, count);
    if (!wantsValues) return [ops.reshape(best.indices(), shape!)];
    const both = [best.indices(), best.values()].map((y) => ops.reshape(y, [x!.shape[0]!, 1, count]));
    return [ops.reshape(ops.concat(both, 1), shape!)];
  },
};

/** The largest elements along an axis, in descending order, of equal ones the last first. */
function largest(ops: Ops, x: Value, axis: number, count: number): { values(): Value; indices(): Value } {
  const shape = x.shape.with(axis, count);
  const fromBehind = (index: Value): Value =>
    ops.cast(ops.node('Sub', [ops.ints([x.shape[axis]! - 1], []), index], { shape, type: 'int64' }), 'float');
  if (count === 1)
    return {
      values: () => ops.reduce('ReduceMax', x, [axis]),
      indices: () => {
        const output = { shape, type: 'int64' as const };
        if (ops.opset >= 12)
          return ops.cast(ops.node('ArgMax', [x], output, { axis, keepdims: 1, select_last_index: 1 }), 'float');
        return fromBehind(ops.node('ArgMax', [ops.reverse(x, [axis])], output, { axis, keepdims: 1 }));
      },
    };
  const [values, indices] = ops.graph.nodeOf(
    'TopK',
    [ops.reverse(x, [axis]), ops.ints([count])],
    [shape, { shape, type: 'int64' }],
    { axis, largest: 1, sorted: 1 },
  );
  return { values: () => values!, indices: () => fromBehind(indices!) };
}
