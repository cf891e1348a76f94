/** weights-rounded: a Scale's factors and offsets are those of the reference, but for rounding. */
import { channelsOf, eachByChannel, type FloatTensor } from '../tensors.js';
import { packingEdit, rounded } from './edits.js';
import { linesByChannel, onLines, type Lines } from './fit.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/**
 * What rounding changes at most: a folded factor comes of three vectors, each good to half a unit in the last of bfloat16's 8
 * bits, one of them under a root: 2^-8 · 2.5.
 */
const COARSEST = 2.5 * 2 ** -8;

export const weightsRounded: Hypothesis = {
  id: 'weights-rounded',
  title: 'the weights were rounded on their way: to half precision, or folded with another eps',
  *variants(suspect): Generator<Variant> {
    const { reference, bottoms, type } = suspect;
    if (!reference || type !== 'Scale' || bottoms.length > 1) return;
    const lines = linesByChannel(bottoms[0]!, reference);
    const change = lines && roundingOf(suspect, lines);
    if (change === undefined) return;
    const result = onLines(bottoms[0]!, lines!);
    const percent = rounded(100 * change);
    yield {
      label: 'factors and offsets of more digits',
      explanation:
        `the reference's factors and offsets are those of the blobs but for at most ${percent} %. That much remains when ` +
        'the weights were rounded before they were packed, as float16 (0.05 % for each array) and bfloat16 (0.4 %) do, or ' +
        'when the batch normalization was folded with another eps.',
      change: { output: () => result },
      fitted: 'several per channel',
      fix: packingEdit(suspect, 'weight', 'weight.half()', 'weight'),
      values: {
        [suspect.name]: () =>
          [lines!.slopes, lines!.offsets].map((vector) => ({
            shape: [vector.length],
            data: Float32Array.from(vector),
          })),
      },
    };
  },
};

/**
 * How far the lines from what a Scale reads to its reference are from its own parameters, when that is no more than rounding
 * does: see {@link relativeChange}.
 */
export function roundingOf({ bottoms, blobs }: Suspect, lines: Lines): number | undefined {
  const change = relativeChange(lines, bottoms[0]!, blobs);
  return change !== undefined && change <= COARSEST ? change : undefined;
}

/**
 * How far the lines are from a Scale's parameters, relative to what they are multiplied and added to; undefined where they do
 * not lie along the channels.
 */
function relativeChange(
  { slopes, offsets }: Lines,
  x: FloatTensor,
  [factors, shifts]: readonly FloatTensor[],
): number | undefined {
  const { outer, count, inner } = channelsOf(x.shape);
  if (factors?.data.length !== count) return undefined;
  const squares = new Float64Array(count);
  eachByChannel(x.shape, (i, c) => {
    squares[c]! += x.data[i]! ** 2 / (outer * inner);
  });
  let most = 0;
  for (let c = 0; c < count; c++) {
    const factor = factors.data[c]!;
    const shift = shifts?.data[c] ?? 0;
    // The mean that is folded into an offset is about as large as what it is the mean of.
    const added = Math.abs(shift) + Math.abs(factor) * Math.sqrt(squares[c]!);
    if (slopes[c] !== factor) most = Math.max(most, Math.abs(slopes[c]! - factor) / Math.abs(factor));
    if (offsets[c] !== shift) most = Math.max(most, Math.abs(offsets[c]! - shift) / added);
  }
  return most;
}
