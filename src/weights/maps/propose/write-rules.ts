/** The rules of a rule file that say what each layer was matched with: as few as say it. */
import type { ConstantRule, Rule, TensorRule } from '../rule-file.js';
import { PYTORCH_NAMES, type TensorNames } from '../tensor-names.js';
import type { TransformStep } from '../transforms.js';
import { generalize, type NamePair } from './generalize.js';
import type { Match } from './match.js';
import { foldedNorm } from './norm-eps.js';
import { tensorOf, type SourceModule, type SourceTensor } from './source-module.js';
import { rolesOf, type TargetPart } from './targets.js';

/** What the source calls its tensors, where most of them have other names than PyTorch's. */
export function tensorNames(matches: readonly Match[]): Partial<TensorNames> | undefined {
  const names: Partial<Record<keyof TensorNames, string>> = {};
  for (const role of Object.keys(PYTORCH_NAMES) as (keyof TensorNames)[]) {
    const counts = new Map<string, number>();
    for (const { module, batchNorm } of matches)
      for (const each of [module, batchNorm])
        for (const tensor of each?.tensors ?? [])
          if (tensor.role === role) counts.set(tensor.word, (counts.get(tensor.word) ?? 0) + 1);
    const [most] = [...counts].sort((a, b) => b[1] - a[1]);
    if (most && most[0] !== PYTORCH_NAMES[role]) names[role] = most[0];
  }
  return Object.keys(names).length > 0 ? names : undefined;
}

/** A rule for one layer: its names apart from the rest, so that rules which differ in names alone can be made one. */
interface SingleRule {
  layer: string;
  /** Values of `module` and `batchNorm`, or of `from`. */
  names: string[];
  build: (layer: string, names: readonly string[]) => Rule;
  /** What rules must have in common to be made one. */
  sort: string;
}

/** What the rule file says of all rules. */
export interface Common {
  names: TensorNames;
  /** Undefined where no normalization with a variance is folded. */
  eps: number | undefined;
}

/** @param layers names of all layers with parameters: a pattern must fit none but those of its own */
export function rulesOf(matches: readonly Match[], common: Common, layers: readonly string[]): Rule[] {
  const singles = matches.flatMap((match) => singleRules(match, common));
  const sorts = new Map<string, SingleRule[]>();
  for (const single of singles) {
    const same = sorts.get(single.sort);
    if (same) same.push(single);
    else sorts.set(single.sort, [single]);
  }
  const position = new Map(layers.map((layer, i) => [layer, i]));
  const rules = [...sorts.values()].flatMap((same) => {
    const pairs: NamePair[] = same.map(({ layer, names }) => ({ layer, names }));
    return generalize(pairs, layers).map((general) => ({
      at: Math.min(...general.pairs.map(({ layer }) => position.get(layer)!)),
      rule: same[0]!.build(general.layer, general.names),
    }));
  });
  const blob = (rule: Rule) => ('blob' in rule ? rule.blob : 0);
  return rules.sort((a, b) => a.at - b.at || blob(a.rule) - blob(b.rule)).map(({ rule }) => rule);
}

function singleRules(match: Match, { names, eps: commonEps }: Common): SingleRule[] {
  const { target, module, batchNorm, fit } = match;
  const asModule =
    target.kind !== 'vector' &&
    fit.steps.length === 0 &&
    (batchNorm ?? !fit.lacksBias) &&
    [module, batchNorm].every((each) => !each || followsNames(each, names));
  if (target.kind === 'recurrent' || asModule) {
    const norm = foldedNorm(match);
    const eps = norm?.eps === commonEps ? undefined : norm?.eps;
    return target.layers.map((part) => moduleRule(part, { module, batchNorm, norm, eps }));
  }
  if (target.kind === 'norm') return normRules(target.layers, module);
  const { name = '' } = target.layers[0]!.layer;
  const rules = [tensorRule(name, 0, fit.weight!, fit.steps)];
  if (fit.bias) rules.push(tensorRule(name, 1, fit.bias, []));
  else if (fit.lacksBias)
    rules.push({
      layer: name,
      names: [],
      build: (layer): ConstantRule => ({ layer, blob: 1, constant: 0, note: 'the model has no bias there' }),
      sort: 'no bias',
    });
  return rules;
}

/** A rule by which a module fills a layer. */
function moduleRule(
  part: TargetPart,
  {
    module,
    batchNorm,
    norm,
    eps,
  }: { module: SourceModule; batchNorm?: SourceModule; norm?: SourceModule; eps?: number },
): SingleRule {
  const own = rolesOf(part).includes('variance') ? (module.statistics ?? module.name) : module.name;
  const fields = [
    ['module', own],
    ['batchNorm', batchNorm?.name],
    ['statistics', norm?.statistics],
  ].filter((field): field is [string, string] => field[1] !== undefined);
  return {
    layer: part.layer.name ?? '',
    names: fields.map(([, name]) => name),
    build: (layer, names) => ({
      layer,
      ...(Object.fromEntries(fields.map(([field], i) => [field, names[i]!])) as { module: string }),
      ...(eps !== undefined && { eps }),
    }),
    sort: JSON.stringify([fields.map(([field]) => field), eps]),
  };
}

/** A normalization whose tensors are called otherwise than those of the others. */
function normRules(layers: Match['target']['layers'], module: SourceModule): SingleRule[] {
  return layers.flatMap((part) => {
    const name = part.layer.name ?? '';
    return rolesOf(part).flatMap((role, blob): SingleRule[] => {
      const one = (pattern: string): ConstantRule => ({ layer: pattern, blob, constant: 1 });
      if (role === 'divisor') return [{ layer: name, names: [], build: one, sort: 'factor' }];
      const tensor = role && role !== 'other' ? tensorOf(module, role) : undefined;
      return tensor ? [tensorRule(name, blob, tensor, [])] : [];
    });
  });
}

function tensorRule(
  layer: string,
  blob: number,
  tensor: SourceTensor,
  transform: readonly TransformStep[],
): SingleRule {
  return {
    layer,
    names: [tensor.name],
    build: (pattern, [from]): TensorRule => ({
      layer: pattern,
      blob,
      from: from!,
      ...(transform.length > 0 && { transform }),
    }),
    sort: JSON.stringify([blob, transform]),
  };
}

/** Whether a module's tensors are called what the rule file says that tensors are called. */
function followsNames(module: SourceModule, names: TensorNames): boolean {
  return module.tensors.every(
    ({ role, word }) => role === 'counter' || role === 'recurrent' || (role !== 'other' && names[role] === word),
  );
}
