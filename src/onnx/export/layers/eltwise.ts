/** Eltwise: Add, Mul and Max, with the coefficients of sums. */
import { EltwiseParameter_EltwiseOp as Op } from '../../../generated/messages.js';
import { EltwiseLayer } from '../../../layers/eltwise.js';
import { resolve } from '../../../proto/message.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

/** Greatest finite float32. */
const FLT_MAX = 3.4028234663852886e38;

export const eltwise: LayerExport = {
  layers: [EltwiseLayer],
  becomes: 'Add, Mul and Max, with the coefficients of sums',
  emit: ({ ops, param, bottoms, inPlace }) => {
    const { operation, coeff } = resolve('EltwiseParameter', param.eltwise_param);
    const { shape } = bottoms[0]!;
    if (operation === Op.PROD) return [bottoms.slice(1).reduce((a, b) => ops.mul(a, b), bottoms[0]!)];
    // Caffe sets the top to its first value before it reads a bottom that is the top: the bottom's own values are lost.
    const isLost = bottoms.some((_, i) => inPlace(i));
    const fill = (value: number): Value => ops.expand(ops.scalar(value), shape);
    if (operation === Op.MAX) {
      const read = isLost ? [fill(-FLT_MAX), ...bottoms.filter((_, i) => !inPlace(i))] : bottoms;
      return [read.slice(1).reduce((a, b) => ops.max(a, b), read[0]!)];
    }
    const times = (x: Value, c: number): Value => (c === 1 ? x : ops.mul(x, c));
    let sum: Value | undefined = isLost ? fill(0) : undefined;
    bottoms.forEach((x, i) => {
      const c = coeff[i] ?? 1;
      if (c === 0) return;
      if (!sum) sum = times(x, c);
      else if (isLost && inPlace(i)) sum = ops.add(sum, times(sum, c));
      else sum = c === -1 ? ops.sub(sum, x) : ops.add(sum, times(x, c));
    });
    return [sum ?? fill(0)];
  },
};
