/**
 * LSTMUnit: the nonlinear half of one LSTM timestep, also used by the LSTM layer.
 */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { Layer } from './layer.js';
import type { LayerFacts } from './facts.js';

/**
 * New cell and hidden state from the old cell and the gates' inputs i, f, o, g, which lie one after the other in x.
 *
 * @formula c = cont · σ(f) · c_prev + σ(i) · tanh(g); h = σ(o) · tanh(c)
 * @bottoms c_prev, (1, N, D); x, (1, N, 4·D); cont, (1, N): 0 where a sequence begins, 1 where it goes on
 * @tops c, (1, N, D); h, (1, N, D)
 * @source Caffe's lstm_unit_layer.cpp
 */
export class LSTMUnitLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'LSTMUnit',
    origin: 'BVLC',
    family: 'other',
    doc: 'One step of LSTM. Two tops: cell and hidden state.',
    bottoms: ['cell', 'gates', 'continuation'],
    tops: ['cell', 'hidden'],
    inPlace: true,
    withoutCase: 'Caffe unrolls an LSTM into this layer, so the cases of LSTM are its cases too',
  };

  override reshape(bottom: readonly [Blob, Blob, Blob], [c, h]: readonly [Blob, Blob]): void {
    const [cell, gates] = bottom;
    const streams = cell.dim(1);
    for (const [i, blob] of bottom.entries()) {
      const axes = i === 2 ? 2 : 3;
      const shape = ['(1, N, D)', '(1, N, 4*D)', '(1, N)'][i]!;
      this.check(
        blob.numAxes === axes && blob.shape[0] === 1 && blob.shape[1] === streams,
        () => `bottom[${i}] must have the shape ${shape} with N = ${streams}, got ${shapeString(blob.shape)}`,
      );
    }
    const width = 4 * cell.shape[2]!;
    this.check(
      gates.shape[2] === width,
      () =>
        `bottom[1] must hold 4 gate inputs for each of the ${cell.shape[2]!} cells (${width} vs. ${gates.shape[2]!}): ` +
        `it is ${shapeString(gates.shape)}, bottom[0] is ${shapeString(cell.shape)}`,
    );
    c.reshapeLike(cell);
    h.reshapeLike(cell);
  }

  override forward(bottom: readonly [Blob, Blob, Blob], top: readonly [Blob, Blob]): void {
    const [cell, gates, cont, c, h] = valuesOf(...bottom, ...top);
    lstmUnit(cell, gates, cont, c, h, bottom[0].shape[1]!, bottom[0].shape[2]!);
  }
}

/**
 * One timestep of `streams` LSTMs of `width` cells. `c` may be `cellBefore`.
 * @param gates i, f, o, g of the first stream, then of the next
 */
export function lstmUnit(
  cellBefore: Float32Array,
  gates: Float32Array,
  cont: Float32Array,
  c: Float32Array,
  h: Float32Array,
  streams: number,
  width: number,
): void {
  for (let n = 0; n < streams; n++) {
    const goesOn = cont[n]!;
    for (let d = 0; d < width; d++) {
      const at = n * width + d;
      const gate = n * 4 * width + d;
      const i = sigmoid(gates[gate]!);
      const f = goesOn === 0 ? 0 : Math.fround(goesOn * sigmoid(gates[gate + width]!));
      const o = sigmoid(gates[gate + 2 * width]!);
      const g = Math.fround(Math.tanh(gates[gate + 3 * width]!));
      const next = Math.fround(Math.fround(f * cellBefore[at]!) + Math.fround(i * g));
      c[at] = next;
      h[at] = o * Math.fround(Math.tanh(next));
    }
  }
}

function sigmoid(x: number): number {
  return Math.fround(1 / (1 + Math.exp(-x)));
}
