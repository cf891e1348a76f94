/** Lstm of junhyukoh and caffe_ocr: an LSTM whose sequences lie in one long batch. */
import type { Blob } from '../engine/blob.js';
import type { FillerParameter } from '../generated/messages.js';
import { remark } from '../remarks.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { BlobCount, LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface LstmSettings {
  num_output: number;
  clipping_threshold: number;
  weight_filler: FillerParameter;
  bias_filler: FillerParameter;
  batch_size: number;
}

/**
 * An LSTM. It is not BVLC's LSTM: its gates, blobs and shapes differ.
 *
 * @formula (i, f, o, g) = Wx · x[t] + b + Wh · h[t − 1], c[t] = σ(f) · c[t − 1] + σ(i) · tanh(g), h[t] = σ(o) · tanh(c[t]). Where a
 *   sequence begins, the terms of h[t − 1] and c[t − 1] are 0
 * @bottoms x, (T · N, …) with `batch_size` N, or (T, N, I) of three axes; clip, optional, T · N values: 0 where a sequence begins.
 *   Without it all begin at t = 0. More bottoms are not read
 * @tops y, (T · N, num_output), or (T, N, num_output); by time, then batch
 * @params Wx (4 · num_output, I); Wh (4 · num_output, num_output); b (4 · num_output); gates in the order i, f, o, g
 * @fields `num_output`; `batch_size` (1). `clipping_threshold` concerns gradients
 * @notes The fork's CPU code mixes up the samples of a batch; its GPU code does not, and is followed here
 * @source lstm_layer.cpp of junhyukoh/caffe-lstm, lstm_layer_Junhyuk.cpp of senlinuc/caffe_ocr
 */
export class LstmForkLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Lstm',
    origin: 'caffe-lstm',
    family: 'weights',
    doc: 'LSTM with gates in the order i, f, o, g. Its shapes and blobs differ from those of LSTM.',
    bottoms: ['x', 'clip?'],
    tops: ['y'],
    params: ['lstm_param'],
    blobs: [
      { role: 'weight', filler: (param) => settingsOf<LstmSettings>(param, 'lstm_param').weight_filler },
      { role: 'other', filler: (param) => settingsOf<LstmSettings>(param, 'lstm_param').weight_filler },
      { role: 'bias', filler: (param) => settingsOf<LstmSettings>(param, 'lstm_param').bias_filler },
    ],
  };

  /** The fork sets no limit. */
  override readonly bottomCount: BlobCount = { min: 1 };

  #width = 1;
  #streams = 1;
  #steps = 1;
  #inputs = 1;

  override setUp([x]: readonly Blob[]): void {
    const { name = '', bottom: [, clip = '', ...others] = [] } = this.param;
    if (others.length > 0)
      remark(
        `layer '${name}' (Lstm): it takes '${clip}', its second bottom, for clip and does not read ` +
          `${new Intl.ListFormat('en').format(others.map((other) => `'${other}'`))}, as the code of the fork does`,
      );
    const { num_output = 0 } = settingsOf<LstmSettings>(this.param, 'lstm_param');
    this.check(num_output > 0, `num_output must be positive, got ${num_output}`, undefined, 'lstm_param.num_output');
    this.#width = num_output;
    this.#measure(x!);
    this.addBlob([4 * num_output, this.#inputs]);
    this.addBlob([4 * num_output, num_output]);
    this.addBlob([4 * num_output]);
  }

  #measure(x: Blob): void {
    const { batch_size = 1 } = settingsOf<LstmSettings>(this.param, 'lstm_param');
    this.check(x.numAxes >= 2, () => `expected (T · N, I) or (T, N, I), bottom[0] is ${shapeString(x.shape)}`);
    this.#streams = x.numAxes === 3 ? x.shape[1]! : batch_size;
    const items = x.numAxes === 3 ? x.shape[0]! * x.shape[1]! : x.shape[0]!;
    this.check(
      this.#streams > 0 && items % this.#streams === 0,
      () => `batch_size (${this.#streams}) must divide the ${items} items of bottom[0], ${shapeString(x.shape)}`,
      undefined,
      'lstm_param.batch_size',
    );
    this.#steps = items / this.#streams;
    this.#inputs = items === 0 ? 0 : x.count / items;
  }

  override reshape([x, clip]: readonly Blob[], [y]: readonly Blob[]): void {
    this.#measure(x!);
    this.check(
      this.#inputs === this.blobs[0]!.shape[1],
      () => `bottom[0] is ${shapeString(x!.shape)}, its weights are for ${this.blobs[0]!.shape[1]!} inputs`,
    );
    this.check(
      clip === undefined || clip.count === this.#steps * this.#streams,
      () => `clip must hold ${this.#steps * this.#streams} values, bottom[1] is ${shapeString(clip!.shape)}`,
    );
    const [steps, streams, width] = [this.#steps, this.#streams, this.#width];
    y!.reshape(x!.numAxes === 3 ? [steps, streams, width] : [steps * streams, width]);
  }

  override forward([x, clip]: readonly Blob[], [y]: readonly Blob[]): void {
    const [wx, wh, bias] = this.blobs.map(({ data }) => data.slice()) as [Float32Array, Float32Array, Float32Array];
    const [to, from, begins] = clip ? valuesOf(y!, x!, clip) : [...valuesOf(y!, x!), undefined];
    const [streams, width, inputs] = [this.#streams, this.#width, this.#inputs];
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const cell = new Float64Array(streams * width);
    const gates = new Float64Array(4 * width);
    for (let t = 0; t < this.#steps; t++)
      for (let n = 0; n < streams; n++) {
        const item = t * streams + n;
        const goesOn = begins ? begins[item]! !== 0 : t > 0;
        const before = (item - streams) * width;
        for (let g = 0; g < 4 * width; g++) {
          let sum = bias[g]!;
          for (let i = 0; i < inputs; i++) sum += wx[g * inputs + i]! * from[item * inputs + i]!;
          if (goesOn && t > 0) for (let i = 0; i < width; i++) sum += wh[g * width + i]! * to[before + i]!;
          gates[g] = sum;
        }
        for (let d = 0; d < width; d++) {
          const c = n * width + d;
          const kept = goesOn ? sigmoid(gates[width + d]!) * cell[c]! : 0;
          cell[c] = kept + sigmoid(gates[d]!) * Math.tanh(gates[3 * width + d]!);
          to[item * width + d] = sigmoid(gates[2 * width + d]!) * Math.tanh(cell[c]);
        }
      }
  }

  override macs(): number {
    return this.#steps * this.#streams * 4 * this.#width * (this.#inputs + this.#width);
  }
}
