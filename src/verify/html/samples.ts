/**
 * samples: what the HTML report shows of each layer's values besides figures: how they are distributed on both sides, and
 * how large the differences are.
 */
import type { NumericArray } from '../../weights/source.js';
import { topKey, type TopKey } from '../wiring.js';
import type { LayerResult } from '../result.js';

/** Counts of values, or of their differences, in equal steps. */
export interface LayerSample {
  /** The range that the value bins divide. */
  from: number;
  to: number;
  actual: number[];
  reference: number[];
  /** Differences by power of ten: exactly 0, up to 1e-8, … up to 10, more. */
  errors: number[];
  /** How many values were counted, of how many. */
  counted: number;
  count: number;
}

const VALUE_BINS = 32;
/** Most values that are counted a layer: evenly spread ones, more would not change the picture. */
const MOST_VALUES = 2 ** 17;
/** Differences of 0, below 1e-8, below 1e-7 … below 10, and those beyond or not comparable. */
export const ERROR_BINS = ['0', ...Array.from({ length: 10 }, (_, i) => `1e${i - 8}`), 'more'] as const;

/**
 * Collects a sample of each compared top: its {@link observe} is `onCompared` of `verify`.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const samples = new LayerSamples();
 * await verify(net, { references: await openWeights('references.npz'), map: blobMap(net), onCompared: samples.observe });
 * samples.get(net.layerNames.indexOf('prob'))!.count; // → 5
 */
export class LayerSamples {
  readonly #byTop = new Map<TopKey, LayerSample>();

  /** By position among the net's layers, and among the layer's tops. */
  get(index: number, topIndex = 0): LayerSample | undefined {
    return this.#byTop.get(topKey(index, topIndex));
  }

  /** Keeps samples of a comparison: given to `verify` as `onCompared`. */
  readonly observe = (
    { index, topIndex }: Pick<LayerResult, 'index' | 'topIndex'>,
    actual: Float32Array,
    reference: NumericArray,
  ): void => {
    this.#byTop.set(topKey(index, topIndex), sampleOf(actual, reference));
  };
}

/** Counts the values of two arrays of one length. */
export function sampleOf(actual: Float32Array, reference: NumericArray): LayerSample {
  const { length: count } = actual;
  // Odd, so that it does not run along the columns of an image of even width.
  const stride = count <= MOST_VALUES ? 1 : Math.ceil(count / MOST_VALUES) | 1;
  let [from, to] = [Infinity, -Infinity];
  for (const values of [actual, reference])
    for (let i = 0; i < count; i += stride) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      if (value < from) from = value;
      if (value > to) to = value;
    }
  if (from > to) [from, to] = [0, 0];
  const sample: LayerSample = {
    from,
    to,
    actual: new Array<number>(VALUE_BINS).fill(0),
    reference: new Array<number>(VALUE_BINS).fill(0),
    errors: new Array<number>(ERROR_BINS.length).fill(0),
    counted: count === 0 ? 0 : Math.ceil(count / stride),
    count,
  };
  const scale = to > from ? VALUE_BINS / (to - from) : 0;
  const bin = (value: number): number => Math.min(VALUE_BINS - 1, Math.floor((value - from) * scale));
  for (let i = 0; i < count; i += stride) {
    const [a, b] = [actual[i]!, reference[i]!];
    if (Number.isFinite(a)) sample.actual[bin(a)]!++;
    if (Number.isFinite(b)) sample.reference[bin(b)]!++;
    sample.errors[errorBin(a, b)]!++;
  }
  return sample;
}

function errorBin(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  if (!(difference < 10)) return ERROR_BINS.length - 1;
  return Math.max(1, Math.floor(Math.log10(difference)) + 10);
}
