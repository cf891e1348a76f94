/** options: what a simulation is asked, checked and with defaults. */
import { nameOfValue } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import type { Schema } from '../proto/schema.js';
import type { Tensor } from '../runtime/net.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import type { WeightSource } from '../weights/source.js';
import { METHOD_NAMES, METHODS } from './calibration/index.js';
import type { MethodName } from './calibration/method.js';
import { FORMAT_NAMES, FORMATS } from './formats/index.js';
import type { FormatName } from './formats/format.js';
import type { GivenScales } from './tables/table.js';

/** Values of a net's inputs by name; or what reads them when their turn comes. */
export type Sample =
  | Readonly<Record<string, Tensor>>
  | (() => Readonly<Record<string, Tensor>> | Promise<Readonly<Record<string, Tensor>>>);

/** How {@link simulate} rounds, and what it reports. */
export interface SimulateOptions {
  /** The number format of the chip. */
  format: FormatName;
  /** The inputs that the net is run on. Default: one sample, what the inputs hold. */
  samples?: readonly Sample[];
  /** The inputs that ranges are taken from. Default: `samples`. */
  calibrationSamples?: readonly Sample[];
  /** For int8: how the range of each value is chosen. Default 'min-max'. */
  calibration?: MethodName;
  /** For `calibration: 'percentile'`: how many of 100 values are within the range. Default 99.99. */
  percentile?: number;
  /** For int8: values have a zero point, so that ranges need not lie evenly around 0. Weights have none. Default false. */
  zeroPoint?: boolean;
  /** For int8: one scale for each output channel of weights, or one for all of them. Default 'channel'. */
  weightScales?: 'channel' | 'tensor';
  /**
   * Which values are in the format: 'all' between layers, as on chips that compute all in one format, or only what layers with
   * `weights` read, which is what ncnn and AMCT do. Default 'all'.
   */
  scope?: 'all' | 'weights';
  /** For fp16 and bf16: what is beyond the largest number becomes that number, rather than infinity. Default false. */
  saturate?: boolean;
  /** Scales of a toolchain, by layer; they go before those of the calibration. */
  scales?: GivenScales;
  /** Names of layers that stay in float32. */
  keep?: readonly string[];
  /** Measure what each layer alone in the format does to the outputs. Default true. */
  sensitivity?: boolean;
  /** Find the layers that are to stay in float32 for the outputs to have this many decibels. */
  keepSqnr?: number;
  /** Outputs of the original model: both nets are compared with them too. */
  references?: WeightSource;
  /** Which reference names belong to a layer; needed with `references`. */
  map?: ReferenceMap;
  /** The schema that the net was loaded with, when it is not BVLC's. */
  schema?: Schema;
  /** Called as the work goes on. */
  onProgress?: (done: number, total: number, what: string) => void;
}

/** The options with their defaults. */
export type Settings = Required<Omit<SimulateOptions, 'samples' | 'calibrationSamples' | OptionalName>> &
  Pick<SimulateOptions, OptionalName>;
type OptionalName = 'scales' | 'keepSqnr' | 'references' | 'map' | 'schema' | 'onProgress';

/** @throws NetspecError for a value that an option cannot have, or one that the format has no use for. */
export function settingsOf(options: SimulateOptions): Settings {
  const { format, calibration = 'min-max', percentile = 99.99, weightScales = 'channel', scope = 'all' } = options;
  oneOf('format', format, FORMAT_NAMES);
  oneOf('calibration', calibration, METHOD_NAMES);
  oneOf('weightScales', weightScales, ['channel', 'tensor']);
  oneOf('scope', scope, ['all', 'weights']);
  if (!(percentile > 50 && percentile <= 100))
    throw new NetspecError(`percentile: expected a number above 50, up to 100, got ${nameOfValue(percentile)}`);
  const isFloat = 'limits' in FORMATS[format];
  const { keepSqnr, zeroPoint = false, saturate = false, keep = [], sensitivity = true } = options;
  if (keepSqnr !== undefined && !Number.isFinite(keepSqnr))
    throw new NetspecError(`keepSqnr: expected a number of decibels, got ${nameOfValue(keepSqnr)}`);
  const integersOnly = ['calibration', 'percentile', 'zeroPoint', 'weightScales', 'scales'] as const;
  const useless = isFloat
    ? integersOnly.find((name) => options[name] !== undefined && options[name] !== false)
    : undefined;
  if (useless !== undefined)
    throw new NetspecError(`${useless} is for int8: ${format} has no scales`, { hint: 'leave it out' });
  if (!isFloat && saturate) throw new NetspecError(`saturate is for fp16 and bf16: ${format} always does`);
  if (options.percentile !== undefined && calibration !== METHODS.percentile.name)
    throw new NetspecError(`percentile is for calibration 'percentile', not '${calibration}'`);
  return { ...options, calibration, percentile, weightScales, scope, zeroPoint, saturate, keep, sensitivity };
}

function oneOf(name: string, value: unknown, names: readonly string[]): void {
  if (names.includes(value as string)) return;
  throw new NetspecError(
    `${name}: expected ${names.map((each) => `'${each}'`).join(' or ')}, got ${nameOfValue(value)}`,
    {
      hint: typeof value === 'string' ? didYouMean(value, names) : undefined,
    },
  );
}
