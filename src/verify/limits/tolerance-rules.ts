/**
 * tolerance-rules: what a tolerance file says: which differences count as equal, and how good measures must be, for layers by
 * name, by pattern, by type, and for all others.
 */
import { TEXT, checkArguments } from '../../arguments.js';
import { didYouMean, NetspecError, valueText } from '../../errors.js';
import { metricOf, METRICS } from '../../compare/metrics/index.js';
import { parseRuleJson } from '../../weights/maps/rule-file.js';
import { parsePattern } from '../../weights/maps/pattern.js';

/**
 * What is asked of a layer: `rtol` and `atol` as numpy's allclose takes them, and limits of measures by their names, as
 * `{ "cosine": 0.999, "sqnr": 30 }`: the least that is allowed of a measure that should be large, the most of one that should be
 * small. Where there are limits and neither `rtol` nor `atol`, the limits alone decide.
 */
export type LayerLimits = Readonly<Record<string, number>>;

/** Which limits hold for which layer. The first that fits counts, alone: by name, by pattern, by type, the default. */
export interface ToleranceRules {
  layers?: Readonly<Record<string, LayerLimits>>;
  /** By regular expressions for whole names; the first that fits counts. */
  patterns?: Readonly<Record<string, LayerLimits>>;
  types?: Readonly<Record<string, LayerLimits>>;
  default?: LayerLimits;
}

const GROUPS = ['layers', 'patterns', 'types'] as const;
const MEMBERS: readonly string[] = [...GROUPS, 'default'];
const TOLERANCES: readonly string[] = ['rtol', 'atol'];

/**
 * Reads a tolerance file.
 * @throws NetspecError for what is no JSON, a member, measure or pattern that is none, or a limit that is no number.
 * @example
 * const rules = parseToleranceRules('{ "default": { "cosine": 0.999 }, "layers": { "prob": { "atol": 1e-5 } } }');
 * rules.layers?.prob?.atol; // → 0.00001
 */
export function parseToleranceRules(text: string, file?: string): ToleranceRules {
  checkArguments('parseToleranceRules()', { text: [text, TEXT] });
  const value = parseRuleJson(text, file);
  try {
    checkToleranceRules(value);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
  return value;
}

/** @throws NetspecError for what are no rules. */
export function checkToleranceRules(value: unknown): asserts value is ToleranceRules {
  if (!isObject(value))
    throw new NetspecError(`expected an object of tolerances, got ${valueText(value)}`, {
      hint: 'for example { "default": { "rtol": 1e-3, "atol": 1e-4 }, "layers": { "prob": { "cosine": 0.9999 } } }',
    });
  for (const member of Object.keys(value))
    if (!MEMBERS.includes(member))
      throw new NetspecError(`tolerances have no member '${member}'; theirs are ${MEMBERS.join(', ')}`, {
        hint: didYouMean(member, MEMBERS),
      });
  if (value.default !== undefined) checkLimits('default', value.default);
  for (const group of GROUPS) {
    const entries = value[group] ?? {};
    if (!isObject(entries)) throw new NetspecError(`${group}: expected an object, got ${valueText(entries)}`);
    for (const [key, limits] of Object.entries(entries)) checkLimits(`${group}: ${key}`, limits);
  }
  for (const pattern of Object.keys(value.patterns ?? {})) parsePattern(pattern);
}

function checkLimits(where: string, limits: unknown): void {
  if (!isObject(limits)) throw new NetspecError(`${where}: expected an object of limits, got ${valueText(limits)}`);
  for (const [name, limit] of Object.entries(limits)) {
    const at = `${where}: ${name}`;
    if (typeof limit !== 'number' || !Number.isFinite(limit))
      throw new NetspecError(`${at}: expected a number, got ${valueText(limit)}`);
    if (TOLERANCES.includes(name)) {
      if (limit < 0) throw new NetspecError(`${at}: expected a number of 0 or more, got ${limit}`);
    } else checkMeasure(where, name);
  }
}

function checkMeasure(where: string, name: string): void {
  const limited = METRICS.filter(({ better }) => better).map((metric) => metric.name);
  if (limited.includes(name)) return;
  if (METRICS.some((metric) => metric.name === name)) {
    const { describe } = metricOf(name, where);
    throw new NetspecError(`${where}: '${name}' has no better or worse, and so no limit: ${describe}`);
  }
  const names = [...TOLERANCES, ...limited];
  throw new NetspecError(`${where}: there is no measure '${name}'`, {
    hint: didYouMean(name, names) ?? `there are ${names.join(', ')}`,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
