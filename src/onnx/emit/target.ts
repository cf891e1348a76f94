/** The Caffe that a net is for: which layers it has beside, or less than, those of BVLC's master. */
import { NetspecError, didYouMean } from '../../errors.js';

export interface Target {
  readonly name: string;
  /** Whether it has a layer type of a name, or a field of one: `Clip`, `Pooling.round_mode`, `Permute`. */
  has(feature: string): boolean;
}

/** What came into BVLC's master after the tag 1.0. */
const AFTER_1_0: ReadonlySet<string> = new Set(['Clip', 'Swish', 'Pooling.round_mode']);

const TARGETS: Readonly<Record<string, (feature: string) => boolean>> = {
  bvlc: (feature) => AFTER_1_0.has(feature),
  'caffe-1.0': () => false,
};

/**
 * A target by its name.
 * @throws NetspecError for a name that is none
 */
export function targetNamed(name: string): Target {
  const has = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (!has)
    throw new NetspecError(`there is no target '${name}'`, {
      hint: didYouMean(name, Object.keys(TARGETS)) ?? `targets are ${Object.keys(TARGETS).join(', ')}`,
    });
  return { name, has };
}
