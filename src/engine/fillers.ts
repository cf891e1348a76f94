/**
 * Fillers: the values that a parameter or a DummyData blob has before anyone gives it others. Pure functions over
 * Float32Array; packing uses them too, for blobs such as an upsampling kernel that no weight file holds.
 */
import { NetspecError, didYouMean } from '../errors.js';
import { FillerParameter_VarianceNorm as VarianceNorm, type FillerParameter } from '../generated/messages.js';
import { deterministicFill, isDeterministicFiller } from './deterministic-fillers.js';
import { addressOf, resolve } from '../proto/message.js';
import { product, shapeString } from '../shapes.js';
import { gaussian, seededRandom, type Random } from './random.js';

type Fill = (data: Float32Array, shape: readonly number[], filler: FillerParameter, random: Random) => void;

const FILLERS: Readonly<Record<string, Fill>> = {
  constant: (data, _shape, filler) => void data.fill(valuesOf(filler).value),
  uniform: (data, _shape, filler, random) => {
    const { min, max } = valuesOf(filler);
    fillUniform(data, min, max, random);
  },
  gaussian: fillGaussian,
  positive_unitball: fillPositiveUnitball,
  xavier: (data, shape, filler, random) => {
    const bound = Math.sqrt(3 / fan(shape, filler));
    fillUniform(data, -bound, bound, random);
  },
  msra: (data, shape, filler, random) => {
    fillNormal(data, 0, Math.sqrt(2 / fan(shape, filler)), random);
  },
  bilinear: (data, shape, filler) => {
    data.set(deterministicFill(shape, filler));
  },
};

/** Names of the filler types, as `FillerParameter.type` has them. */
export const FILLER_TYPES: readonly string[] = Object.keys(FILLERS);

/** Whether a filler gives the same values each time: `constant` (also when no filler is given) and `bilinear`. */
export const isDeterministic = isDeterministicFiller;

/**
 * What Caffe would find wrong with filling a blob of this shape.
 * @throws NetspecError for an unknown type, `sparse` on any other filler than gaussian, and `bilinear` on a blob that is
 * not four-dimensional and square.
 */
export function checkFiller(shape: readonly number[], filler: FillerParameter | undefined): void {
  const { type, sparse } = valuesOf(filler);
  const at = (field: string) => (filler ? addressOf(filler, field) : undefined);
  if (!Object.hasOwn(FILLERS, type))
    throw new NetspecError(`Unknown filler name: ${type}`, {
      hint: didYouMean(type, FILLER_TYPES) ?? `fillers are ${FILLER_TYPES.join(', ')}`,
      ...at('type'),
    });
  if (type === 'gaussian' ? sparse < -1 : sparse !== -1)
    throw new NetspecError(
      type === 'gaussian'
        ? `sparse must be -1 (off) or the mean number of non-zero weights, got ${sparse}`
        : `Sparsity not supported by this Filler: sparse is ${sparse} with type '${type}'`,
      { hint: type === 'gaussian' ? undefined : `only type 'gaussian' takes sparse`, ...at('sparse') },
    );
  if (type === 'bilinear') {
    const problem =
      shape.length !== 4 ? 'Blob must be 4 dim.' : shape[2] !== shape[3] ? 'Filter must be square' : undefined;
    if (problem)
      throw new NetspecError(`${problem} (bilinear filler on a blob of shape ${shapeString(shape)})`, at('type'));
  }
}

/**
 * Fills an array as Caffe's filler of that type fills a blob of that shape; without a filler, with zeros.
 * Types: constant, uniform, gaussian (with `sparse`), positive_unitball, xavier (Glorot and Bengio 2010), msra (He et al.
 * 2015), bilinear (the interpolation kernel of Long et al. 2015, on every channel).
 * @param data as many floats as the shape has elements
 * @param random where random types draw from; they are not the numbers that Caffe draws
 * @throws NetspecError as {@link checkFiller} does.
 */
export function fillArray(
  data: Float32Array,
  shape: readonly number[],
  filler: FillerParameter | undefined,
  random: Random = seededRandom(0),
): void {
  checkFiller(shape, filler);
  FILLERS[valuesOf(filler).type]!(data, shape, filler ?? {}, random);
}

/** A new array of the shape's size, filled as {@link fillArray} does. */
export function fillBlob(
  shape: readonly number[],
  filler: FillerParameter | undefined,
  random?: Random,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(product(shape));
  fillArray(data, shape, filler, random);
  return data;
}

function valuesOf(filler: FillerParameter | undefined) {
  return resolve('FillerParameter', filler);
}

function fillUniform(data: Float32Array, min: number, max: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = min + (max - min) * random();
}

function fillNormal(data: Float32Array, mean: number, std: number, random: Random): void {
  const next = gaussian(random);
  for (let i = 0; i < data.length; i++) data[i] = mean + std * next();
}

/** With `sparse` = s, each value stays with probability s / outputs and is 0 otherwise. */
function fillGaussian(data: Float32Array, shape: readonly number[], filler: FillerParameter, random: Random): void {
  const { mean, std, sparse } = valuesOf(filler);
  fillNormal(data, mean, std, random);
  if (sparse < 0) return;
  const probability = sparse / (shape[0] ?? 1);
  for (let i = 0; i < data.length; i++) if (random() >= probability) data[i] = 0;
}

/** Non-negative rows that each sum to 1. */
function fillPositiveUnitball(
  data: Float32Array,
  shape: readonly number[],
  _filler: FillerParameter,
  random: Random,
): void {
  fillUniform(data, 0, 1, random);
  const rows = shape[0] ?? 1;
  const length = data.length / rows;
  for (let start = 0; start < data.length; start += length) {
    const row = data.subarray(start, start + length);
    const sum = row.reduce((total, value) => total + value, 0);
    for (let i = 0; i < length; i++) row[i]! /= sum;
  }
}

/** The number of connections that xavier and msra scale by: into a unit, out of one, or their mean. */
function fan(shape: readonly number[], filler: FillerParameter): number {
  const count = product(shape);
  const fanIn = count / (shape[0] ?? 1);
  const fanOut = shape.length > 1 ? count / shape[1]! : count;
  switch (valuesOf(filler).variance_norm) {
    case VarianceNorm.FAN_OUT:
      return fanOut;
    case VarianceNorm.AVERAGE:
      return (fanIn + fanOut) / 2;
    default:
      return fanIn;
  }
}
