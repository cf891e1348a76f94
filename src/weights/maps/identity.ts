/** The name map of nets whose layers bear the names of the model's modules. */
import { conventionMap } from './convention.js';
import type { NameMap } from './map.js';

/**
 * Layer `conv1` takes `conv1_weight` and `conv1_bias` (or `conv1.weight` …), a Scale layer its normalization's running
 * statistics too where there are any; its reference output is `conv1_output` or `conv1`.
 * @param batchNormEps added to the variance; torch.nn.BatchNorm2d's default when not given
 */
export function identityMap({ batchNormEps = 1e-5 }: { batchNormEps?: number } = {}): NameMap {
  return conventionMap({
    name: 'identity',
    modules: (layerName) => [layerName],
    outputs: (layerName) => [layerName],
    batchNormEps,
    ignorable: /(^|[._])num_batches_tracked$/,
  });
}
