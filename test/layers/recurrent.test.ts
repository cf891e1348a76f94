/** LSTM, RNN and LSTMUnit against their equations in double precision, the state they carry, and what they refuse. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecurrentLayer } from '../../src/layers/shared/recurrent.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, integers, seeds, uniform, type Tensor } from '../support/values.js';

interface Case {
  steps: number;
  streams: number;
  step: number[];
  fixed: number[] | null;
  width: number;
  exposed: boolean;
  seed: number;
}

const cases = fc.record({
  steps: fc.integer({ min: 1, max: 5 }),
  // From 8 rows on, products are those of matrices, below that those of vectors.
  streams: fc.integer({ min: 1, max: 9 }),
  step: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 2 }),
  fixed: fc.option(fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 2 })),
  width: fc.integer({ min: 1, max: 4 }),
  exposed: fc.boolean(),
  seed: seeds,
});

/**
 * With weights of at most 0.1, at most 4 wide, and inputs below 1 a gate's input errs by at most 0.4 e_h + 10 ROUNDING, so
 * that a step's errors are e_c' <= e_c + 0.9 e_h + 26 ROUNDING and e_h' <= e_c + e_h + 31 ROUNDING: they at most double
 * with each step, and stay below 31 * 2^5 ROUNDING in 5 steps. An RNN's output adds less than a step.
 */
const TOLERANCE = 31 * 2 ** 6 * ROUNDING;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Row o of W times x. */
function dot(w: ArrayLike<number>, o: number, x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += w[o * x.length + i]! * x[i]!;
  return sum;
}

interface Inputs {
  x: Tensor;
  cont: Tensor;
  fixed: Tensor | undefined;
  /** One for each state: h, and c of an LSTM. */
  states: Tensor[];
  params: Float32Array[];
}

function inputsOf({ steps, streams, step, fixed, width, seed }: Case, gates: number, stateCount: number): Inputs {
  const weights = (rows: number, columns: number[], key: string): Float32Array =>
    uniform([rows, ...columns], seed, key, -0.1, 0.1).data;
  const state = [1, streams, width];
  return {
    x: uniform([steps, streams, ...step], seed, 'x', -1, 1),
    cont: integers([steps, streams], seed, 'cont', 0, 2),
    fixed: fixed ? uniform([streams, ...fixed], seed, 'fixed', -1, 1) : undefined,
    states: Array.from({ length: stateCount }, (_, i) => uniform(state, seed, `state ${i}`, -1, 1)),
    params: [
      weights(gates * width, step, 'W_x'),
      weights(gates * width, [], 'b'),
      ...(fixed ? [weights(gates * width, fixed, 'W_static')] : []),
      weights(gates * width, [width], 'W_h'),
      ...(gates === 1 ? [weights(width, [width], 'W_o'), weights(width, [], 'b_o')] : []),
    ],
  };
}

/** The equations of both layers. `states` are changed to those after the last step. */
function unroll(
  { steps, streams, step, width }: Case,
  inputs: Inputs,
  states: Float64Array[],
  isLstm: boolean,
): number[] {
  const { x, cont, fixed, params } = inputs;
  const [h, c] = states as [Float64Array, Float64Array];
  const hiddenWeights = params[fixed ? 3 : 2]!;
  const size = count(step);
  const output: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (let n = 0; n < streams; n++) {
      const goesOn = cont.data[t * streams + n]!;
      const now = x.data.subarray((t * streams + n) * size, (t * streams + n + 1) * size);
      const before = h.slice(n * width, (n + 1) * width).map((v) => v * goesOn);
      const gate = (o: number): number =>
        dot(hiddenWeights, o, before) +
        dot(params[0]!, o, now) +
        params[1]![o]! +
        (fixed
          ? dot(
              params[2]!,
              o,
              fixed.data.subarray((n * fixed.data.length) / streams, ((n + 1) * fixed.data.length) / streams),
            )
          : 0);
      for (let d = 0; d < width; d++) {
        const at = n * width + d;
        if (!isLstm) h[at] = Math.tanh(gate(d));
        else {
          c[at] = goesOn * sigmoid(gate(width + d)) * c[at]! + sigmoid(gate(d)) * Math.tanh(gate(3 * width + d));
          h[at] = sigmoid(gate(2 * width + d)) * Math.tanh(c[at]);
        }
      }
      const hidden = h.subarray(n * width, (n + 1) * width);
      for (let d = 0; d < width; d++)
        output.push(isLstm ? hidden[d]! : Math.tanh(dot(params.at(-2)!, d, hidden) + params.at(-1)![d]!));
    }
  }
  return output;
}

