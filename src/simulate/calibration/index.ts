/** The calibration methods. A new one is a file here and a row in this table. */
import { KL } from './kl.js';
import type { CalibrationMethod, MethodName } from './method.js';
import { MIN_MAX } from './min-max.js';
import { PERCENTILE } from './percentile.js';

export const METHODS = { 'min-max': MIN_MAX, percentile: PERCENTILE, kl: KL } as const satisfies Record<
  MethodName,
  CalibrationMethod
>;

export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];
