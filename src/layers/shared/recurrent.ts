/**
 * What LSTM and RNN share. Caffe unrolls them into a net with one copy of each step. Here the steps are a loop with
 * the same arithmetic. Inputs, parameters, states and their order are as in that net.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { sameShape, shapeString } from '../../shapes.js';
import { valuesOf } from './views.js';
import type { BlobCount, BlobFacts } from '../facts.js';
import { Layer } from '../layer.js';

/** What {@link RecurrentLayer.run} works on. */
export interface RecurrentRun {
  steps: number;
  streams: number;
  /** Number of outputs, which is the width of a state. */
  width: number;
  /** [steps, streams]: 0 where a sequence begins. */
  cont: Float32Array;
  /** The parameters, in order. */
  params: readonly Float32Array[];
  /** [steps, streams, gates * width]: W x + b for each step. */
  fromInput: Float32Array;
  /** [streams, gates * width]: the static input's part, if there is one. */
  fromStatic: Float32Array | undefined;
  /** In: the states before the first step. Out: those after the last. Each is [streams, width]. */
  states: readonly Float32Array[];
  /** [steps, streams, width]. */
  output: Float32Array;
}

/** A matrix, and a vector of biases, beyond the first two blobs: they are called by their index. */
export const MATRIX: BlobFacts = { role: 'other', filler: ({ recurrent_param: param }) => param?.weight_filler };
export const BIASES: BlobFacts = { role: 'other', filler: ({ recurrent_param: param }) => param?.bias_filler };

/**
 * The parameter blobs: those of x, that of the static input where there is one, then the type's own.
 * @param stateCount as the constructor's
 */
export function recurrentBlobs(param: LayerParameter, stateCount: number, own: readonly BlobFacts[]): BlobFacts[] {
  const exposed = param.recurrent_param?.expose_hidden ? stateCount : 0;
  const hasStatic = (param.bottom?.length ?? 0) > 2 + exposed;
  return [{ ...MATRIX, role: 'weight' }, { ...BIASES, role: 'bias' }, ...(hasStatic ? [MATRIX] : []), ...own];
}

export abstract class RecurrentLayer extends Layer {
  protected readonly options = resolve('RecurrentParameter', this.param.recurrent_param);
  override readonly bottomCount: BlobCount;
  override readonly topCount: BlobCount;
  /** The states at the end of the last forward pass, which the next one starts from; zero at first. */
  readonly #states: Blob[] = [];
  #steps = 0;
  #hasStatic = false;

  /**
   * @param stateCount number of states that go from step to step: h, and c of an LSTM
   * @param gates width of the first parameters in multiples of num_output
   */
  constructor(
    param: Layer['param'],
    context: Layer['context'],
    protected readonly stateCount: number,
    protected readonly gates: number,
  ) {
    super(param, context);
    const exposed = this.options.expose_hidden ? stateCount : 0;
    this.bottomCount = { min: 2 + exposed, max: 3 + exposed };
    this.topCount = { exact: 1 + exposed };
  }

  /** Adds the parameters behind those of the inputs, for states of `width` numbers. */
  protected abstract addStateParams(width: number): void;

  /** All steps. */
  protected abstract run(run: RecurrentRun): void;

