/** RNN of BVLC, whose output is a layer of its own: its steps one after another. */
import { RNNLayer } from '../../../layers/rnn.js';
import type { LayerExport } from '../layer-export.js';
import { joinSteps } from '../recurrent.js';
import { unroll } from '../unrolled.js';

export const rnn: LayerExport = {
  layers: [RNNLayer],
  becomes: 'its steps one after another',
  emit: (context) => {
    const { ops, blob } = context;
    const { inputs, going, states, exposed, ownBlobs, width } = unroll(context, 1);
    const [fromHidden, toOutput, outputBias] = [0, 1, 2].map((i) => blob(ownBlobs + i));
    let hidden = states[0]!;
    const outputs = inputs.map((input, t) => {
      const recurrent = ops.gemm(ops.mul(hidden, going[t]!), fromHidden!, undefined);
      hidden = ops.unary('Tanh', ops.add(recurrent, input));
      return ops.unary('Tanh', ops.gemm(hidden, toOutput!, outputBias));
    });
    return [joinSteps(ops, outputs), ...(exposed ? [ops.reshape(hidden, [1, hidden.shape[0]!, width])] : [])];
  },
};
