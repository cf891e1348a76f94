/** half-precision: the reference was computed in float16. */
import { mapped } from '../tensors.js';
import { referenceEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

/** A value on the border between two halves may be rounded to either: one unit in the last place, of 11 bits. */
const HALF_UNIT = 2 ** -10;

/** The smallest step of a half. */
const SMALLEST = 2 ** -24;

export const halfPrecision: Hypothesis = {
  id: 'half-precision',
  title: 'the reference was computed in half precision',
  *variants(suspect): Generator<Variant> {
    const { reference, blobs } = suspect;
    // What was computed in halves holds nothing but halves, and then not only small whole numbers.
    if (!reference?.data.every((v) => toHalf(v) === v) || reference.data.every(Number.isInteger)) return;
    yield {
      label: 'float16',
      explanation:
        'every value of the reference is a float16: the model ran in half precision, and this layer agrees once its ' +
        'weights and its output are rounded so too. The port is as exact as such a reference can show.',
      change: {
        ...(blobs.length > 0 && { blobs: () => blobs.map((blob) => mapped(blob, toHalf)) }),
        output: (y) => mapped(y, toHalf),
      },
      tolerance: { rtol: HALF_UNIT * (1 + 1e-6), atol: SMALLEST },
      fix: referenceEdit(suspect, 'model.half()(x.half())', 'model.float()(x)'),
    };
  },
};

/** The nearest float16, ties to even. */
export function toHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 65520)) return magnitude === Infinity || Number.isNaN(value) ? value : Math.sign(value) * Infinity;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const unit = 2 ** (exponent - 10);
  const steps = value / unit;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (floor + Number(up)) * unit;
}
