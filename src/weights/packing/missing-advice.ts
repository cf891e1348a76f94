/** What it may mean that a source has nothing for a blob. */
import { blobFactsOf } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import type { TensorInfo } from '../source.js';
import type { Target } from './net-to-fill.js';

const STATISTICS = /(^|[._/])((running|moving)_)?(mean|var(iance)?)(:0)?$/;

/** What to do about a blob without a tensor; undefined where nothing is known. */
export function missingAdvice(
  { layer, shapes }: Target,
  blob: number,
  tensors: readonly TensorInfo[],
): string | undefined {
  const role = blobFactsOf(factsOf(layer, { blobs: shapes }), layer, blob)?.role;
  if (role !== 'mean' && role !== 'variance') return undefined;
  if (layer.type !== 'BatchNorm' || tensors.some(({ name }) => STATISTICS.test(name))) return undefined;
  return (
    'the source has no statistics at all: save the state dict, which holds them, and not named_parameters(); a module with ' +
    "track_running_stats=False has none and normalizes by each batch's own: batch_norm_param { use_global_stats: false }"
  );
}