describe.each([
  ['LSTM', 2, 4],
  ['RNN', 1, 1],
])('%s', (type, stateCount, gates) => {
  const isLstm = type === 'LSTM';

  test('equals the equations, and goes on where it ended', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const inputs = inputsOf(c, gates, stateCount);
        const { x, cont, fixed, states, params } = inputs;
        const bottom = [x, cont, ...(fixed ? [fixed] : []), ...(c.exposed ? states : [])];
        const recurrent_param = { num_output: c.width, expose_hidden: c.exposed };
        const layer = new OneLayer({ type, recurrent_param }, bottom, c.exposed ? 1 + stateCount : 1);
        const rows = gates * c.width;
        expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([
          [rows, count(c.step)],
          [rows],
          ...(c.fixed ? [[rows, count(c.fixed)]] : []),
          [rows, c.width],
          ...(isLstm ? [] : [[c.width, c.width], [c.width]]),
        ]);
        expect(layer.top.map((top) => top.shape)).toEqual([
          [c.steps, c.streams, c.width],
          ...(c.exposed ? states.map((state) => state.shape) : []),
        ]);
        layer.setParams(params);
        const expectedStates = states.map((state) => Float64Array.from(state.data, (v) => (c.exposed ? v : 0)));
        for (let pass = 0; pass < 2; pass++) {
          // Exposed states come from the bottoms each time; others from the pass before.
          if (c.exposed) expectedStates.forEach((state, i) => state.set(states[i]!.data));
          const expected = unroll(c, inputs, expectedStates, isLstm);
          const [output, ...after] = layer.forward();
          expectClose(output!, expected, TOLERANCE);
          if (c.exposed) after.forEach((state, i) => expectClose(state, expectedStates[i]!, TOLERANCE));
        }
      }),
    );
  });

  test('counts the products of the inputs, of the states and of the outputs', () => {
    const [steps, streams, width] = [3, 5, 4];
    const shapes = [
      [steps, streams, 2, 7],
      [steps, streams],
      [streams, 6],
    ];
    const { layer, bottom, top } = new OneLayer({ type, recurrent_param: { num_output: width } }, shapes);
    const perStep = gates * width * (14 + width) + (isLstm ? 0 : width * width);
    expect(layer.macs(bottom, top)).toBe(steps * streams * perStep + streams * gates * width * 6);
  });

  const small = { type, recurrent_param: { num_output: 1 } };
  const ones = (shape: number[]): Tensor => ({ shape, data: new Float32Array(count(shape)).fill(1) });
  const weights = isLstm
    ? [
        [1, 1, 1, 1],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ]
    : [[1], [0], [1], [1], [0]];

  test('reset() forgets the state', () => {
    const layer = new OneLayer(small, [ones([1, 1, 1]), ones([1, 1])]).setParams(weights);
    const [first] = layer.forward();
    expect(layer.forward()).not.toEqual([first]);
    const { layer: recurrent } = layer;
    if (!(recurrent instanceof RecurrentLayer)) throw new Error(`${type} should be a RecurrentLayer`);
    recurrent.reset();
    expect(layer.forward()).toEqual([first]);
  });

  test('streams that are taken away leave the others their state', () => {
    const layer = new OneLayer(small, [ones([1, 2, 1]), ones([1, 2])]).setParams(weights);
    const one = new OneLayer(small, [ones([1, 1, 1]), ones([1, 1])]).setParams(weights);
    layer.forward();
    one.forward();
    expect(layer.set([ones([1, 1, 1]), ones([1, 1])]).forward()).toEqual(one.forward());
  });

  test('cont scales the state when it is not 0 or 1', () => {
    const half = { shape: [1, 1], data: [0.5] };
    const layer = new OneLayer(small, [ones([1, 1, 1]), ones([1, 1])]).setParams(weights);
    const c = { steps: 1, streams: 1, step: [1], fixed: null, width: 1, exposed: false, seed: 0 };
    const params = weights.map((w) => Float32Array.from(w));
    const states = [new Float64Array(1), new Float64Array(1)];
    const inputs = { x: ones([1, 1, 1]), cont: ones([1, 1]), fixed: undefined, states: [], params };
    layer.forward();
    unroll(c, inputs, states, isLstm);
    const expected = unroll(c, { ...inputs, cont: { shape: [1, 1], data: Float32Array.of(0.5) } }, states, isLstm);
    // Two steps of weights 1: each step at most triples the errors of the one before and adds 31.
    expectClose(layer.set([ones([1, 1, 1]), half]).forward()[0]!, expected, 150 * ROUNDING);
  });

  test('refuses inputs that do not fit', () => {
    const refusal = (shapes: number[][], exposed = false): string =>
      messageOf(
        () =>
          new OneLayer(
            { type, recurrent_param: { num_output: 2, expose_hidden: exposed } },
            shapes,
            exposed ? 1 + stateCount : 1,
          ),
      );
    const start = `layer 'l' (${type}): `;
    expect(
      refusal([
        [4, 3],
        [4, 3],
      ]),
    ).toBe(
      `${start}bottom[0] must have at least 3 axes -- (#timesteps, #streams, ...) (2 vs. 3): it is 4 3 (12)\n` +
        'hint: where a step is one number, add a last dimension of 1',
    );
    expect(
      refusal([
        [4, 3, 2],
        [4, 3, 1],
      ]),
    ).toBe(`${start}bottom[1] must have exactly 2 axes -- (#timesteps, #streams) (3 vs. 2): it is 4 3 1 (12)`);
    expect(
      refusal([
        [4, 3, 2],
        [3, 4],
      ]),
    ).toBe(`${start}bottom[1] must have the timesteps and streams of bottom[0]: expected 4 3 (12), got 3 4 (12)`);
    expect(
      refusal([
        [4, 3, 2],
        [4, 3],
        [4, 3],
      ]),
    ).toBe(`${start}bottom[2], the static input, must have the shape (#streams, ...) with 3 streams, got 4 3 (12)`);
    expect(
      refusal([
        [0, 3, 2],
        [0, 3],
      ]),
    ).toBe(`${start}bottom[0] must hold at least one timestep and one stream: it is 0 3 2 (0)`);
    const states = Array.from({ length: stateCount }, () => [3, 2]);
    expect(refusal([[4, 3, 2], [4, 3], ...states], true)).toBe(
      `${start}shape mismatch - recur_input_blobs_[0]: 1 3 2 (6) vs. bottom[2]: 3 2 (6)\n` +
        'hint: the states that come in have the shape (1, #streams, num_output)',
    );
  });

  test('refuses to be without outputs', () => {
    expect(
      messageOf(
        () =>
          new OneLayer({ type }, [
            [1, 1, 1],
            [1, 1],
          ]),
      ),
    ).toBe(`layer 'l' (${type}): num_output must be positive (0 vs. 0)`);
  });

  test('refuses other timesteps and other inputs later', () => {
    const layer = new OneLayer(small, [
      [2, 1, 1],
      [2, 1],
    ]);
    expect(
      messageOf(() =>
        layer
          .set([
            [3, 1, 1],
            [3, 1],
          ])
          .forward(),
      ),
    ).toBe(
      `layer 'l' (${type}): input number of timesteps changed (2 vs. 3)\n` +
        'hint: the number of timesteps is fixed when the net is built; only the number of streams can change',
    );
    expect(
      messageOf(() =>
        layer
          .set([
            [2, 1, 5],
            [2, 1],
          ])
          .forward(),
      ),
    ).toBe(
      `layer 'l' (${type}): Input size incompatible with inner product parameters (5 vs. 1)\n` +
        `hint: bottom[0] is 2 1 5 (10), its weights are ${gates} 1 (${gates})`,
    );
  });
});

