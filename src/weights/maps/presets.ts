/** The presets by name. */
import { OPTIONS, TEXT, checkArguments } from '../../arguments.js';
import { NetspecError, didYouMean } from '../../errors.js';
import { identityMap } from './identity.js';
import { maskrcnnBenchmarkMap } from './maskrcnn-benchmark.js';
import type { NameMap } from './map.js';
import { torchvisionResnetMap } from './torchvision-resnet.js';

interface Preset {
  map: (options: { batchNormEps?: number }) => NameMap;
  /** What it adds to the variance of a folded normalization. */
  batchNormEps: number;
}

const PRESETS: Readonly<Record<string, Preset>> = {
  identity: { map: identityMap, batchNormEps: 1e-5 },
  'maskrcnn-benchmark': { map: maskrcnnBenchmarkMap, batchNormEps: 0 },
  'torchvision-resnet': { map: torchvisionResnetMap, batchNormEps: 1e-5 },
};

/** Names of the presets. */
export const NAME_MAPS: readonly string[] = Object.keys(PRESETS);

/**
 * A preset by name.
 * @param options `batchNormEps`: replaces what the preset adds to the variance of a folded normalization
 * @throws NetspecError for an unknown name
 * @example
 * nameMap('identity').referenceNames('conv1', 'Convolution'); // → ['conv1_output', 'conv1']
 */
export function nameMap(name: string, options: { batchNormEps?: number } = {}): NameMap {
  checkArguments('nameMap()', { name: [name, TEXT], options: [options, OPTIONS] });
  const { batchNormEps } = options;
  return preset(name).map({ batchNormEps });
}

/** A preset, and what it adds to the variance. @throws NetspecError for an unknown name */
export function presetEps(name: string): number {
  return preset(name).batchNormEps;
}

function preset(name: string): Preset {
  if (!Object.hasOwn(PRESETS, name))
    throw new NetspecError(`there is no name map '${name}'`, {
      hint: didYouMean(name, NAME_MAPS) ?? `name maps are ${NAME_MAPS.join(', ')}`,
    });
  return PRESETS[name]!;
}
