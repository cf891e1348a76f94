/** Normalizations of the model that no layer of the net takes: which convolutions and inner products swallow them. */
import { assign } from './assignment.js';
import type { Fit } from './fit.js';
import { tensorOf, type SourceModule } from './source-module.js';

/** A layer that has a bias, so that it can hold a normalization, and the module that fills it. */
export interface Holder {
  /** Position of the target. */
  readonly target: number;
  readonly module: SourceModule;
  readonly fit: Fit;
  readonly channels: number;
}

/** Above this number of pairs only neighbours in the source are folded. */
const MOST_PAIRS = 40_000;

/**
 * The normalization of each layer that swallows one, by the target's position.
 * @param norms those that no target took
 * @param follows how much one module looks like the one behind another
 */
export function foldedNorms(
  holders: readonly Holder[],
  norms: readonly SourceModule[],
  follows: (module: SourceModule, norm: SourceModule) => number,
): Map<number, SourceModule> {
  const folded = new Map<number, SourceModule>();
  const free = new Set(norms);
  const take = (holder: Holder, norm: SourceModule) => {
    folded.set(holder.target, norm);
    free.delete(norm);
  };
  const byOrder = new Map(norms.map((norm) => [norm.order, norm]));
  // A layer whose module has a bias needs no normalization to explain it: only the module right behind counts, or its namesake.
  const byKey = new Map(norms.map((norm) => [keyOf(norm), norm]));
  for (const holder of holders) {
    if (holder.fit.lacksBias) continue;
    const norm = [byOrder.get(holder.module.order + 1), byKey.get(keyOf(holder.module))].find(
      (each) => each && free.has(each) && suits(holder, each),
    );
    if (norm) take(holder, norm);
  }
  const open = holders.filter(({ fit }) => fit.lacksBias);
  const rest = [...free];
  if (open.length * rest.length > MOST_PAIRS) {
    for (const holder of open) {
      const norm = byOrder.get(holder.module.order + 1);
      if (norm && free.has(norm) && suits(holder, norm)) take(holder, norm);
    }
    return folded;
  }
  const found = assign(open.length, rest.length, (row, column) =>
    suits(open[row]!, rest[column]!) ? follows(open[row]!.module, rest[column]!) : undefined,
  );
  found.forEach((column, row) => {
    if (column !== undefined) take(open[row]!, rest[column]!);
  });
  return folded;
}

function suits({ channels }: Holder, norm: SourceModule): boolean {
  const [scale, shift] = [tensorOf(norm, 'scale'), tensorOf(norm, 'shift')];
  const [mean, variance] = [tensorOf(norm, 'mean'), tensorOf(norm, 'variance')];
  const given = scale && shift ? scale : !scale && !shift && mean ? variance : undefined;
  return given?.info.shape[0] === channels;
}

/** A name without what tells a convolution from its normalization: `conv1` and `bn1` are the same. */
function keyOf({ name }: SourceModule): string {
  return name.toLowerCase().replace(/conv(olution)?(2d)?|batch_?norm(alization)?|norm|scale|linear|dense|fc|bn/g, '#');
}
