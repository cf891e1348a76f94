/**
 * What LSTM and RNN share. Caffe unrolls them into a net with one copy of each step. Here the steps are a loop with
 * the same arithmetic. Inputs, parameters, states and their order are as in that net.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import type { Blob } from '../../engine/blob.js';
import { sameShape, shapeString } from '../../shapes.js';
import { parallelFor } from '../../engine/parallel-for.js';
import { project as multiplyRows, projectScratch } from './gemm.js';
import { roundUp } from './task.js';
import { takeMemory } from './views.js';
import type { BlobCount, BlobFacts } from '../facts.js';
import { Layer } from '../layer.js';

/** What {@link RecurrentLayer.run} works on. Matrices are given by their addresses: kernels multiply them. */
export interface RecurrentRun {
  steps: number;
  streams: number;
  /** Number of outputs, which is the width of a state. */
  width: number;
  /** [steps, streams]: 0 where a sequence begins. */
  cont: Float32Array;
  /** Addresses of the parameters, in order. */
  params: readonly number[];
  /** Address of [steps, streams, gates * width]: W x + b for each step. Scratch: it may be written. */
  fromInput: number;
  /** In: the states before the first step. Out: those after the last. Each is [streams, width]. */
  states: readonly { ptr: number; data: Float32Array }[];
  /** Address of [steps, streams, width]. */
  output: number;
  /** y = x Wᵀ + bias for `lines` rows of x, of n outputs each: addresses, and a bias of 0 for none. */
  project: (y: number, x: number, w: number, bias: number, lines: number, n: number, k: number) => void;
  /**
   * Address of what goes into the gates of step `t`, [streams, gates * width]: W times the state as the step sees it, then the
   * input's part, then the static input's, in Caffe's order. It is good until the next call.
   * @param w address of W
   */
  gatesOf: (t: number, w: number) => number;
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
    const { arena } = this.context;
    const [x, cont] = bottom as [Blob, Blob];
    const [steps, streams] = [this.#steps, x.shape[1]!];
    const rows = this.gates * width;
    const length = x.countOf(2);
    const fixed = this.#hasStatic ? bottom[2]! : undefined;
    const fixedLength = fixed?.countOf(1) ?? 0;
    const statesIn = exposed ? bottom.slice(-this.stateCount) : this.#states;
    const statesOut = exposed ? top.slice(1) : this.#states;
    takeMemory(...bottom, ...top, ...this.blobs, ...this.#states);

    const tasks = [
      { batch: steps * streams, n: rows, k: length },
      { batch: streams, n: rows, k: fixedLength },
      { batch: streams, n: rows, k: width },
      { batch: steps * streams, n: width, k: width },
    ];
    const bytes = [steps * streams * rows, fixed ? streams * rows : 0, streams * width, streams * rows].map((floats) =>
      roundUp(floats * 4, 64),
    ) as [number, number, number, number];
    const product = Math.max(...tasks.map((task) => projectScratch(arena, task)));
    const fromInput = this.context.scratch(bytes.reduce((sum, each) => sum + each) + product);
    const fromStatic = fromInput + bytes[0];
    const hidden = fromStatic + bytes[1];
    const gates = hidden + bytes[2];
    const scratch = gates + bytes[3];

    const params = this.blobs.map((blob) => blob.ptr);
    const states = statesOut.map((blob) => ({ ptr: blob.ptr, data: blob.data }));
    statesIn.forEach((blob, i) => states[i]!.data.set(blob.peek()));
    const contData = cont.peek();
    const seen = new Float32Array(arena.buffer, hidden, streams * width);
    const project: RecurrentRun['project'] = (y, from, w, bias, batch, n, k) => {
      multiplyRows(arena, scratch, { y, x: from, w, bias, batch, n, k });
    };
    project(fromInput, x.ptr, params[0]!, params[1]!, steps * streams, rows, length);
    if (fixed) project(fromStatic, fixed.ptr, params[2]!, 0, streams, rows, fixedLength);
    const add = (part: number): void => {
      parallelFor(arena, 'f32_sum__simd', [gates, gates, 1, part, 1], streams * rows);
    };
    const gatesOf = (t: number, w: number): number => {
      flushed(states[0]!.data, contData.subarray(t * streams, (t + 1) * streams), width, seen);
      project(gates, hidden, w, 0, streams, rows, width);
      add(fromInput + t * streams * rows * 4);
      if (fixed) add(fromStatic);
      return gates;
    };
    this.run({
      ...{ steps, streams, width, cont: contData, params, fromInput, states, output: top[0]!.ptr },
      ...{ project, gatesOf },
    });
  }

  override macs([x, , fixed]: readonly Blob[]): number {
    const [steps, streams] = x!.shape as [number, number];
    const [fromInput, , ...others] = this.blobs.filter((blob, i) => blob.numAxes === 2 || i === 1);
    const fromStatic = this.#hasStatic && fixed ? others.shift()!.count * streams : 0;
    const perStep = others.reduce((sum, { count }) => sum + count, fromInput!.count);
    return steps * streams * perStep + fromStatic;
  }
}

/** A state as the next step sees it: times cont, so that it is zero where a sequence begins. */
function flushed(state: Float32Array, cont: Float32Array, width: number, to: Float32Array): void {
  for (let n = 0, i = 0; n < cont.length; n++) {
    const goesOn = cont[n]!;
    for (let d = 0; d < width; d++, i++) to[i] = state[i]! * goesOn;
  }
}