describe('LSTMUnit', () => {
  test('equals the equations', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), seeds, (streams, width, seed) => {
        const cell = uniform([1, streams, width], seed, 'c');
        const gates = uniform([1, streams, 4 * width], seed, 'gates', -5, 5);
        const cont = integers([1, streams], seed, 'cont', 0, 2);
        const expected = Array.from(cell.data, (before, at) => {
          const n = Math.floor(at / width);
          const gate = (i: number): number => gates.data[(n * 4 + i) * width + (at % width)]!;
          const c = cont.data[n]! * sigmoid(gate(1)) * before + sigmoid(gate(0)) * Math.tanh(gate(3));
          return { c, h: sigmoid(gate(2)) * Math.tanh(c) };
        });
        const [c, h] = runLayer({ type: 'LSTMUnit' }, [cell, gates, cont], { tops: 2 });
        // c, at most 3: two gates and two products rounded, then their sum. h: gate, tanh and product, and c's error.
        expectClose(
          c!,
          expected.map((e) => e.c),
          3 * 5 * ROUNDING,
        );
        expectClose(
          h!,
          expected.map((e) => e.h),
          (3 * 5 + 3) * ROUNDING,
        );
      }),
    );
  });

  test('a forget gate that is NaN does not matter where a sequence begins', () => {
    const inputs = [[1, 1, 1], { shape: [1, 1, 4], data: [0, NaN, 0, 1] }, [1, 1]];
    const c = Math.fround(0.5 * Math.fround(Math.tanh(1)));
    expect(runLayer({ type: 'LSTMUnit' }, inputs, { tops: 2 })[0]).toEqual(Float32Array.of(c));
  });

  test('an infinite cell is not forgotten but becomes NaN, as in Caffe', () => {
    const inputs = [{ shape: [1, 1, 1], data: [Infinity] }, [1, 1, 4], [1, 1]];
    expect(runLayer({ type: 'LSTMUnit' }, inputs, { tops: 2 })).toEqual([Float32Array.of(NaN), Float32Array.of(NaN)]);
  });

  test.each([
    [
      [
        [1, 2, 3],
        [1, 2, 12],
        [1, 3],
      ],
      'bottom[2] must have the shape (1, N) with N = 2, got 1 3 (3)',
    ],
    [
      [
        [2, 2, 3],
        [1, 2, 12],
        [1, 2],
      ],
      'bottom[0] must have the shape (1, N, D) with N = 2, got 2 2 3 (12)',
    ],
    [
      [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2],
      ],
      'bottom[1] must hold 4 gate inputs for each of the 3 cells (12 vs. 3): it is 1 2 3 (6), bottom[0] is 1 2 3 (6)',
    ],
  ])('refuses the shapes %p', (shapes, message) => {
    expect(messageOf(() => new OneLayer({ type: 'LSTMUnit' }, shapes, 2))).toBe(`layer 'l' (LSTMUnit): ${message}`);
  });
});
