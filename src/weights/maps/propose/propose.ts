/**
 * proposeMap: a rule file for a net and a model that nobody has a map for, by shapes and names; with what is unsure about
 * it and what it leaves open.
 */
import { formatShape } from '../../../proto/blob-proto.js';
import { withShapes, type NetToFill } from '../../packing/net-to-fill.js';
import { planPack } from '../../packing/plan.js';
import { PackError, type PackProblem } from '../../packing/problems.js';
import type { BlobId, PackReport } from '../../packing/report.js';
import type { WeightSource } from '../../source.js';
import type { NameMap } from '../map.js';
import { NAME_MAPS, nameMap } from '../presets.js';
import type { ConstantRule, ModuleRule, Rule, RuleFile, TensorRule } from '../rule-file.js';
import { ruleMap } from '../rule-map.js';
import { PYTORCH_NAMES, type TensorNames } from '../tensor-names.js';
import type { TransformStep } from '../transforms.js';
import { generalize, type NamePair } from './generalize.js';
import { matchTargets, type Match } from './match.js';
import { sourceModules, tensorOf, type SourceModule, type SourceTensor } from './source-modules.js';
import { rolesOf, targetsOf } from './targets.js';

/** What is proposed, and how sure that is. */
export interface MapProposal {
  /** The rule file; it can be packed with as it is when nothing is open. */
  rules: RuleFile;
  /** What each layer gets. */
  matches: ProposedMatch[];
  /** Blobs for which nothing was found. */
  unfilled: (BlobId & { lookedFor: string[] })[];
  /** Tensors that have no use, counters of training aside. */
  unused: { name: string; shape: readonly number[] }[];
  /** What else keeps the rules from being packed with. */
  problems: PackProblem[];
  /** Presets that fill the net from this source just as well. */
  presets: string[];
}

export interface ProposedMatch {
  /** The layer, or the BatchNorm and Scale that hold one normalization. */
  layers: string[];
  module: string;
  /** A normalization that is folded into the layer. */
  batchNorm?: string;
  /**
   * What decided: `name`, the names are equal; `shape`, nothing else has its shape; `pattern`, it goes with how the other names
   * correspond; `unsure`, another would do almost as well.
   */
  by: Match['by'];
  /** The module fills other layers too. */
  shared: boolean;
  /** How much better it is than the next best, from 0 on; 1 is a lot. */
  margin: number;
  /** Other modules of fitting shape, the likeliest first. */
  alternatives: string[];
}

/**
 * Proposes a name map. Shapes say which tensors can fill which blobs; names decide, by what they have in common and by what
 * the certain pairs teach (`res2a` stands for `layer1.0`); the order of layers counts where names say nothing. All pairs
 * are decided together, so that no tensor is taken by the first that it happens to fit.
 */
export function proposeMap(options: NetToFill & { source: WeightSource }): MapProposal {
  const net = withShapes(options);
  const { source } = net;
  const layers = [...net.shapes.keys()];
  const modules = sourceModules(source.list());
  const matches = matchTargets(targetsOf(net), modules, layers);
  const names = tensorNames(matches);
  const folds = matches.some(
    ({ target, batchNorm }) =>
      batchNorm !== undefined || (target.kind === 'norm' && !rolesOf(target.layers[0]!).includes('variance')),
  );
  const trained = modules.some((module) => tensorOf(module, 'counter'));
  const rules: RuleFile = {
    notes: notesOf(source, folds, trained),
    ...(folds && { batchNormEps: trained || !hasStatistics(matches) ? 1e-5 : 0 }),
    ...(names && { tensors: names }),
    rules: rulesOf(matches, { ...PYTORCH_NAMES, ...names }, layers),
  };
  const tried = tryMap(ruleMap(rules), net);
  return {
    rules,
    matches: matches.map(describe),
    unfilled: tried.report.unfilled.map(({ leftOut: _, ...blob }) => blob),
    unused: tried.report.unusedSources,
    problems: tried.problems,
    presets: NAME_MAPS.filter((name) => {
      const { report, problems } = tryMap(nameMap(name), net);
      return problems.length === 0 && report.unfilled.length === 0 && report.unusedSources.length === 0;
    }),
  };
}

