/**
 * RNN: the plain recurrent network over sequences.
 */
import { parallelFor } from '../engine/parallel-for.js';
import { BIASES, MATRIX, RecurrentLayer, recurrentBlobs, type RecurrentRun } from './shared/recurrent.js';
import type { LayerFacts } from './facts.js';

/**
 * Plain recurrent network over T timesteps of N independent streams. D is `num_output`. A forward pass starts from the
 * state in which the one before it ended, at first from zero; `cont` 0 at a step forgets it. With `expose_hidden` the
 * state is a bottom and a top instead.
 *
 * @formula h = tanh(W_hh·(cont·h₋₁) + W_xh·x + b_h (+ W_xh_static·x_static)); o = tanh(W_ho·h + b_o)
 * @bottoms x, (T, N, …); cont, (T, N); optionally x_static, (N, …); with `expose_hidden` then h₀, (1, N, D)
 * @tops o of every step, (T, N, D); with `expose_hidden` then the last h, (1, N, D)
 * @params W_xh (D, elements of x's step); b_h (D); W_xh_static (D, elements of x_static's stream) if there is a static
 *   input; W_hh (D, D); W_ho (D, D); b_o (D)
 * @axes 0 is time, 1 the stream
 * @source Caffe's rnn_layer.cpp
 */
export class RNNLayer extends RecurrentLayer {
  static override readonly facts: LayerFacts = {
    type: 'RNN',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Plain recurrent net over time steps (axis 0), restarted where continuation is 0.',
    bottoms: ['x', 'continuation', '...more'],
    tops: ['o', '...states'],
    params: ['recurrent_param'],
    blobs: (param) => recurrentBlobs(param, 1, [MATRIX, MATRIX, BIASES]),
  };

  constructor(param: RecurrentLayer['param'], context: RecurrentLayer['context']) {
    super(param, context, 1, 1);
  }

  protected override addStateParams(width: number): void {
    for (const shape of [[width, width], [width, width], [width]]) this.addBlob(shape);
  }

  protected override run(run: RecurrentRun): void {
    const { steps, streams, width, params, fromInput, states, output, project, gatesOf } = run;
    const { arena } = this.context;
    const [h] = states as [RecurrentRun['states'][number]];
    const [fromHidden, toOutput, outputBias] = params.slice(-3) as [number, number, number];
    const size = streams * width;
    for (let t = 0; t < steps; t++) {
      parallelFor(arena, 'f32_tanh__simd', [h.ptr, gatesOf(t, fromHidden)], size, { cost: 10 });
      // The states of all steps take the place of what the inputs gave, for one product.
      new Float32Array(arena.buffer, fromInput + t * size * 4, size).set(h.data);
    }
    project(output, fromInput, toOutput, outputBias, steps * streams, width, width);
    parallelFor(arena, 'f32_tanh__simd', [output, output], steps * size, { cost: 10 });
  }
}
