/** input-transform: the input was prepared otherwise in more than one way: order of channels, range, mean and deviation. */
import { mapped, range, taken, type FloatTensor } from '../tensors.js';
import { inputEdit, rounded } from './edits.js';
import { linesByChannel } from './fit.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { borderOf, imageFedBy, repainted, type PaddedImage } from './image-input.js';
import { conversions, type Conversion } from './input-states.js';
import { solve } from './linear.js';

/** Conversions that are tried where none can be fitted. */
const MOST_TRIED = 60;

/** How near a named conversion must be to a fitted one to be tried, relative to what the conversion makes. */
const NEAR = 0.02;

/** Channel c of the reference's input is `factors[c] · x[from[c]] + offsets[c]`. */
type Affine = Pick<Conversion, 'from' | 'factors' | 'offsets'>;

export const inputTransform: Hypothesis = {
  id: 'input-transform',
  title: 'the input differs in more than one way: order of channels, range, mean and deviation',
  async *variants(suspect): AsyncGenerator<Variant> {
    const image = imageFedBy(suspect);
    if (!image) return;
    const border = borderOf(image);
    const padded = border?.border.every((v) => v === 0) ? border : undefined;
    const named = conversions(image.shape[1]!);
    const fits = await fittedTo(suspect, image, padded);
    const nearest = fits.flatMap((fit) => named.filter((each) => isNear(each, fit, image)));
    const tried = fits.length > 0 ? nearest : named.filter(({ is }) => isPlausible(is, image)).slice(0, MOST_TRIED);
    for (const each of tried)
      for (const inside of padded ? [padded, undefined] : [undefined])
        yield {
          label: `${each.isTurned ? 'channels reversed, ' : ''}${each.code.filter((line) => !line.includes('::-1')).join('; ')}${inside ? ', inside the padding' : ''}`,
          explanation: `${each.words}.`,
          change: { output: (x) => converted(x, each, inside) },
          fix: inputEdit(suspect, [], [...each.code, ...(inside ? ['# before padding'] : [])]),
        };
    for (const fit of fits) {
      const isTurned = fit.from.some((k, c) => k !== c);
      const [factors, offsets] = [fit.factors, fit.offsets].map(
        (list) => `[${list.map((v) => Number(v.toPrecision(6))).join(', ')}]`,
      );
      yield {
        label: `${isTurned ? 'channels reversed, ' : ''}times ${factors!}, plus ${offsets!}`,
        explanation:
          `${isTurned ? 'with its channels reversed, then ' : 'with its channels '}multiplied by ${fit.factors.map(rounded).join(', ')} and ` +
          `${fit.offsets.map(rounded).join(', ')} added, the input is that of the reference: another range, mean or deviation.`,
        change: { output: (x) => converted(x, fit, padded) },
        fitted: 'few',
        fix: inputEdit(
          suspect,
          [],
          [
            ...(isTurned ? ['x = x[:, ::-1]'] : []),
            `x = x * np.array(${factors!}).reshape(1, -1, 1, 1) + np.array(${offsets!}).reshape(1, -1, 1, 1)`,
          ],
        ),
      };
    }
  },
};

function converted(
  image: FloatTensor,
  { from, factors, offsets }: Affine,
  padded: PaddedImage | undefined,
): FloatTensor {
  const turned = from.some((k, c) => k !== c) ? taken(image, 1, from) : image;
  return repainted(turned, (v, c, inside) => (inside ? factors[c]! * v + offsets[c]! : v), padded);
}

/** Whether the image may be in a state: its pixels would lie between 0 and 255. */
function isPlausible({ scale, shift }: Conversion['is'], { shape, data }: FloatTensor): boolean {
  const [, channels = 1, height = 1, width = 1] = shape;
  let [least, most] = [Infinity, -Infinity];
  data.forEach((v, i) => {
    const c = channels === 1 ? 1 : Math.floor(i / (height * width)) % channels;
    const pixel = (v - shift[c]!) / scale[c]!;
    [least, most] = [Math.min(least, pixel), Math.max(most, pixel)];
  });
  // An image from 0 to 1 is none from 0 to 255.
  return least > -1 && most < 256 && most > 8;
}

/** Whether two conversions make the same of an image, roughly. */
function isNear(a: Affine, b: Affine, { data }: FloatTensor): boolean {
  if (a.from.some((k, c) => k !== b.from[c])) return false;
  const size = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return a.factors.every((factor, c) => {
    const other = b.factors[c]!;
    const made = Math.abs(other) * size + Math.abs(b.offsets[c]!);
    return Math.abs(factor - other) * size <= NEAR * made && Math.abs(a.offsets[c]! - b.offsets[c]!) <= NEAR * made;
  });
}

/** What brings the failing layer to its reference, for each order of channels with which that can be. */
async function fittedTo(suspect: Suspect, image: FloatTensor, padded: PaddedImage | undefined): Promise<Affine[]> {
  const channels = image.shape[1]!;
  const orders = [range(channels), ...(channels === 3 ? [range(channels).reverse()] : [])];
  const found: Affine[] = [];
  for (const from of orders) {
    const turned = taken(image, 1, from);
    const fit = suspect.reference
      ? ofReference(turned, suspect.reference)
      : await throughLayers(suspect, turned, padded, channels);
    if (fit?.factors.every((v) => Number.isFinite(v) && v !== 0) && fit.offsets.every(Number.isFinite))
      found.push({ from, ...fit });
  }
  return found;
}

/** With a reference for the input itself: a line for each channel. */
function ofReference(image: FloatTensor, reference: FloatTensor): Omit<Affine, 'from'> | undefined {
  const lines = linesByChannel(image, reference);
  return lines && { factors: [...lines.slopes], offsets: [...lines.offsets] };
}

/** By least squares over what the failing layer makes of each channel, and of ones; right where the layers between are linear. */
async function throughLayers(
  suspect: Suspect,
  image: FloatTensor,
  padded: PaddedImage | undefined,
  channels: number,
): Promise<Omit<Affine, 'from'> | undefined> {
  const { wanted } = suspect;
  const none = await suspect.resultOf(mapped(image, () => 0));
  if (none.data.length !== wanted.data.length) return undefined;
  const size = image.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const responses: Float64Array[] = [];
  for (const value of [(v: number) => v, () => size])
    for (let channel = 0; channel < channels; channel++) {
      const part = repainted(image, (v, c, inside) => (inside && c === channel ? value(v) : 0), padded);
      const { data } = await suspect.resultOf(part);
      responses.push(Float64Array.from(data, (v, i) => (v - none.data[i]!) / size));
    }
  const missing = Float64Array.from(wanted.data, (v, i) => v - none.data[i]!);
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const solution = solve(
    responses.map((a) => responses.map((b) => dot(a, b))),
    responses.map((a) => dot(a, missing)),
  );
  if (!solution) return undefined;
  const left = missing.map((v, i) => v - responses.reduce((sum, a, k) => sum + a[i]! * solution[k]!, 0));
  // Where a rectifier lies between, the sum of the parts is not the whole.
  if (!(dot(left, left) < 1e-6 * dot(missing, missing))) return undefined;
  return {
    factors: solution.slice(0, channels).map((v) => v / size),
    offsets: solution.slice(channels),
  };
}
