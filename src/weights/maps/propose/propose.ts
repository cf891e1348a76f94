/**
 * proposeMap: a rule file for a net and a model that nobody has a map for, by shapes and names; with what is unsure about
 * it and what it leaves open.
 */
import { MESSAGE, OBJECT, checkArguments, fields } from '../../../arguments.js';
import { withShapes, type NetToFill } from '../../packing/net-to-fill.js';
import { planPack } from '../../packing/plan.js';
import { PackError, type PackProblem } from '../../packing/problems.js';
import type { PackReport } from '../../packing/report.js';
import type { WeightSource } from '../../source.js';
import type { NameMap } from '../map.js';
import { NAME_MAPS, nameMap } from '../presets.js';
import type { RuleFile } from '../rule-file.js';
import { ruleMap } from '../rule-map.js';
import { PYTORCH_NAMES } from '../tensor-names.js';
import { matchTargets, type Match } from './match.js';
import { chooseEps } from './norm-eps.js';
import type { MapProposal, ProposedMatch } from './proposal.js';
import { tensorOf, type SourceModule } from './source-module.js';
import { sourceModules } from './source-modules.js';
import { targetsOf } from './targets.js';
import { rulesOf, tensorNames } from './write-rules.js';

/**
 * Proposes a name map. Shapes say which tensors can fill which blobs; names decide, by what they have in common and by what
 * the certain pairs teach (`res2a` stands for `layer1.0`); the order of layers counts where names say nothing. All pairs
 * are decided together, so that no tensor is taken by the first that it happens to fit.
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const { params } = netShapes(net);
 * const proposal = proposeMap({ net, source: await openWeights('model.npz'), shapes: params });
 * proposal.rules.rules!.map((rule) => rule.layer); // → ['conv1', 'fc']
 */
export function proposeMap(options: NetToFill & { source: WeightSource }): MapProposal {
  checkArguments('proposeMap()', {
    options: [options, fields('options { net, source }', { net: MESSAGE, source: OBJECT })],
  });
  const net = withShapes(options);
  const { source } = net;
  const layers = [...net.shapes.keys()];
  const modules = sourceModules(source);
  const matches = matchTargets(targetsOf(net), modules, layers);
  const names = tensorNames(matches);
  const trained = modules.some((module) => tensorOf(module, 'counter'));
  const { common: batchNormEps, notes } = chooseEps(matches, source, trained);
  const rules: RuleFile = {
    notes: [`proposed for ${source.description}: check it, then change what is wrong`, ...notes],
    ...(batchNormEps !== undefined && { batchNormEps }),
    ...(names && { tensors: names }),
    rules: rulesOf(matches, { names: { ...PYTORCH_NAMES, ...names }, eps: batchNormEps }, layers),
  };
  const tried = tryMap(ruleMap(rules), net);
  const open = new Set(tried.report.unfilled.map(({ layer }) => layer));
  const presets = NAME_MAPS.map((name) => ({ name, ...tryMap(nameMap(name), net) }));
  return {
    rules,
    matches: matches.map(describe),
    unfilled: tried.report.unfilled.map(({ leftOut: _, ...blob }) => blob),
    unused: tried.report.unusedSources,
    problems: tried.problems,
    misfits: presets
      .find(({ name }) => name === 'identity')!
      .problems.filter(({ code, layer = '' }) => code === 'shape' && open.has(layer)),
    leftNormalizations: leftNormalizations(matches, modules),
    presets: presets.flatMap(({ name, report, problems }) =>
      problems.length === 0 && report.unfilled.length === 0 && report.unusedSources.length === 0 ? [name] : [],
    ),
  };
}

/** Layers without a bias, behind whose modules the model has a normalization that nobody took. */
function leftNormalizations(
  matches: readonly Match[],
  modules: readonly SourceModule[],
): { layer: string; module: string }[] {
  const taken = new Set(matches.flatMap(({ module, batchNorm }) => [module, batchNorm]));
  const at = new Map(modules.map((module, i) => [module, i]));
  return matches.flatMap(({ target: { kind, layers }, module }) => {
    const next = modules[at.get(module)! + 1];
    const [{ layer, shapes }] = layers as [(typeof layers)[0]];
    if (kind !== 'layer' || shapes.length > 1 || !next?.isNorm || taken.has(next)) return [];
    const variance = tensorOf(next, 'variance');
    return variance ? [{ layer: layer.name ?? '', module: next.name }] : [];
  });
}

/**
 * A rule file as text: JSON with one rule a line, for people to edit.
 * @example
 * formatRuleFile({ rules: [{ layer: 'conv1', module: 'stem.conv' }] });
 * // → '{\n  "rules": [\n    { "layer": "conv1", "module": "stem.conv" }\n  ]\n}\n'
 */
export function formatRuleFile(file: RuleFile): string {
  checkArguments('formatRuleFile()', { file: [file, OBJECT] });
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
