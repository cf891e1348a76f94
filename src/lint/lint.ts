/** lint: the mistakes that people make in nets, found by the rules of src/lint/rules, and the edits that mend them. */
import { MESSAGE, OPTIONS, TEXT, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { addressIn, nameAndType } from '../proto/derive.js';
import { schemaOf } from '../proto/message.js';
import { NetText, type LayersEdit } from '../proto/patch/net-text.js';
import { parsePrototxt } from '../proto/text/parser.js';
import { formatPrototxt } from '../proto/text/printer.js';
import { needsUpgrade, upgradeNet } from '../proto/upgrade.js';
import { SEVERITIES, type Finding, type Problem, type Severity } from './finding.js';
import { LintNet, type LintNetOptions } from './lint-net.js';
import type { Rule } from './rule.js';
import { RULES } from './rules/index.js';
import { targetNamed } from './targets/index.js';
import type { Target } from './targets/target.js';

export interface LintOptions extends Omit<LintNetOptions, 'written' | 'targets'> {
  /** Toolchains whose limits the net is held to as well: names of {@link TARGETS}, or targets of your own. */
  targets?: readonly (string | Target)[];
  /** Name of the net's file, for addresses and patches. */
  file?: string;
  /** Names of the rules to apply. Default: all. */
  rules?: readonly string[];
  /** Make the patches of edits, which reads the text once more. Default true. */
  patches?: boolean;
}

/** More patches are not made: nobody reads them, and each takes as long as reading the net. */
const MOST_PATCHES = 200;

/**
 * Finds mistakes in a net.
 * @param net text of a prototxt, whose lines findings and patches then name, or a NetParameter
 * @returns the findings: errors first, then in the order of the net
 * @throws NetspecError for text that is no prototxt, and for a target or a rule that does not exist
 * @example
 * const findings = await lint(`layer { name: "bn" type: "BatchNorm" bottom: "x" top: "y" }`);
 * findings[0]!.rule; // → 'does-not-build'
 */
export async function lint(net: NetParameter | string, options: LintOptions = {}): Promise<Finding[]> {
  checkArguments('lint()', { net: [net, typeof net === 'string' ? TEXT : MESSAGE], options: [options, OPTIONS] });
  const { file, targets = [], rules, patches: withPatches = true, ...rest } = options;
  const written = typeof net === 'string' ? parsePrototxt(net, { file, upgrade: false, schema: options.schema }) : net;
  const schema = options.schema ?? schemaOf(written);
  const isOld = needsUpgrade(written, { schema });
  const today = isOld ? upgradeNet(written, { schema }) : written;
  // A fork without Input layers keeps inputs as they were written; the rules look at the net that it stands for.
  const subject = new LintNet(upgradeNet(today), {
    ...rest,
    schema: options.schema,
    written,
    targets: targets.map((target) => (typeof target === 'string' ? targetNamed(target) : target)),
  });
  const text = typeof net === 'string' && !isOld ? net : undefined;
  // Made for the first edit: a net that its own Caffe cannot have in today's format has no text to change.
  let netText: NetText | undefined;
  const patchFor = (edit: LayersEdit): string | undefined =>
    patchOf(() => (netText ??= new NetText(today.name ?? '', today.layer ?? [], { text, file, schema })), edit);
  const findings: (Finding & { order: number })[] = [];
  const order = new Map((today.layer ?? []).map((layer, i) => [layer, i]));
  let patches = 0;
  for (const rule of rulesNamed(rules))
    for (const problem of await rule.check(subject)) {
      const { edit } = problem;
      findings.push({
        ...findingOf(rule, problem, file),
        ...(withPatches && edit && patches++ < MOST_PATCHES && { patch: patchFor(edit) }),
        order: problem.layer ? (order.get(problem.layer) ?? -1) : -1,
      });
    }
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return findings.sort((a, b) => rank(a) - rank(b) || a.order - b.order).map(({ order: _, ...finding }) => finding);
}

/** The text after `--fix`. */
export interface Fixed {
  readonly text: string;
  /** What was mended, in the order in which it was. */
  readonly fixed: readonly Finding[];
  /** What is left. */
  readonly findings: readonly Finding[];
}

/** A net that needs more rounds has edits that undo each other. */
const MOST_ROUNDS = 20;

/**
 * Makes the exact edits of all findings, until there are none.
 * @param text of a prototxt
 * @throws NetspecError as {@link lint} does
 * @example
 * const { text, fixed } = await fixNet(`
 *   layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: 1 } } }
 *   layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }`);
 * fixed.map(({ rule }) => rule); // → ['dummy-data-input']
 * text.includes('DummyData'); // → false
 */
export async function fixNet(text: string, options: LintOptions = {}): Promise<Fixed> {
  checkArguments('fixNet()', { text: [text, TEXT], options: [options, OPTIONS] });
  const fixed: Finding[] = [];
  let current = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const findings = await lint(current, options);
    const chosen = disjoint(findings);
    if (chosen.length === 0) return { text: current, fixed, findings };
    const mended = withEdit(current, mergeOf(chosen.map(({ edit }) => edit!)), options);
    if (mended === current) return { text: current, fixed, findings };
    current = mended;
    fixed.push(...chosen);
  }
  return { text: current, fixed, findings: await lint(current, options) };
}

