/** Axpy: Mul by a factor for each channel, and Add. */
import { AxpyLayer } from '../../../layers/axpy.js';
import type { LayerExport } from '../layer-export.js';

export const axpy: LayerExport = {
  layers: [AxpyLayer],
  becomes: 'Mul by a factor for each channel, and Add',
  emit: ({ ops, bottoms: [a, x, b] }) => {
    const factor = ops.reshape(a!, [a!.shape[0]!, a!.shape[1]!, ...x!.shape.slice(2).map(() => 1)]);
    return [ops.add(ops.mul(x!, factor), b!)];
  },
};
