/** input-mean: the mean was not subtracted from the input, or subtracted where the reference's was not. */
import { mapped, type FloatTensor } from '../tensors.js';
import { inputEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { solve } from './linear.js';
import { KNOWN_MEANS, borderOf, imageFedBy, meanText, ordersOf, repainted, type PaddedImage } from './image-input.js';

export const inputMean: Hypothesis = {
  id: 'input-mean',
  title: 'the mean was not subtracted from the input',
  async *variants(suspect): AsyncGenerator<Variant> {
    const image = imageFedBy(suspect);
    if (!image) return;
    const border = borderOf(image);
    // What is zero at the end was padded after the mean was subtracted, and stays zero.
    const padded = border?.border.every((v) => v === 0) ? border : undefined;
    for (const known of KNOWN_MEANS)
      for (const { name, mean } of ordersOf(known, image.shape[1]!)) {
        yield variant(suspect, image, padded, mean, `${meanText(mean)}${name}, as of ${known.of}`);
        yield variant(
          suspect,
          image,
          padded,
          mean.map((v) => -v),
          `${meanText(mean)}${name}, as of ${known.of}`,
        );
      }
    const fitted = await fittedMean(suspect, image, padded);
    if (!fitted) return;
    const text = meanText(fitted);
    yield {
      ...variant(suspect, image, padded, fitted, text),
      label: `minus ${text}`,
      explanation: `with ${text} subtracted from the channels of the input it agrees: the reference was made with another mean.`,
      fix: inputEdit(suspect, [], [`x -= np.array(${text}).reshape(1, -1, 1, 1)${padded ? '  # before padding' : ''}`]),
      fitted: 'few',
    };
  },
};

function variant(
  suspect: Suspect,
  image: FloatTensor,
  padded: PaddedImage | undefined,
  mean: readonly number[],
  what: string,
): Variant {
  const isMissing = mean[0]! > 0;
  const size = meanText(mean.map(Math.abs));
  const subtract = `x ${isMissing ? '-' : '+'}= np.array(${size}).reshape(1, -1, 1, 1)`;
  return {
    label: `${isMissing ? 'minus' : 'plus'} ${what}`,
    explanation: isMissing
      ? `the input still has its mean: the reference was made with ${what} subtracted${padded ? ' before the image was padded with zeros' : ''}.`
      : `the reference was made without subtracting the mean ${what}, which this input lacks.`,
    change: { output: () => repainted(image, (v, c, inside) => (inside ? v - mean[c]! : v), padded) },
    fix: inputEdit(suspect, [], [`${subtract}${padded ? '  # before padding' : ''}`]),
  };
}

/**
 * The mean that brings the failing layer nearest to its reference, by least squares over what the layer makes of one more
 * in each channel. Right where the layers between are linear; elsewhere it matches nothing.
 */
async function fittedMean(
  suspect: Suspect,
  image: FloatTensor,
  padded: PaddedImage | undefined,
): Promise<number[] | undefined> {
  const { wanted } = suspect;
  const base = await suspect.resultOf(image);
  if (wanted.data.length !== base.data.length) return undefined;
  const channels = image.shape[1]!;
  // A step of the values' own size, so that rounding is small beside it.
  const step = image.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const responses: FloatTensor[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const lifted = repainted(image, (v, c, inside) => (inside && c === channel ? v + step : v), padded);
    const result = await suspect.resultOf(lifted);
    responses.push(mapped(result, (v, i) => (v - base.data[i]!) / step));
  }
  const dot = (a: (i: number) => number, b: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < base.data.length; i++) sum += a(i) * b(i);
    return sum;
  };
  const response = (c: number) => (i: number) => responses[c]!.data[i]!;
  const missing = (i: number) => wanted.data[i]! - base.data[i]!;
  const matrix = responses.map((_, r) => responses.map((__, c) => dot(response(r), response(c))));
  const shift = solve(
    matrix,
    responses.map((_, r) => dot(response(r), missing)),
  );
  const mean = shift?.map((v) => Number((-v).toPrecision(6)));
  return mean?.every(Number.isFinite) && mean.some((v) => v !== 0) ? mean : undefined;
}
