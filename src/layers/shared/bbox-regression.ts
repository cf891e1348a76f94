/** The offsets of boxes in MS-CNN and Cascade R-CNN: what they are multiplied with, and what is added then. */
import type { LayerParameter } from '../../generated/messages.js';
import { settingsOf } from './fork-settings.js';

/** A mean and a deviation for each of dx, dy, dw and dh. */
export interface OffsetNormalization {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** A layer's `check`. */
type Check = (condition: boolean, reason: string, hint?: string, field?: string) => void;

/** Offsets as they are. */
export const NO_NORMALIZATION: OffsetNormalization = { means: [0, 0, 0, 0], deviations: [1, 1, 1, 1] };

/**
 * The settings in `bbox_reg_param`, in float32.
 * @param check the layer's own `check`
 * @returns means of 0 and deviations of 1 where one of both is not given
 */
export function offsetNormalization(param: LayerParameter, check: Check): OffsetNormalization {
  const given = settingsOf<{ bbox_mean: number[]; bbox_std: number[] }>(param, 'bbox_reg_param');
  const { bbox_mean: means = [], bbox_std: deviations = [] } = given;
  if (means.length === 0 || deviations.length === 0) return NO_NORMALIZATION;
  check(
    means.length === 4 && deviations.length === 4,
    `bbox_mean and bbox_std must have four values each, got ${means.length} and ${deviations.length}`,
    undefined,
    'bbox_reg_param',
  );
  check(
    deviations.every((value) => value > 0),
    `bbox_std must be above 0, got ${deviations.join(', ')}`,
    undefined,
    'bbox_reg_param.bbox_std',
  );
  return { means: means.map(Math.fround), deviations: deviations.map(Math.fround) };
}
