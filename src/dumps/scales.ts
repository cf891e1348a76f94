/**
 * scales: what the integers of a quantized dump stand for: value = (integer - zero point) * scale. A scale file is JSON with an
 * entry for each tensor, `{ "conv1": { "scale": 0.05, "zero_point": 3 } }` or `{ "conv1": 0.05 }`; `*` is for all others.
 */
import { didYouMean, NetspecError, valueText } from '../errors.js';
import { canonicalName } from '../weights/name-index.js';
import type { Tensor, WeightSource } from '../weights/source.js';

interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** By canonical name; `*` for those without an entry of their own. */
export type Scales = ReadonlyMap<string, Quantization>;

const OTHERS = '*';
/** Types that a chip computes in. Wider integers are indices and counts. */
const QUANTIZED: ReadonlySet<string> = new Set(['int8', 'uint8', 'int16', 'uint16']);

/**
 * @param file what errors call it
 * @throws NetspecError for what is no scale file, with the entry
 */
export function parseScales(text: string, file?: string): Scales {
  const expected = 'expected an object such as { "conv1": { "scale": 0.05, "zero_point": 0 } }';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NetspecError(`it is no JSON: ${expected}`, { file, cause: error });
  }
  if (!isRecord(value)) throw new NetspecError(`${expected}, got ${valueText(value)}`, { file });
  return new Map(Object.entries(value).map(([name, entry]) => [canonicalName(name), quantization(name, entry, file)]));
}

function quantization(name: string, entry: unknown, file: string | undefined): Quantization {
  const fields = isRecord(entry) ? entry : { scale: entry };
  const fail = (reason: string): never => {
    throw new NetspecError(`'${name}': ${reason}`, { file });
  };
  const known = ['scale', 'zero_point'];
  for (const key of Object.keys(fields))
    if (!known.includes(key))
      throw new NetspecError(`'${name}': there is no field '${key}'`, {
        file,
        hint: didYouMean(key, known) ?? 'an entry has scale, and zero_point',
      });
  const { scale, zero_point: zeroPoint = 0 } = fields;
  if (typeof scale !== 'number' || !(scale > 0) || !Number.isFinite(scale))
    return fail(`expected a scale above 0, got ${valueText(scale)}`);
  if (!Number.isSafeInteger(zeroPoint)) return fail(`expected a whole zero_point, got ${valueText(zeroPoint)}`);
  return { scale, zeroPoint: zeroPoint as number };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A source whose integers of 8 and 16 bits are read as the numbers that they stand for.
 * @param file the scale file, for errors
 * @throws NetspecError for a scale of no tensor; when it reads, for such integers without a scale
 */
export function dequantized(source: WeightSource, scales: Scales, file: string): WeightSource {
  const infos = new Map(source.list().map((info) => [info.name, info]));
  const names = new Set([...infos.keys()].map(canonicalName));
  for (const name of scales.keys())
    if (name !== OTHERS && !names.has(name))
      throw new NetspecError(`${source.description} has no tensor '${name}'`, {
        file,
        hint: didYouMean(name, names),
      });
  const isQuantized = (name: string): boolean => QUANTIZED.has(infos.get(name)?.dtype ?? '');
  return {
    ...described(source),
    list: () => source.list().map((info) => (isQuantized(info.name) ? { ...info, dtype: 'float32' } : info)),
    read: async (name) => {
      const tensor = await source.read(name);
      if (!isQuantized(name)) return tensor;
      const found = scales.get(canonicalName(name)) ?? scales.get(OTHERS);
      if (!found)
        throw new NetspecError(`no scale for '${name}', whose values are ${infos.get(name)!.dtype}`, {
          file,
          hint: `give it one, or one for all others under "${OTHERS}"`,
        });
      return valuesOf(tensor, found);
    },
    close: () => source.close(),
  };
}

function valuesOf({ shape, data }: Tensor, { scale, zeroPoint }: Quantization): Tensor {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = (data[i]! - zeroPoint) * scale;
  return { shape, data: values };
}

/** What a source over another one takes from it. */
function described({ description, notes }: WeightSource): Pick<WeightSource, 'description' | 'notes'> {
  return { description, ...(notes && { notes }) };
}
