/** Filter: lets through the items of a batch that a selector marks. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { valuesOf } from './shared/views.js';

/**
 * Passes on the items of its bottoms for which the last bottom, the selector, is not 0. The shapes of the tops depend
 * on values. Until the first forward pass the tops have as many items as the bottoms.
 *
 * @formula `y_k = x_k[n, …]` for all n with `selector[n] ≠ 0`, in order
 * @bottoms x_0 … x_k−1, each (N, …); selector, (N) or (N, 1, …)
 * @tops one for each bottom but the selector, (M, …) with M the number of items let through; not in place
 * @source Caffe's filter_layer.cpp
 */
export class FilterLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Filter',
    origin: 'BVLC',
    family: 'joining',
    doc: 'Keeps the items of a batch that the last bottom marks with non-zero.',
    bottoms: ['...bottoms', 'selector'],
    tops: ['...selected'],
    shapesFromValues: true,
    movesValues: true,
  };

  #selected: number[] = [];
  #isFirstReshape = true;

  override setUp(bottom: readonly Blob[], top: readonly Blob[]): void {
    this.check(
      top.length === bottom.length - 1,
      `a Filter has one top for each bottom but the last, the selector: ${top.length} tops, ${bottom.length} bottoms`,
      undefined,
      'top',
    );
    this.#isFirstReshape = true;
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const selector = bottom.at(-1)!;
    const items = selector.dim(0);
    this.check(
      selector.countOf(1) === 1 || selector.shape.slice(1).every((dim) => dim === 1),
      `Selector blob dimensions must be singletons (1), except the first: it is ${shapeString(selector.shape)}`,
    );
    bottom
      .slice(0, -1)
      .forEach((blob, i) =>
        this.check(
          blob.dim(0) === items,
          () =>
            `Each bottom should have the same 0th dimension as the selector blob: bottom[${i}] is ` +
            `${shapeString(blob.shape)}, the selector ${shapeString(selector.shape)}`,
        ),
      );
    this.#selected = [];
    if (!this.#isFirstReshape)
      selector.peek().forEach((value, item) => {
        if (value !== 0) this.#selected.push(item);
      });
    const count = this.#isFirstReshape ? bottom[0]!.dim(0) : this.#selected.length;
    this.#isFirstReshape = false;
    top.forEach((blob, i) => blob.reshape([count, ...bottom[i]!.shape.slice(1)]));
  }

  override forward(bottom: readonly Blob[], top: readonly Blob[]): void {
    top.forEach((blob, t) => {
      const [to, from] = valuesOf(blob, bottom[t]!);
      const size = bottom[t]!.countOf(1);
      this.#selected.forEach((item, n) => to.set(from.subarray(item * size, (item + 1) * size), n * size));
    });
  }
}
