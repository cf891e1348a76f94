/** LSTM: long short-term memory over a sequence. */
import type { Blob } from '../emit/builder.js';
import { weights } from '../emit/builder.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { concat, range } from './shared/layers.js';
import {
  checkPlain,
  emitDirections,
  evaluateRecurrent,
  inferRecurrent,
  initialState,
  ofDirection,
  reorderBlocks,
  sigmoidOf,
  sizesOf,
  timesState,
} from './shared/recurrent.js';

/** ONNX's gates are i, o, f, c; Caffe's i, f, o, g. */
const ORDER = [0, 2, 1, 3];

export const lstm: Operator = {
  type: 'LSTM',
  caffe: 'LSTM, its gates reordered, with DummyData for cont',
  grade: 'direct',
  notes:
    'reverse directions turn the sequence round; clip, peepholes, other activations and shorter sequences are refused',
  infer: (c) => inferRecurrent(c, 4, 2),
  evaluate: (c, inputs) => {
    const p = inputs[7];
    return evaluateRecurrent(c, inputs, 4, 2, (from, [h, cell], r, rb, direction) => {
      const hidden = h!.length;
      const gates = timesState(r, h!, 0, 4 * hidden).map((value, i) => value + from[i]! + rb[i]!);
      const peep = p ? ofDirection(p, direction) : new Float64Array(3 * hidden);
      for (let k = 0; k < hidden; k++) {
        const i = sigmoidOf(gates[k]! + peep[k]! * cell![k]!);
        const f = sigmoidOf(gates[2 * hidden + k]! + peep[2 * hidden + k]! * cell![k]!);
        cell![k] = f * cell![k]! + i * Math.tanh(gates[3 * hidden + k]!);
        const o = sigmoidOf(gates[hidden + k]! + peep[hidden + k]! * cell![k]!);
        h![k] = o * Math.tanh(cell![k]!);
      }
    });
  },
  emit: (c) => {
    const sizes = sizesOf(c, 4);
    const { steps, batch, inputs, hidden } = sizes;
    checkPlain(c, sizes, ['Sigmoid', 'Tanh', 'Tanh']);
    const [w, r, b] = [c.constant(1), c.constant(2), c.constant(3)];
    if (!w || !r || c.isComputed(3)) throw new Refusal('its weights are computed while the model runs');
    if (c.has(7) && !c.constant(7)?.data.every((value) => value === 0)) throw new Refusal('peepholes');
    const isUsed = (index: number): boolean => c.hasOutput(index) && c.options.isRead(c.node.outputs[index]!);
    const filled = (shape: readonly number[], value: number, role: string): Blob =>
      c.layer(
        'DummyData',
        [],
        { shape: { dim: [...shape] }, ...(value !== 0 && { data_filler: { type: 'constant', value } }) },
        shape,
        { role },
      );
    emitDirections(c, sizes, 2, (x, direction) => {
      const rows = 4 * hidden;
      const bias = b ? ofDirection(b, direction) : new Float64Array(2 * rows);
      const sum = bias.subarray(0, rows).map((value, i) => value + bias[rows + i]!);
      const blobs = [
        weights([rows, inputs], reorderBlocks(ofDirection(w, direction), ORDER)),
        weights([rows], reorderBlocks(sum, ORDER)),
        weights([rows, hidden], reorderBlocks(ofDirection(r, direction), ORDER)),
      ];
      const [h0, c0] = [5, 6].map((index) => initialState(c, index, direction, sizes));
      const shape = [steps, batch, hidden];
      if (h0 || c0 || isUsed(2)) {
        // With its states as blobs the layer starts from those that it is given: cont is 1 throughout.
        const zero = (): Blob => filled([1, batch, hidden], 0, 'initial');
        const cont = filled([steps, batch], 1, 'cont');
        const [all, h, cell] = c.split(
          'LSTM',
          [x, cont, h0 ?? zero(), c0 ?? zero()],
          { num_output: hidden, expose_hidden: true },
          [shape, [1, batch, hidden], [1, batch, hidden]],
          { blobs },
        );
        return { all: all!, last: [h, cell] };
      }
      // Outside of a sequence's first step cont is 1: a state that is left from the last forward would be used otherwise.
      const first = filled([1, batch], 0, 'cont_first');
      const cont = steps === 1 ? first : concat(c, [first, filled([steps - 1, batch], 1, 'cont_rest')], 0, 'cont');
      const all = c.layer('LSTM', [x, cont], { num_output: hidden }, shape, { blobs });
      return { all, last: [isUsed(1) ? range(c, all, 0, steps - 1, steps) : undefined, undefined] };
    });
  },
};
