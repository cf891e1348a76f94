/** LSTM of BVLC: its steps one after another, for `cont` may begin a sequence at each. */
import { LSTMLayer } from '../../../layers/lstm.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import { joinSteps, lstmStep } from '../recurrent.js';
import { unroll } from '../unrolled.js';

export const lstm: LayerExport = {
  layers: [LSTMLayer],
  becomes: 'its steps one after another, for cont may begin a sequence at each',
  emit: (context) => {
    const { ops, blob } = context;
    const { inputs, going, states, exposed, ownBlobs, width } = unroll(context, 2);
    const weights = blob(ownBlobs);
    let [hidden, cell] = states as [Value, Value];
    const outputs = inputs.map((input, t) => {
      const before = ops.mul(hidden, going[t]!);
      const gates = ops.add(ops.gemm(before, weights, undefined), input);
      ({ hidden, cell } = lstmStep(ops, gates, cell, going[t]));
      return hidden;
    });
    const states1 = [hidden, cell].map((state) => ops.reshape(state, [1, hidden.shape[0]!, width]));
    return [joinSteps(ops, outputs), ...(exposed ? states1 : [])];
  },
};
