/** method: what a way of calibration is: it chooses the range of values that integers hold from how the values are spread. */
import type { Histogram } from '../histogram.js';
import type { Range } from '../quantizer.js';

/** Name of a calibration method. */
export type MethodName = 'min-max' | 'percentile' | 'kl';

export interface CalibrationSettings {
  /** Zero points are used, so that a range need not lie evenly around 0. */
  readonly zeroPoint: boolean;
  /** For `percentile`: how many of 100 values are within the range. */
  readonly percentile: number;
}

export interface CalibrationMethod {
  readonly name: MethodName;
  /** One line for helps and lists. */
  readonly describe: string;
  /** The range of values that are held; beyond it they are clamped. Without zero points it lies evenly around 0. */
  readonly range: (histogram: Histogram, settings: CalibrationSettings) => Range;
}
