/** What LSTM, GRU and RNN share: their inputs, directions, and references. */
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import type { Blob } from '../../emit/builder.js';
import { Refusal } from '../../graph/attributes.js';
import type { ValueType } from '../../graph/graph.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Tensor } from '../../schema/model.js';
import { concat, range, reshape } from './layers.js';
import { select } from './select.js';
import { transpose, transposeNumbers } from './transpose.js';

/** Longer sequences are no model's. */
const MOST_STEPS = 2 ** 20;

export interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  /** For each direction, whether it runs backwards. */
  readonly reversed: readonly boolean[];
  /** Layout 1: the batch is the first axis. */
  readonly batchFirst: boolean;
}

/** @param gates blocks of rows in the weights */
export function sizesOf(c: NodeContext, gates: number): Sizes {
  const { attributes } = c;
  const [x, w, r] = [c.shape(0), c.shape(1), c.shape(2)];
  const hidden = attributes.int('hidden_size') ?? r[2] ?? 0;
  const direction = attributes.string('direction', 'forward');
  const reversed = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
  if (!['forward', 'reverse', 'bidirectional'].includes(direction)) throw new Refusal(`direction '${direction}'`);
  const batchFirst = attributes.int('layout', 0) !== 0;
  if (x.length !== 3) throw new Refusal(`expected an input of 3 axes, got ${x.join('x')}`);
  const [steps, batch] = batchFirst ? [x[1]!, x[0]!] : [x[0]!, x[1]!];
  if (steps > MOST_STEPS) throw new Refusal(`${steps} steps, more than ${MOST_STEPS}`);
  const inputs = x[2]!;
  const dirs = reversed.length;
  if (w.join() !== [dirs, gates * hidden, inputs].join() || r.join() !== [dirs, gates * hidden, hidden].join())
    throw new Refusal(
      `weights of shapes ${w.join('x')} and ${r.join('x')} do not fit hidden_size ${hidden} and ${inputs} inputs`,
    );
  return { steps, batch, inputs, hidden, reversed, batchFirst };
}

export function inferRecurrent(c: NodeContext, gates: number, states: number): ValueType[] {
  const { steps, batch, hidden, reversed, batchFirst } = sizesOf(c, gates);
  const type = c.type(0);
  const dirs = reversed.length;
  const last = { type, shape: batchFirst ? [batch, dirs, hidden] : [dirs, batch, hidden] };
  const all = { type, shape: batchFirst ? [batch, steps, dirs, hidden] : [steps, dirs, batch, hidden] };
  return [all, ...Array.from({ length: states }, () => last)];
}

/** Refuses what no form here has. */
export function checkPlain(c: EmitContext, { steps, reversed }: Sizes, activations: readonly string[]): void {
  const { attributes } = c;
  const given = attributes.strings('activations');
  const wanted = reversed.flatMap(() => activations);
  if (given && given.map((each) => each.toLowerCase()).join() !== wanted.map((each) => each.toLowerCase()).join())
    throw new Refusal(`activations ${given.join(', ')}; ${activations.join(', ')} can be written`);
  if (attributes.has('clip')) throw new Refusal('clip');
  if (attributes.int('input_forget', 0) !== 0) throw new Refusal('input_forget');
  const lengths = c.numbers(4, 'sequence_lens');
  if (lengths?.some((length) => length !== steps)) throw new Refusal(`sequence_lens shorter than the ${steps} steps`);
}

/** Rows of one direction, (rows, columns), from (directions, rows, columns). */
export function ofDirection(tensor: Tensor, direction: number): Float64Array {
  const size = tensor.data.length / tensor.shape[0]!;
  return Float64Array.from(tensor.data.subarray(direction * size, (direction + 1) * size));
}

/** Blocks of rows in another order. */
export function reorderBlocks(values: Float64Array, order: readonly number[]): Float64Array {
  const size = values.length / order.length;
  const out = new Float64Array(values.length);
  order.forEach((from, to) => out.set(values.subarray(from * size, (from + 1) * size), to * size));
  return out;
}

/** Results of one direction: h of all steps (steps, batch, hidden), and the states after the last. */
export interface DirectionBlobs {
  readonly all: Blob;
  readonly last: readonly (Blob | undefined)[];
}

/** The state before the first step of a direction, (1, batch, hidden); undefined where it is 0. */
export function initialState(
  c: EmitContext,
  index: number,
  direction: number,
  { batch, hidden, batchFirst, reversed }: Sizes,
): Blob | undefined {
  if (!c.has(index)) return undefined;
  const constant = c.constant(index);
  if (constant?.data.every((value) => value === 0)) return undefined;
  const given = c.blob(index);
  const states = batchFirst ? transpose(c, given, [1, 0, 2]) : reshape(c, given, [reversed.length, batch, hidden]);
  return range(c, states, 0, direction, direction + 1);
}

