/** What recurrent layers share: steps of a sequence, one after another. ONNX's own LSTM and RNN cannot begin anew at some steps. */
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** The steps along axis 0, each without that axis. */
export function stepsOf(ops: Ops, x: Value): Value[] {
  const parts = ops.split(
    x,
    0,
    Array.from({ length: x.shape[0]! }, () => 1),
  );
  return parts.map((part) => ops.reshape(part, x.shape.slice(1)));
}

/** Steps as one value, joined along a new axis 0. */
export function joinSteps(ops: Ops, steps: readonly Value[]): Value {
  return ops.concat(
    steps.map((step) => ops.reshape(step, [1, ...step.shape])),
    0,
  );
}

/** Zeros of a shape. */
export function zeros(ops: Ops, shape: readonly number[]): Value {
  return ops.floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
}

/**
 * One step of an LSTM.
 * @param gates (streams, 4 · width): i, f, o and g
 * @param isGoing (streams, 1): 0 where a sequence begins; undefined where all go on
 */
export function lstmStep(
  ops: Ops,
  gates: Value,
  cell: Value | undefined,
  isGoing: Value | undefined,
): { cell: Value; hidden: Value } {
  const width = gates.shape.at(-1)! / 4;
  const axis = gates.shape.length - 1;
  const [i, f, o, g] = ops.split(gates, axis, [width, width, width, width]) as [Value, Value, Value, Value];
  const sigmoid = (x: Value): Value => ops.unary('Sigmoid', x);
  const added = ops.mul(sigmoid(i), ops.unary('Tanh', g));
  let next = added;
  if (cell) {
    const kept = isGoing ? ops.mul(sigmoid(f), isGoing) : sigmoid(f);
    next = ops.add(ops.mul(kept, cell), added);
  }
  return { cell: next, hidden: ops.mul(sigmoid(o), ops.unary('Tanh', next)) };
}