/** Findings with exact edits that touch no layer twice. */
function disjoint(findings: readonly Finding[]): Finding[] {
  const touched = new Set<string>();
  return findings.filter(({ edit }) => {
    if (!edit?.isExact) return false;
    const names = new Set([...edit.before, ...edit.after].map(({ name = '' }) => name));
    if ([...names].some((name) => touched.has(name))) return false;
    for (const name of names) touched.add(name);
    return true;
  });
}

function mergeOf(edits: readonly LayersEdit[]): LayersEdit {
  return { before: edits.flatMap(({ before }) => before), after: edits.flatMap(({ after }) => after) };
}

/** The text with an edit made; text of an old format is brought up to date by it. One that its Caffe has no newer format for stays. */
function withEdit(text: string, edit: LayersEdit, { file, schema: given }: LintOptions): string {
  const net = parsePrototxt(text, { file, upgrade: false, schema: given });
  const schema = given ?? schemaOf(net);
  if (schema && !schema.message('NetParameter').byName.has('layer')) return text;
  if (!needsUpgrade(net, { schema }))
    return new NetText(net.name ?? '', net.layer ?? [], { text, file, schema }).with(edit);
  const today = formatPrototxt(upgradeNet(net, { schema }), { schema: given });
  return withEdit(today, edit, { file, schema: given });
}

function patchOf(open: () => NetText, edit: LayersEdit): string | undefined {
  try {
    const netText = open();
    return netText.diffTo(netText.with(edit));
  } catch (error) {
    // The schema in use lacks what the edit needs: the finding stands without.
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

function findingOf(rule: Rule, problem: Problem, file: string | undefined): Finding {
  const { layer, field, message, hint, edit, target, source } = problem;
  const severity: Severity = problem.severity ?? rule.severity;
  const { line, column } = problem.address ?? (layer && addressIn(layer, field)) ?? {};
  return {
    rule: rule.name,
    severity,
    message,
    ...(hint !== undefined && { hint }),
    ...(layer && { layer: nameAndType(layer) }),
    ...(field !== undefined && { field }),
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line, column }),
    ...(target !== undefined && { target }),
    ...(source !== undefined && { source }),
    ...(edit && { fix: edit.title, isExact: edit.isExact, edit }),
  };
}

function rulesNamed(names: readonly string[] | undefined): readonly Rule[] {
  const unknown = names?.find((name) => !RULES.some((rule) => rule.name === name));
  if (unknown !== undefined)
    throw new NetspecError(`no lint rule '${unknown}'`, {
      hint: `there are ${RULES.map(({ name }) => name).join(', ')}`,
    });
  return names ? RULES.filter(({ name }) => names.includes(name)) : RULES;
}