/** Runs each direction and puts the results together as ONNX has them. */
export function emitDirections(
  c: EmitContext,
  sizes: Sizes,
  states: number,
  run: (x: Blob, direction: number) => DirectionBlobs,
): void {
  const { steps, batch, hidden, reversed, batchFirst } = sizes;
  const given = c.blob(0);
  const x = batchFirst ? transpose(c, given, [1, 0, 2]) : given;
  const backwards = Array.from({ length: steps }, (_, t) => steps - 1 - t);
  if (reversed.includes(true) && steps > 1) c.heavy(`a sequence of ${steps} steps turned round`, steps <= 64);
  const turn = (blob: Blob): Blob => (steps === 1 ? blob : select(c, blob, 0, backwards));
  const results = reversed.map((isReversed, direction) => {
    const { all, last } = run(isReversed ? turn(x) : x, direction);
    return { all: isReversed ? turn(all) : all, last };
  });
  const isUsed = (index: number): boolean => c.hasOutput(index) && c.options.isRead(c.node.outputs[index]!);
  if (isUsed(0)) {
    const parts = results.map(({ all }) => reshape(c, all, [steps, 1, batch, hidden]));
    const y = concat(c, parts, 1, 'directions');
    c.set(reshape(c, batchFirst ? transpose(c, y, [2, 0, 1, 3]) : y, caffeShape(c.output(0).shape)), 0);
  }
  for (let state = 0; state < states; state++) {
    if (!isUsed(state + 1)) continue;
    const parts = results.map(({ last }) => reshape(c, last[state]!, [1, batch, hidden]));
    const y = concat(c, parts, 0, 'states');
    c.set(reshape(c, batchFirst ? transpose(c, y, [1, 0, 2]) : y, caffeShape(c.output(state + 1).shape)), state + 1);
  }
}

/** One step of one sequence: what comes from the input (gates · hidden) and the states change in place. */
export type Step = (
  fromInput: Float64Array,
  states: readonly Float64Array[],
  r: Float64Array,
  rb: Float64Array,
  direction: number,
) => void;

/** The reference: all directions, steps and sequences, in double precision. */
export function evaluateRecurrent(
  c: NodeContext,
  inputs: readonly (Tensor | undefined)[],
  gates: number,
  states: number,
  step: Step,
): Tensor[] {
  const sizes = sizesOf(c, gates);
  const { steps, batch, inputs: width, hidden, reversed, batchFirst } = sizes;
  const [given, w, r, b, lengths] = inputs as [Tensor, Tensor, Tensor, Tensor | undefined, Tensor | undefined];
  const x = batchFirst ? transposeNumbers(given.data, given.shape, [1, 0, 2]) : given.data;
  const dirs = reversed.length;
  const rows = gates * hidden;
  const all = new Float64Array(steps * dirs * batch * hidden);
  const last = Array.from({ length: states }, () => new Float64Array(dirs * batch * hidden));
  reversed.forEach((isReversed, direction) => {
    const [wd, rd] = [ofDirection(w, direction), ofDirection(r, direction)];
    const bd = b ? ofDirection(b, direction) : new Float64Array(2 * rows);
    const [wb, rb] = [bd.subarray(0, rows), bd.subarray(rows)];
    for (let n = 0; n < batch; n++) {
      const state = last.map((_, s) => {
        const initial = inputs[5 + s];
        if (!initial) return new Float64Array(hidden);
        const at = batchFirst ? (n * dirs + direction) * hidden : (direction * batch + n) * hidden;
        return Float64Array.from(initial.data.subarray(at, at + hidden));
      });
      const length = lengths?.data[n] ?? steps;
      for (let i = 0; i < length; i++) {
        const t = isReversed ? length - 1 - i : i;
        const from = new Float64Array(rows);
        for (let row = 0; row < rows; row++) {
          let sum = wb[row]!;
          for (let k = 0; k < width; k++) sum += wd[row * width + k]! * x[(t * batch + n) * width + k]!;
          from[row] = sum;
        }
        step(from, state, rd, rb, direction);
        all.set(state[0]!, ((t * dirs + direction) * batch + n) * hidden);
      }
      last.forEach((values, s) => values.set(state[s]!, (direction * batch + n) * hidden));
    }
  });
  const type = given.type;
  const types = inferRecurrent(c, gates, states);
  const turned = batchFirst ? transposeNumbers(all, [steps, dirs, batch, hidden], [2, 0, 1, 3]) : all;
  return [
    { shape: types[0]!.shape, type, data: turned },
    ...last.map((values, s) => ({
      shape: types[s + 1]!.shape,
      type,
      data: batchFirst ? transposeNumbers(values, [dirs, batch, hidden], [1, 0, 2]) : values,
    })),
  ];
}

/** rows (from `first`, `count` of them) of r times h. */
export function timesState(r: Float64Array, h: Float64Array, first: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < h.length; k++) sum += r[(first + i) * h.length + k]! * h[k]!;
    return sum;
  });
}

export const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
