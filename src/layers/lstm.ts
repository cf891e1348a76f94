/**
 * LSTM: long short-term memory over sequences.
 */
import { lstmUnit } from './lstm-unit.js';
import {
  MATRIX,
  RecurrentLayer,
  addInputs,
  flushed,
  innerProduct,
  recurrentBlobs,
  type RecurrentRun,
} from './shared/recurrent.js';
import type { LayerFacts } from './facts.js';

/**
 * Long short-term memory over T timesteps of N independent streams. D is `num_output`. A forward pass starts from the
 * states in which the one before it ended, at first from zero; `cont` 0 at a step forgets them. With `expose_hidden`
 * the states are bottoms and tops instead.
 *
 * @formula (i, f, o, g) = W_hc·(cont·h₋₁) + W_xc·x + b_c (+ W_xc_static·x_static); c = cont·σ(f)·c₋₁ + σ(i)·tanh(g);
 *   h = σ(o)·tanh(c)
 * @bottoms x, (T, N, …); cont, (T, N); optionally x_static, (N, …); with `expose_hidden` then h₀ and c₀, each (1, N, D)
 * @tops h of every step, (T, N, D); with `expose_hidden` then the last h and c, each (1, N, D)
 * @params W_xc (4·D, elements of x's step); b_c (4·D); W_xc_static (4·D, elements of x_static's stream) if there is a static
 *   input; W_hc (4·D, D). The four gates' rows stand in the order i, f, o, g
 * @axes 0 is time, 1 the stream
 * @source Caffe's lstm_layer.cpp; Hochreiter, Schmidhuber, Long Short-Term Memory, 1997, with forget gates
 */
export class LSTMLayer extends RecurrentLayer {
  static override readonly facts: LayerFacts = {
    type: 'LSTM',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Long short-term memory over time steps (axis 0), restarted where continuation is 0.',
    bottoms: ['x', 'continuation', '...more'],
    tops: ['h', '...states'],
    params: ['recurrent_param'],
    blobs: (param) => recurrentBlobs(param, 2, [MATRIX]),
  };

  constructor(param: RecurrentLayer['param'], context: RecurrentLayer['context']) {
    super(param, context, 2, 4);
  }

  protected override addStateParams(width: number): void {
    this.addBlob([4 * width, width]);
  }

  protected override run({
    steps,
    streams,
    width,
    cont,
    params,
    fromInput,
    fromStatic,
    states,
    output,
  }: RecurrentRun): void {
    const [h, c] = states as [Float32Array, Float32Array];
    const weights = params.at(-1)!;
    const size = streams * width;
    const hidden = new Float32Array(size);
    const gates = new Float32Array(4 * size);
    for (let t = 0; t < steps; t++) {
      const contNow = cont.subarray(t * streams, (t + 1) * streams);
      innerProduct(flushed(h, contNow, width, hidden), weights, undefined, streams, 4 * width, gates);
      addInputs(gates, fromInput.subarray(t * 4 * size, (t + 1) * 4 * size), fromStatic);
      lstmUnit(c, gates, contNow, c, h, streams, width);
      output.set(h, t * size);
    }
  }
}
