/** planWithBestMap: a plan with whichever preset of the name maps fits, for who has not chosen one. */
import { MESSAGE, OBJECT, checkArguments, fields } from '../../arguments.js';
import { NAME_MAPS, nameMap } from '../maps/presets.js';
import { planPack, type PackOptions, type PackPlan } from './plan.js';
import { PackError } from './problems.js';

/** A counter of training: torch.nn.BatchNorm2d has one, frozen normalizations have none. */
const COUNTER = /(^|[._])num_batches_tracked$/;

interface Attempt {
  /** How much is left open; anything that is refused counts more than anything that is reported. */
  readonly open: number;
  readonly plan?: PackPlan;
  readonly error?: PackError;
}

/**
 * {@link planPack} with the preset that leaves least open, `identity` where several do. Frozen normalizations, which are
 * those without counters of training, are maskrcnn_benchmark's where its preset fits as well: it adds nothing to the variance.
 * @throws PackError of the preset that comes nearest, when none fits
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const plan = planWithBestMap({ net, source: await openWeights('model.npz') });
 * plan.report.map; // → 'identity'
 */
export function planWithBestMap(options: Omit<PackOptions, 'map'>): PackPlan {
  checkArguments('planWithBestMap()', {
    options: [options, fields('options { net, source }', { net: MESSAGE, source: OBJECT })],
  });
  const [first = '', ...others] = NAME_MAPS;
  let best = attempt(first, options);
  for (const name of others) {
    if (best.open === 0) break;
    const tried = attempt(name, options);
    if (tried.open < best.open) best = tried;
  }
  if (!best.plan) throw best.error!;
  return best.plan.report.map === 'identity' && foldsFrozen(best.plan) ? asFrozen(best, options) : best.plan;
}

function foldsFrozen({ layers, source }: PackPlan): boolean {
  const folds = layers.some((blobs) => blobs.some((blob) => blob.kind === 'source' && blob.compute && blob.variance));
  return folds && !source.list().some(({ name }) => COUNTER.test(name));
}

function asFrozen(identity: Attempt, options: Omit<PackOptions, 'map'>): PackPlan {
  const frozen = attempt('maskrcnn-benchmark', options);
  if (!frozen.plan || frozen.open > identity.open) return identity.plan!;
  frozen.plan.report.notes.push(
    "normalizations are folded with eps 0, as maskrcnn_benchmark's frozen ones, for the source counts no batches; " +
      "name map 'identity' adds 1e-5, as torch.nn.BatchNorm2d does",
  );
  return frozen.plan;
}

function attempt(name: string, options: Omit<PackOptions, 'map'>): Attempt {
  try {
    const plan = planPack({ ...options, map: nameMap(name) });
    const { unfilled, unusedSources, mismatched } = plan.report;
    return { open: unfilled.length + unusedSources.length + mismatched.length, plan };
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    return { open: 1e6 + error.problems.length, error };
  }
}
