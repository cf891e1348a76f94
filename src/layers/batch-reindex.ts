/** BatchReindex: picks, repeats and reorders the items of a batch. */
import type { Blob } from '../engine/blob.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Selects items of a batch by index, in any order and any number of times.
 *
 * @formula `y[n, …] = x[index[n], …]`, indices truncated to whole numbers
 * @bottoms x, (N, …); index, (M), values from 0 to below N
 * @tops y, (M, …); not in place
 * @source Caffe's batch_reindex_layer.cpp
 */
export class BatchReindexLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BatchReindex',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Selects and reorders the items of a batch by the second bottom.',
    bottoms: ['x', 'indices'],
    tops: ['y'],
    movesValues: true,
  };

  override reshape([x, index]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(index!.numAxes === 1, `the index blob must have 1 axis, got ${index!.numAxes}`, undefined, 'bottom');
    y!.reshape([index!.dim(0), ...x!.shape.slice(1)]);
  }

  override forward([x, index]: readonly Blob[], [y]: readonly Blob[]): void {
    const [to, from, indices] = valuesOf(y!, x!, index!);
    const items = x!.shape[0] ?? 1;
    const size = x!.countOf(1);
    indices.forEach((n, i) => {
      this.check(n >= 0, `Index specified for reindex layer was negative: index ${i} is ${n}`);
      this.check(
        n < items,
        `Index specified for reindex layer was greater than batch size: index ${i} is ${n}, the batch has ${items} items`,
      );
      const start = Math.trunc(n) * size;
      to.set(from.subarray(start, start + size), i * size);
    });
  }
}
