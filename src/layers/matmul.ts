/** MatMul of Synopsys: matrix products over the last two axes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface MatMulSettings {
  transpose_a: boolean;
  transpose_b: boolean;
  blob_shape: number[];
}

/**
 * Products of matrices, which the last two axes hold; the axes before them are a batch.
 *
 * @formula y[…, m, n] = Σ_k A[…, m, k] · B[…, k, n], either matrix transposed first where the settings say so
 * @bottoms a, at least 2 axes; b, as many axes, or 2 for one matrix that is applied to all of a. Without b the layer has it
 *   as a parameter
 * @tops y, (…, M, N)
 * @params B, of shape `blob_shape`, with one bottom only
 * @fields `transpose_a`, `transpose_b` (false)
 * @source matmul_layer.cpp of synopsys-caffe
 */
export class MatMulLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'MatMul',
    origin: 'Synopsys',
    family: 'weights',
    doc: 'Matrix products over the last two axes.',
    bottoms: ['a', 'b?'],
    tops: ['y'],
    params: ['matmul_param'],
    blobs: [{ role: 'other' }],
  };

  get #settings(): Partial<MatMulSettings> {
    return settingsOf<MatMulSettings>(this.param, 'matmul_param');
  }

  override setUp([, b]: readonly Blob[]): void {
    if (b) return;
    const { blob_shape = [] } = this.#settings;
    this.check(
      blob_shape.length >= 2,
      'with one bottom, blob_shape must have at least 2 dimensions',
      undefined,
      'matmul_param.blob_shape',
    );
    this.addBlob(blob_shape);
  }

  /** The sizes of the product. */
  #sizes(a: Blob, b: Blob): { m: number; n: number; k: number } {
    const { transpose_a = false, transpose_b = false } = this.#settings;
    const last = (blob: Blob, swap: boolean): [number, number] => {
      const [rows, columns] = blob.shape.slice(-2) as [number, number];
      return swap ? [columns, rows] : [rows, columns];
    };
    const [m, k] = last(a, transpose_a);
    const [rows, n] = last(b, transpose_b);
    this.check(
      k === rows,
      () => `input a and input b have incompatible shapes: ${shapeString(a.shape)} and ${shapeString(b.shape)}`,
    );
    return { m, n, k };
  }

  override reshape([a, second]: readonly Blob[], [y]: readonly Blob[]): void {
    const b = second ?? this.blobs[0]!;
    this.check(
      a!.numAxes >= 2 && b.numAxes >= 2 && a!.numAxes >= b.numAxes,
      () =>
        `input a and input b should have at least 2 axes, a no fewer than b: ${shapeString(a!.shape)} and ${shapeString(b.shape)}`,
    );
    const { m, n } = this.#sizes(a!, b);
    const batch = a!.shape.slice(0, -2);
    this.check(
      b.numAxes === 2 || batch.every((size, i) => size === b.shape[i]),
      () =>
        `inputs should have same shape except for the last two dimensions: ${shapeString(a!.shape)} and ${shapeString(b.shape)}`,
    );
    y!.reshape([...batch, m, n]);
  }

  override forward([a, second]: readonly Blob[], [y]: readonly Blob[]): void {
    const b = second ?? this.blobs[0]!;
    const { transpose_a = false, transpose_b = false } = this.#settings;
    const { m, n, k } = this.#sizes(a!, b);
    const [to, left, right] = valuesOf(y!, a!, b);
    const row = new Float64Array(n);
    for (let batch = 0, at = 0; at < to.length; batch++) {
      const [startA, startB] = [batch * m * k, b.numAxes === 2 ? 0 : batch * k * n];
      for (let i = 0; i < m; i++, at += n) {
        row.fill(0);
        for (let j = 0; j < k; j++) {
          const factor = left[startA + (transpose_a ? j * m + i : i * k + j)]!;
          for (let o = 0; o < n; o++) row[o]! += factor * right[startB + (transpose_b ? o * k + j : j * n + o)]!;
        }
        to.set(row, at);
      }
    }
  }

  override macs([a, second]: readonly Blob[], [y]: readonly Blob[]): number {
    return y!.count * this.#sizes(a!, second ?? this.blobs[0]!).k;
  }
}
