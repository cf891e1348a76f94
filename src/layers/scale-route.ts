/** ScaleRoute of Cascade R-CNN: the regions of interest that belong to one level of a feature pyramid. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/** The scale that decides which region goes on alone when no limit is given. */
const MIDDLE = 256;

/**
 * Keeps the rows of those regions whose scale is between two limits, in all bottoms. When there is none, that of the nearest scale stays.
 *
 * @formula scale = √((x2 − x1 + 1) · (y2 − y1 + 1)), 0 when x2 < x1 or y2 < y1; kept: `low_scale` ≤ scale < `high_scale`. The
 *   nearest has the least |log2(scale / m)|; m is √(low · high), the one limit that is given, or 256
 * @bottoms rois, (R, 5): image, x1, y1, x2, y2; any others of R rows
 * @tops as many as bottoms, the kept rows of each; of four axes, as the fork has them
 * @fields `low_scale` (0), `high_scale` (none)
 * @source scale_route_layer.cpp of zhaoweicai/cascade-rcnn; Cai and Vasconcelos, Cascade R-CNN, 2018
 */
export class ScaleRouteLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'ScaleRoute',
    origin: 'Cascade R-CNN',
    family: 'other',
    doc: 'The regions of interest whose scale belongs to one level of a feature pyramid.',
    bottoms: ['rois', '...others'],
    tops: ['...ys'],
    params: ['scale_route_param'],
    shapesFromValues: true,
    withoutCase: 'test/layers/cascade-rcnn.test.ts derives which regions are kept by hand',
  };

  get #limits(): { low: number; high: number; middle: number } {
    const { low_scale, high_scale } = settingsOf<{ low_scale: number; high_scale: number }>(
      this.param,
      'scale_route_param',
    );
    const f = Math.fround;
    const [low, high] = [f(low_scale ?? 0), f(high_scale ?? 3.4028234663852886e38)];
    const both = low_scale !== undefined && high_scale !== undefined;
    const middle = both ? f(Math.sqrt(f(low * high))) : f(low_scale ?? high_scale ?? MIDDLE);
    return { low, high, middle };
  }

  override reshape(bottoms: readonly Blob[], tops: readonly Blob[]): void {
    this.check(
      bottoms.length === tops.length,
      `expected as many tops as bottoms, got ${bottoms.length} bottoms and ${tops.length} tops`,
    );
    const { low, high, middle } = this.#limits;
    this.check(
      high >= low && middle > 0,
      `high_scale >= low_scale and both > 0 (${high} vs. ${low})`,
      undefined,
      'scale_route_param',
    );
    const rows = bottoms[0]!.shape[0]!;
    this.check(
      bottoms[0]!.numAxes >= 2 && bottoms[0]!.shape[1] === 5 && bottoms[0]!.count === rows * 5,
      () => `expected (R, 5), rows of image, x1, y1, x2, y2; bottom[0] is ${shapeString(bottoms[0]!.shape)}`,
    );
    for (const [i, { shape }] of bottoms.entries()) {
      this.check(shape[0] === rows, () => `all bottoms must have ${rows} rows; bottom[${i}] is ${shapeString(shape)}`);
      tops[i]!.reshape(rowsOf(1, shape));
    }
  }

  override forward(bottoms: readonly Blob[], tops: readonly Blob[]): void {
    const kept = this.#kept(bottoms[0]!);
    for (const [i, { shape }] of bottoms.entries()) tops[i]!.reshape(rowsOf(kept.length, shape));
    takeMemory(...bottoms, ...tops);
    for (const [i, bottom] of bottoms.entries()) {
      const [from, to, size] = [bottom.peek(), tops[i]!.data, bottom.countOf(1)];
      for (const [at, row] of kept.entries()) to.set(from.subarray(row * size, (row + 1) * size), at * size);
    }
  }

  /** The rows that are kept, in their order. */
  #kept(rois: Blob): number[] {
    const { low, high, middle } = this.#limits;
    const f = Math.fround;
    const regions = rois.peek();
    const kept: number[] = [];
    let [nearest, distance] = [-1, Infinity];
    for (let row = 0; row < regions.length / 5; row++) {
      const [x1, y1, x2, y2] = regions.subarray(row * 5 + 1, row * 5 + 5) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const area = x2 < x1 || y2 < y1 ? 0 : f(f(f(x2 - x1) + 1) * f(f(y2 - y1) + 1));
      const scale = f(Math.sqrt(area));
      if (scale >= low && scale < high) kept.push(row);
      const away = f(Math.abs(Math.log2(f(scale / middle))));
      if (away < distance) [nearest, distance] = [row, away];
    }
    if (kept.length > 0) return kept;
    this.check(nearest >= 0, 'no region has a size');
    return [nearest];
  }
}

/** The shape of some rows of a blob; the fork's tops have four axes at least. */
function rowsOf(count: number, shape: readonly number[]): number[] {
  const rows = [count, ...shape.slice(1)];
  return [...rows, ...Array.from({ length: 4 - rows.length }, () => 1)];
}