/** A rule file as text: JSON with one rule a line, for people to edit. */
export function formatRuleFile(file: RuleFile): string {
  const fields = Object.entries(file).filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => {
    if (!Array.isArray(value)) return `  ${JSON.stringify(name)}: ${spaced(value)}`;
    const entries = value.map((entry) => `    ${spaced(entry)}`).join(',\n');
    return `  ${JSON.stringify(name)}: [${entries === '' ? '' : `\n${entries}\n  `}]`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** JSON on one line, with blanks as people write them. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`).join(', ')} }`;
}

function tryMap(
  map: NameMap,
  options: Omit<Parameters<typeof planPack>[0], 'map'>,
): { report: PackReport; problems: readonly PackProblem[] } & { problems: PackProblem[] } {
  try {
    return { report: planPack({ ...options, map, allowUnfilled: true, allowUnused: true }).report, problems: [] };
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    return { report: error.report, problems: [...error.problems] };
  }
}

function describe({ target, module, batchNorm, by, shared, margin, alternatives }: Match): ProposedMatch {
  return {
    layers: target.layers.map(({ layer }) => layer.name ?? ''),
    module: module.name,
    ...(batchNorm && { batchNorm: batchNorm.name }),
    by,
    shared,
    margin: Math.round(margin * 1000) / 1000,
    alternatives: alternatives.map(({ name }) => name),
  };
}

function notesOf(source: WeightSource, folds: boolean, trained: boolean): string[] {
  const notes = [`proposed for ${source.description}: check it, then change what is wrong`];
  if (!folds) return notes;
  notes.push(
    trained
      ? 'batchNormEps is what torch.nn.BatchNorm2d adds to the variance; models may choose another'
      : "batchNormEps is 0 as in maskrcnn_benchmark's frozen normalization, for the source counts no batches; torch.nn.BatchNorm2d adds 1e-5",
  );
  return notes;
}

function hasStatistics(matches: readonly Match[]): boolean {
  return matches.some(({ target, module, batchNorm }) => {
    const norm = batchNorm ?? (target.kind === 'norm' ? module : undefined);
    return norm !== undefined && tensorOf(norm, 'variance') !== undefined;
  });
}

/** What the source calls its tensors, where most of them have other names than PyTorch's. */
function tensorNames(matches: readonly Match[]): Partial<TensorNames> | undefined {
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

function rulesOf(matches: readonly Match[], names: TensorNames, layers: readonly string[]): Rule[] {
  const singles = matches.flatMap((match) => singleRules(match, names));
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

function singleRules({ target, module, batchNorm, fit }: Match, names: TensorNames): SingleRule[] {
  if (
    target.kind !== 'vector' &&
    fit.steps.length === 0 &&
    followsNames(module, names) &&
    (batchNorm ?? !fit.lacksBias)
  )
    return target.layers.map(({ layer }) => ({
      layer: layer.name ?? '',
      names: [module.name, ...(batchNorm ? [batchNorm.name] : [])],
      build: (pattern, [name, norm]): ModuleRule => ({
        layer: pattern,
        module: name!,
        ...(norm !== undefined && { batchNorm: norm }),
      }),
      sort: batchNorm ? 'folded' : 'module',
    }));
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

/** A normalization whose tensors are called otherwise than those of the others. */
function normRules(layers: Match['target']['layers'], module: SourceModule): SingleRule[] {
  return layers.flatMap((part) => {
    const name = part.layer.name ?? '';
    return rolesOf(part).flatMap((role, blob): SingleRule[] => {
      const one = (pattern: string): ConstantRule => ({ layer: pattern, blob, constant: 1 });
      if (role === 'divisor') return [{ layer: name, names: [], build: one, sort: 'factor' }];
      return role && role !== 'other' ? [tensorRule(name, blob, tensorOf(module, role)!, [])] : [];
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
  return module.tensors.every(({ role, word }) => role === 'counter' || (role !== 'other' && names[role] === word));
}

/** Remarks on a proposal for a person: what is unsure, what is open. */
export function proposalRemarks({ matches, unfilled, unused, problems, presets }: MapProposal): string[] {
  const remarks: string[] = [];
  const count = (by: Match['by']) => matches.filter((match) => match.by === by).length;
  remarks.push(
    `matched: ${matches.length}, of which ${count('name')} by name, ${count('shape')} by shape alone, ` +
      `${count('pattern')} by pattern, ${count('unsure')} unsure`,
  );
  for (const { layers, module, by, alternatives } of matches)
    if (by === 'unsure')
      remarks.push(`unsure: ${layers.join(', ')} ← ${module}; it could also be ${shortList(alternatives)}`);
  for (const { layer, blob, shape } of unfilled)
    remarks.push(`unfilled: blob ${blob} of ${layer} (${formatShape(shape)})`);
  for (const { name, shape } of unused) remarks.push(`unused: ${name} (${formatShape(shape)})`);
  for (const { layer, message } of problems)
    remarks.push(`problem: ${layer === undefined ? '' : `${layer}: `}${message}`);
  for (const name of presets) remarks.push(`--map ${name} fills this net as well`);
  return remarks;
}

function shortList(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}
