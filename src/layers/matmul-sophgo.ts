/** MatMul of Sophgo: one matrix times the transpose of another. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface MatMulSettings {
  dim_1: number;
  dim_2: number;
  dim_3: number;
}

/**
 * The product of a matrix and the transpose of another, whose sizes are settings.
 *
 * @formula y[m, n] = Σ_k a[m, k] · b[n, k]
 * @bottoms a, dim_1 · dim_2 values; b, dim_3 · dim_2 values
 * @tops y, (dim_1, dim_3)
 * @fields `dim_1`, `dim_2`, `dim_3` (1)
 * @source matmul_layer.cpp of sophgo/caffe
 */
export class MatMulSophgoLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'MatMul',
    origin: 'Sophgo',
    family: 'weights',
    doc: 'One matrix times the transpose of another, with sizes dim_1, dim_2, dim_3.',
    bottoms: ['a', 'b'],
    tops: ['y'],
    params: ['matmul_param'],
    variant: {
      name: 'sophgo',
      schemas: ['sophgo'],
      when: 'it has dim_1, dim_2 or dim_3',
      claims: ({ param }) => {
        const { dim_1, dim_2, dim_3 } = settingsOf<MatMulSettings>(param, 'matmul_param');
        return (dim_1 ?? dim_2 ?? dim_3) !== undefined;
      },
    },
  };

  get #sizes(): [number, number, number] {
    const { dim_1 = 1, dim_2 = 1, dim_3 = 1 } = settingsOf<MatMulSettings>(this.param, 'matmul_param');
    return [dim_1, dim_2, dim_3];
  }

  override reshape([a, b]: readonly Blob[], [y]: readonly Blob[]): void {
    const [m, k, n] = this.#sizes;
    this.check(
      a!.count >= m * k && b!.count >= n * k,
      `the bottoms must hold ${m} x ${k} and ${n} x ${k} values, they hold ${a!.count} and ${b!.count}`,
      undefined,
      'matmul_param',
    );
    y!.reshape([m, n]);
  }

  override forward([a, b]: readonly Blob[], [y]: readonly Blob[]): void {
    const [m, k, n] = this.#sizes;
    const [to, left, right] = valuesOf(y!, a!, b!);
    for (let i = 0; i < m; i++)
      for (let o = 0; o < n; o++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += left[i * k + j]! * right[o * k + j]!;
        to[i * n + o] = sum;
      }
  }

  override macs(): number {
    const [m, k, n] = this.#sizes;
    return m * k * n;
  }
}
