/** LSTMUnit: one step of an LSTM. */
import { LSTMUnitLayer } from '../../../layers/lstm-unit.js';
import type { LayerExport } from '../layer-export.js';
import { lstmStep } from '../recurrent.js';

export const lstmUnit: LayerExport = {
  layers: [LSTMUnitLayer],
  becomes: 'Split, Sigmoid, Tanh, Mul, Add',
  emit: ({ ops, bottoms: [cell, gates, cont] }) => {
    const isGoing = ops.reshape(cont!, [...cont!.shape, 1]);
    const next = lstmStep(ops, gates!, cell, isGoing);
    return [next.cell, next.hidden];
  },
};
