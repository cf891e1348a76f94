/** What is added to the variances of normalizations that a proposed map folds: what the source says, or its framework's default. */
import type { LayerParameter } from '../../../generated/messages.js';
import { resolve } from '../../../proto/message.js';
import type { WeightSource } from '../../source.js';
import { frameworkOf, PYTORCH } from '../tensor-names.js';
import type { Match } from './match.js';
import { tensorOf, type SourceModule } from './source-module.js';
import { rolesOf } from './targets.js';

/** The eps of a map, and what its reader should know. */
export interface EpsChoice {
  /** For most normalizations; undefined where none is folded that has a variance. */
  readonly common?: number;
  readonly notes: readonly string[];
}

/** The normalization that a match folds; undefined when it folds none. */
export function foldedNorm({ target, module, batchNorm }: Match): SourceModule | undefined {
  if (batchNorm) return batchNorm;
  return target.kind === 'norm' && !rolesOf(target.layers[0]!).includes('variance') ? module : undefined;
}

/**
 * What to add.
 * @param trained whether the source counts batches: torch.nn.BatchNorm2d does, frozen normalizations do not
 */
export function chooseEps(matches: readonly Match[], source: WeightSource, trained: boolean): EpsChoice {
  const folded = matches.flatMap((match) => {
    const norm = foldedNorm(match);
    return norm && tensorOf(norm, 'variance') ? [norm] : [];
  });
  const notes = otherEps(matches);
  if (folded.length === 0) return { notes };
  const known = folded.flatMap(({ eps }) => (eps === undefined ? [] : [eps]));
  if (known.length > 0) {
    const counts = new Map<number, number>();
    for (const eps of known) counts.set(eps, (counts.get(eps) ?? 0) + 1);
    const [[common]] = [...counts].sort((a, b) => b[1] - a[1]) as [[number, number]];
    const others = counts.size > 1 ? '; rules with an eps of their own are for those with another' : '';
    return {
      common,
      notes: [`batchNormEps is the eps of the BatchNorm layers in ${source.description}${others}`, ...notes],
    };
  }
  const framework = frameworkOf(source.list());
  if (framework !== PYTORCH)
    return {
      common: framework.batchNormEps,
      notes: [
        `batchNormEps is what ${framework.name} adds to the variance by default; models may choose another`,
        ...notes,
      ],
    };
  if (trained)
    return {
      common: 1e-5,
      notes: ['batchNormEps is what torch.nn.BatchNorm2d adds to the variance; models may choose another', ...notes],
    };
  return {
    common: 0,
    notes: [
      "batchNormEps is 0 as in maskrcnn_benchmark's frozen normalization, for the source counts no batches; torch.nn.BatchNorm2d adds 1e-5",
      ...notes,
    ],
  };
}

/** BatchNorm layers of the net that add something else than those of the source. */
function otherEps(matches: readonly Match[]): string[] {
  const others = matches.flatMap(({ target, module: { eps } }) =>
    target.layers.flatMap(({ layer }) => (eps !== undefined && hasOtherEps(layer, eps) ? [{ layer, eps }] : [])),
  );
  const [first] = others;
  if (!first) return [];
  const which = `'${first.layer.name ?? ''}'${others.length > 1 ? ` and ${others.length - 1} more` : ''}`;
  return [`the source's eps is ${first.eps} for ${which}: write batch_norm_param { eps: ${first.eps} }`];
}

function hasOtherEps({ type, batch_norm_param }: LayerParameter, eps: number): boolean {
  return type === 'BatchNorm' && Math.fround(resolve('BatchNormParameter', batch_norm_param).eps) !== Math.fround(eps);
}