  /** Sets the states to zero, as before the first forward pass. */
  reset(): void {
    for (const state of this.#states) state.data.fill(0);
  }

  override setUp(bottom: readonly Blob[], _top: readonly Blob[]): void {
    const { num_output: width } = this.options;
    const exposed = this.options.expose_hidden ? this.stateCount : 0;
    this.#hasStatic = bottom.length > 2 + exposed;
    this.#steps = bottom[0]!.dim(0);
    this.check(
      width > 0,
      () => `num_output must be positive (${width} vs. 0)`,
      undefined,
      'recurrent_param.num_output',
    );
    this.#checkShapes(bottom);
    const rows = this.gates * width;
    this.addBlob([rows, bottom[0]!.countOf(2)]);
    this.addBlob([rows]);
    if (this.#hasStatic) this.addBlob([rows, bottom[2]!.countOf(1)]);
    this.addStateParams(width);
    for (let i = 0; i < this.stateCount; i++) this.#states.push(this.context.createBlob());
  }

  #checkShapes(bottom: readonly Blob[]): void {
    const [x, cont] = bottom as [Blob, Blob];
    this.check(
      x.numAxes >= 3,
      () =>
        `bottom[0] must have at least 3 axes -- (#timesteps, #streams, ...) (${x.numAxes} vs. 3): ` +
        `it is ${shapeString(x.shape)}`,
      x.numAxes === 2 ? 'where a step is one number, add a last dimension of 1' : undefined,
    );
    const [steps, streams] = x.shape as [number, number];
    this.check(
      steps === this.#steps,
      () => `input number of timesteps changed (${this.#steps} vs. ${steps})`,
      'the number of timesteps is fixed when the net is built; only the number of streams can change',
    );
    this.check(
      steps > 0 && streams > 0,
      () => `bottom[0] must hold at least one timestep and one stream: it is ${shapeString(x.shape)}`,
    );
    this.check(
      cont.numAxes === 2,
      () =>
        `bottom[1] must have exactly 2 axes -- (#timesteps, #streams) (${cont.numAxes} vs. 2): ` +
        `it is ${shapeString(cont.shape)}`,
    );
    this.check(
      cont.shape[0] === steps && cont.shape[1] === streams,
      () =>
        `bottom[1] must have the timesteps and streams of bottom[0]: expected ${shapeString([steps, streams])}, ` +
        `got ${shapeString(cont.shape)}`,
    );
    const fixed = bottom[2];
    if (!this.#hasStatic || !fixed) return;
    this.check(
      fixed.numAxes >= 2 && fixed.shape[0] === streams,
      () =>
        `bottom[2], the static input, must have the shape (#streams, ...) with ${streams} streams, ` +
        `got ${shapeString(fixed.shape)}`,
      this.options.expose_hidden ? 'the states come after it' : undefined,
    );
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    this.#checkShapes(bottom);
    const [x] = bottom as [Blob];
    const inputs: [Blob, Blob][] = [[x, this.blobs[0]!]];
    if (this.#hasStatic) inputs.push([bottom[2]!, this.blobs[2]!]);
    for (const [i, [input, weights]] of inputs.entries()) {
      const length = input.countOf(i === 0 ? 2 : 1);
      this.check(
        length === weights.shape[1],
        () => `Input size incompatible with inner product parameters (${length} vs. ${weights.shape[1]!})`,
        `bottom[${i === 0 ? 0 : 2}] is ${shapeString(input.shape)}, its weights are ${shapeString(weights.shape)}`,
      );
    }
    const state = [1, x.shape[1]!, this.options.num_output];
    for (const blob of this.#states) blob.reshape(state);
    if (this.options.expose_hidden) {
      const offset = this.#hasStatic ? 3 : 2;
      for (let j = 0; j < this.stateCount; j++) {
        const given = bottom[offset + j]!;
        this.check(
          sameShape(given.shape, state),
          () =>
            `shape mismatch - recur_input_blobs_[${j}]: ${shapeString(state)} vs. bottom[${offset + j}]: ` +
            shapeString(given.shape),
          'the states that come in have the shape (1, #streams, num_output)',
        );
        top[1 + j]!.reshape(state);
      }
    }
    top[0]!.reshape([this.#steps, ...state.slice(1)]);
  }

  override forward(bottom: readonly Blob[], top: readonly Blob[]): void {
    const { expose_hidden: exposed, num_output: width } = this.options;
    const [x, cont] = bottom as [Blob, Blob];
    const streams = x.shape[1]!;
    const statesIn = exposed ? bottom.slice(-this.stateCount) : this.#states;
    const statesOut = exposed ? top.slice(1) : this.#states;
    const used = [...bottom, ...top, ...this.blobs, ...(exposed ? [] : this.#states)];
    const view = new Map(used.map((blob, i) => [blob, i]));
    const all = valuesOf(...used);
    const data = (blob: Blob): Float32Array => all[view.get(blob)!]!;
    const params = this.blobs.map(data);
    const states = statesOut.map(data);
    statesIn.forEach((blob, i) => states[i]!.set(data(blob)));
    const rows = this.gates * width;
    this.run({
      steps: this.#steps,
      streams,
      width,
      cont: data(cont),
      params,
      fromInput: innerProduct(data(x), params[0]!, params[1], this.#steps * streams, rows),
      fromStatic: this.#hasStatic ? innerProduct(data(bottom[2]!), params[2]!, undefined, streams, rows) : undefined,
      states,
      output: data(top[0]!),
    });
  }
}

/**
 * y = x Wᵀ + b for `lines` rows of x, summed in double precision.
 * @param weights [outputs, length of a row]
 */
export function innerProduct(
  x: Float32Array,
  weights: Float32Array,
  bias: Float32Array | undefined,
  lines: number,
  outputs: number,
  y: Float32Array = new Float32Array(lines * outputs),
): Float32Array {
  const length = weights.length / outputs;
  for (let i = 0; i < lines; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let j = 0, a = i * length, b = o * length; j < length; j++, a++, b++) sum += x[a]! * weights[b]!;
      y[i * outputs + o] = bias ? Math.fround(sum) + bias[o]! : sum;
    }
  }
  return y;
}

/** A state as the next step sees it: times cont, so that it is zero where a sequence begins. */
export function flushed(state: Float32Array, cont: Float32Array, width: number, to: Float32Array): Float32Array {
  for (let i = 0; i < state.length; i++) to[i] = state[i]! * cont[Math.trunc(i / width)]!;
  return to;
}

/** y += fromInput (+ fromStatic), in Caffe's order and precision. */
export function addInputs(y: Float32Array, fromInput: Float32Array, fromStatic: Float32Array | undefined): void {
  for (let i = 0; i < y.length; i++) {
    y[i]! += fromInput[i]!;
    if (fromStatic) y[i]! += fromStatic[i]!;
  }
}
