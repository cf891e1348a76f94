/** Explicit padding by constants: a Concat with DummyData on each side. */
import { Refusal } from '../../graph/attributes.js';
import type { Blob } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import { concat, range } from './layers.js';

/** The most negative float32, as poolings begin their maxima with. */
export const FLOAT_MIN = -3.4028234663852886e38;

/** The blob with `begin` and `end` constant elements along an axis; negative numbers cut. */
export function padAxis(c: EmitContext, x: Blob, axis: number, begin: number, end: number, value: number): Blob {
  const length = x.shape[axis]!;
  if (Math.max(-begin, 0) + Math.max(-end, 0) >= length)
    throw new Refusal(`pads: it cuts away all ${length} elements of axis ${axis}`);
  const cut = begin < 0 || end < 0 ? range(c, x, axis, Math.max(-begin, 0), length - Math.max(-end, 0)) : x;
  const filled = (count: number): Blob =>
    c.layer(
      'DummyData',
      [],
      {
        shape: { dim: cut.shape.with(axis, count) },
        ...(value !== 0 && { data_filler: { type: 'constant', value: Math.fround(value) } }),
      },
      cut.shape.with(axis, count),
      { role: 'padding' },
    );
  const parts = [...(begin > 0 ? [filled(begin)] : []), cut, ...(end > 0 ? [filled(end)] : [])];
  return concat(c, parts, axis, 'padded');
}
