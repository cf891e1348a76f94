/** The refusal of in-place use, in Caffe's words. */

/** Hint that goes with {@link notInPlace}. */
export const OWN_TOP = 'give the top a name of its own';

/** Caffe's words where a layer's top may not be its bottom. */
export function notInPlace(type: string): string {
  return `${type} Layer does not allow in-place computation.`;
}
