/**
 * LSTM: long short-term memory over sequences.
 */
import { MATRIX, RecurrentLayer, recurrentBlobs, type RecurrentRun } from './shared/recurrent.js';
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

  protected override run({ steps, streams, width, cont, params, states, output, gatesOf }: RecurrentRun): void {
    const { kernels, buffer } = this.context.arena;
    const [h, c] = states as [RecurrentRun['states'][number], RecurrentRun['states'][number]];
    const size = streams * width;
    for (let t = 0; t < steps; t++) {
      const at = gatesOf(t, params.at(-1)!);
      const gates = new Float32Array(buffer, at, 4 * size);
      for (let n = 0; n < streams; n++) {
        const begin = 4 * n * width;
        kernels.f32_sigmoid__simd(at, at, begin, begin + 3 * width);
        kernels.f32_tanh__simd(at, at, begin + 3 * width, begin + 4 * width);
      }
      nextCells(c.data, gates, cont.subarray(t * streams, (t + 1) * streams), width);
      kernels.f32_tanh__simd(h.ptr, c.ptr, 0, size);
      for (let n = 0, i = 0; n < streams; n++)
        for (let d = 0, o = (4 * n + 2) * width; d < width; d++, i++, o++) h.data[i]! *= gates[o]!;
      new Float32Array(buffer, output + t * size * 4, size).set(h.data);
    }
  }
}

/** c = cont · f · c + i · g, of gates i, f, o, g that were activated. */
function nextCells(c: Float32Array, gates: Float32Array, cont: Float32Array, width: number): void {
  for (let n = 0, i = 0; n < cont.length; n++) {
    const goesOn = cont[n]!;
    for (let d = 0, gate = 4 * n * width; d < width; d++, i++, gate++) {
      const f = goesOn === 0 ? 0 : Math.fround(goesOn * gates[gate + width]!);
      c[i] = Math.fround(f * c[i]!) + Math.fround(gates[gate]! * gates[gate + 3 * width]!);
    }
  }
}
