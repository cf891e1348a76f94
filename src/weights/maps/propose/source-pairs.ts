/**
 * Normalizations that a source holds as two modules, one with mean and variance and one with scale and shift: Caffe's
 * BatchNorm and Scale, in a caffemodel or in files that were made from one. They are joined to one module.
 */
import type { LayerParameter, NetParameter } from '../../../generated/messages.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import type { Role, SourceModule } from './source-module.js';

/** What tells the two modules of a pair apart in their names. */
const KIND = /batch_?norm(alization)?|scale|norm|bn|sc/gi;

/**
 * The modules with those of each pair joined. A net that the source describes says which belong together, and what is
 * added to each variance; else their names do, or their places.
 */
export function joinPairs(modules: readonly SourceModule[], net: NetParameter | undefined): SourceModule[] {
  const pairs = net ? pairsOfNet(modules, net.layer ?? []) : pairsByName(modules);
  const eps = epsOfNet(net?.layer ?? []);
  const joined = new Set([...pairs.values()].map(({ name }) => name));
  return modules.flatMap((module) => {
    if (joined.has(module.name) && hasStatistics(module)) return [];
    const own = eps.get(module.name);
    const statistics = pairs.get(module.name);
    if (!statistics) return [own === undefined ? module : { ...module, eps: own }];
    const ofPair = eps.get(statistics.name);
    const tensors = [...module.tensors, ...statistics.tensors];
    return [{ ...module, tensors, statistics: statistics.name, ...(ofPair !== undefined && { eps: ofPair }) }];
  });
}

/** The modules with mean and variance, by the names of those with their scale and shift. */
type Pairs = Map<string, SourceModule>;

function pairsOfNet(modules: readonly SourceModule[], layers: readonly LayerParameter[]): Pairs {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const producers = new Map<string, LayerParameter>();
  const pairs: Pairs = new Map();
  let previous: LayerParameter | undefined;
  for (const layer of layers) {
    const [bottom] = layer.bottom ?? [];
    // Some files hold no more of a layer than its name, type and blobs.
    const producer = bottom === undefined ? previous : producers.get(bottom);
    for (const top of layer.top ?? []) producers.set(top, layer);
    previous = layer;
    const [scale, statistics] = [byName.get(layer.name ?? ''), byName.get(producer?.name ?? '')];
    if (scale && statistics && isPair(scale, statistics)) pairs.set(scale.name, statistics);
  }
  return pairs;
}

function epsOfNet(layers: readonly LayerParameter[]): Map<string, number> {
  return new Map(
    layers.flatMap(({ name = '', type, batch_norm_param }) =>
      type === 'BatchNorm' ? [[name, shortest(resolve('BatchNormParameter', batch_norm_param).eps)]] : [],
    ),
  );
}

/** A float32 as people write it: 0.001 for 0.0010000000474974513. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return value;
}

function pairsByName(modules: readonly SourceModule[]): Pairs {
  const key = ({ name }: SourceModule) => name.replace(KIND, '#');
  const scales = modules.filter((module) => !hasStatistics(module) && module.isNorm);
  const byKey = new Map<string, SourceModule[]>();
  for (const scale of scales) byKey.set(key(scale), [...(byKey.get(key(scale)) ?? []), scale]);
  const pairs: Pairs = new Map();
  for (const [i, statistics] of modules.entries()) {
    if (!isStatistics(statistics)) continue;
    const alike = byKey.get(key(statistics))?.filter((scale) => isPair(scale, statistics)) ?? [];
    const next = modules[i + 1];
    const found = alike.length === 1 ? alike[0] : next && isPair(next, statistics) ? next : undefined;
    if (found && !pairs.has(found.name)) pairs.set(found.name, statistics);
  }
  return pairs;
}

function isPair(scale: SourceModule, statistics: SourceModule): boolean {
  if (!isStatistics(statistics) || !scale.isNorm || hasStatistics(scale)) return false;
  return channelsOf(scale) === channelsOf(statistics);
}

/** Mean and variance, and neither scale nor shift. */
function isStatistics(module: SourceModule): boolean {
  return hasStatistics(module) && !has(module, 'scale') && !has(module, 'shift');
}

function hasStatistics(module: SourceModule): boolean {
  return has(module, 'mean') && has(module, 'variance');
}

function has({ tensors }: SourceModule, role: Role): boolean {
  return tensors.some((tensor) => tensor.role === role);
}

function channelsOf({ tensors }: SourceModule): number {
  return product(tensors[0]!.info.shape);
}
