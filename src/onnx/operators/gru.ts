/** GRU: gated recurrent units over a sequence. */
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { eltwise, neuron, slice } from './shared/layers.js';
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

export const gru: Operator = {
  type: 'GRU',
  caffe: 'unrolled: InnerProduct with shared weights, Slice, Sigmoid, TanH, Eltwise for each step',
  grade: 'heavy',
  notes: 'clip, other activations and shorter sequences are refused',
  infer: (c) => inferRecurrent(c, 3, 1),
  evaluate: (c, inputs) => {
    const isAfter = c.attributes.int('linear_before_reset', 0) !== 0;
    // Gates in ONNX's order: z, r, h.
    return evaluateRecurrent(c, inputs, 3, 1, (from, [h], r, rb) => {
      const hidden = h!.length;
      const zr = timesState(r, h!, 0, 2 * hidden).map((value, i) => sigmoidOf(value + from[i]! + rb[i]!));
      const [z, reset] = [zr.subarray(0, hidden), zr.subarray(hidden)];
      const given = isAfter ? h! : h!.map((value, k) => value * reset[k]!);
      const part = timesState(r, given, 2 * hidden, hidden);
      for (let k = 0; k < hidden; k++) {
        const at = 2 * hidden + k;
        const state = isAfter ? reset[k]! * (part[k]! + rb[at]!) : part[k]! + rb[at]!;
        h![k] = (1 - z[k]!) * Math.tanh(from[at]! + state) + z[k]! * h![k]!;
      }
    });
  },
  emit: (c) => {
    const sizes = sizesOf(c, 3);
    const { hidden } = sizes;
    checkPlain(c, sizes, ['Sigmoid', 'Tanh']);
    const [w, r, b] = [c.constant(1), c.constant(2), c.constant(3)];
    if (!w || !r || c.isComputed(3)) throw new Refusal('its weights are computed while the model runs');
    const isAfter = c.attributes.int('linear_before_reset', 0) !== 0;
    const rows = 3 * hidden;
    const stem = c.node.name === '' ? c.node.outputs.find((output) => output !== '')! : c.node.name;
    emitDirections(c, sizes, 1, (x, direction) => {
      const bias = b ? ofDirection(b, direction) : new Float64Array(2 * rows);
      const rd = ofDirection(r, direction);
      const parts = inputParts(c, x, sizes, rows, ofDirection(w, direction), bias.subarray(0, rows));
      const rb = bias.subarray(rows);
      const key = `${stem}_${direction}`;
      return unroll(c, direction, sizes, parts, (part, h) => {
        const [gates, candidate] = slice(c, part, 1, [2 * hidden]) as [typeof part, typeof part];
        const product = isAfter
          ? stateProduct(c, h, key, rows, rd, rb)
          : stateProduct(c, h, key, 2 * hidden, rd.subarray(0, 2 * hidden * hidden), rb.subarray(0, 2 * hidden));
        const [state, after] = isAfter
          ? (slice(c, product, 1, [2 * hidden]) as [typeof h, typeof h])
          : [product, undefined];
        const zr = neuron(c, 'Sigmoid', eltwise(c, 'SUM', [gates, state], undefined, 'gates'));
        const [z, reset] = slice(c, zr, 1, [hidden]) as [typeof h, typeof h];
        const recurrent = after
          ? eltwise(c, 'PROD', [reset, after], undefined, 'reset')
          : stateProduct(
              c,
              eltwise(c, 'PROD', [reset, h], undefined, 'reset'),
              `${key}_candidate`,
              hidden,
              rd.subarray(2 * hidden * hidden),
              rb.subarray(2 * hidden),
            );
        const n = neuron(c, 'TanH', eltwise(c, 'SUM', [candidate, recurrent], undefined, 'candidate'));
        // (1 − z) n + z h
        const change = eltwise(c, 'PROD', [z, eltwise(c, 'SUM', [h, n], [1, -1], 'difference')], undefined, 'kept');
        return eltwise(c, 'SUM', [n, change], undefined, 'hidden');
      });
    });
  },
};
