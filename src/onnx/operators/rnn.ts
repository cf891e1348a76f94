/** RNN: a plain recurrence over a sequence. */
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { eltwise, neuron } from './shared/layers.js';
import {
  checkPlain,
  emitDirections,
  evaluateRecurrent,
  inferRecurrent,
  ofDirection,
  sigmoidOf,
  sizesOf,
  timesState,
} from './shared/recurrent.js';
import { inputParts, stateProduct, unroll } from './shared/unrolled.js';

const ACTIVATIONS: Readonly<Record<string, { layer: string; f: (x: number) => number }>> = {
  Tanh: { layer: 'TanH', f: Math.tanh },
  Relu: { layer: 'ReLU', f: (x) => Math.max(x, 0) },
  Sigmoid: { layer: 'Sigmoid', f: sigmoidOf },
};

export const rnn: Operator = {
  type: 'RNN',
  caffe: 'unrolled: InnerProduct with shared weights, Eltwise, TanH or ReLU for each step',
  grade: 'heavy',
  notes: "Caffe's own RNN layer has an output layer of its own, and is another thing",
  infer: (c) => inferRecurrent(c, 1, 1),
  evaluate: (c, inputs) => {
    const names = c.attributes.strings('activations') ?? ['Tanh', 'Tanh'];
    return evaluateRecurrent(c, inputs, 1, 1, (from, [h], r, rb, direction) => {
      const { f } = ACTIVATIONS[names[direction] ?? 'Tanh'] ?? { f: Math.tanh };
      const sums = timesState(r, h!, 0, h!.length);
      sums.forEach((value, k) => (h![k] = f(value + from[k]! + rb[k]!)));
    });
  },
  emit: (c) => {
    const sizes = sizesOf(c, 1);
    const { hidden, reversed } = sizes;
    const names = c.attributes.strings('activations') ?? reversed.map(() => 'Tanh');
    const first = ACTIVATIONS[names[0] ?? 'Tanh'];
    if (!first) throw new Refusal(`activations ${names.join(', ')}; Tanh, Relu and Sigmoid can be written`);
    checkPlain(c, sizes, [names[0]!]);
    const [w, r, b] = [c.constant(1), c.constant(2), c.constant(3)];
    if (!w || !r || c.isComputed(3)) throw new Refusal('its weights are computed while the model runs');
    const stem = c.node.name === '' ? c.node.outputs.find((output) => output !== '')! : c.node.name;
    emitDirections(c, sizes, 1, (x, direction) => {
      const bias = b ? ofDirection(b, direction) : new Float64Array(2 * hidden);
      const sum = bias.subarray(0, hidden).map((value, i) => value + bias[hidden + i]!);
      const parts = inputParts(c, x, sizes, hidden, ofDirection(w, direction), sum);
      const rd = ofDirection(r, direction);
      return unroll(c, direction, sizes, parts, (part, h) =>
        neuron(
          c,
          first.layer,
          eltwise(c, 'SUM', [part, stateProduct(c, h, `${stem}_${direction}`, hidden, rd, undefined)]),
          {},
          'hidden',
        ),
      );
    });
  },
};
