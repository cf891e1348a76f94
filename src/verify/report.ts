/**
 * report: a verify result as data for JSON and as lines for people. Knows nothing of terminals: no colours, no widths.
 */
import type { Cause } from './diagnosis.js';
import { formatFigure } from '../compare/figures.js';
import type { IsolatedResult, LayerResult, Point, VerifyReport } from './result.js';
import { isFailing } from './rows.js';

export const TABLE_HEADER = ['layer', 'type', 'shape', 'max abs', 'max rel', 'cosine', 'allclose'] as const;

/** One row of the table, in the order of {@link TABLE_HEADER}. */
export function tableRow({ label, type, shape, status, comparison, referenceShape }: LayerResult): string[] {
  const head = [label, type, shape.join('x')];
  if (comparison)
    return [
      ...head,
      formatFigure(comparison.maxAbs),
      formatFigure(comparison.maxRel),
      Number.isNaN(comparison.cosine) ? 'nan' : comparison.cosine.toFixed(6),
      comparison.allclose ? 'yes' : `NO (${comparison.outside} of ${comparison.count})`,
    ];
  if (referenceShape) return [...head, '', '', '', `NO (reference is ${referenceShape.join('x')})`];
  return [...head, '', '', '', status];
}

/** The closing lines: what was compared, and where the port first goes wrong. */
export function summaryLines(report: VerifyReport): string[] {
  const { rtol, atol } = report.tolerance;
  const lines = [
    `${report.matched} of ${report.references} references matched; rtol ${rtol}, atol ${atol}, algorithm ${report.algorithm}`,
  ];
  if (report.unusedReferences.length > 0)
    lines.push(`references that belong to no layer of this net: ${listed(report.unusedReferences)}`);
  const first = report.firstDivergence;
  if (!first) {
    lines.push('every matched layer agrees');
    return lines;
  }
  lines.push(`first layer that diverges: ${first.label} (${first.type}): ${describe(first)}`);
  lines.push(
    report.uncheckedBefore.length > 0
      ? `before it, without a reference: ${report.uncheckedBefore.map(({ label, type }) => `${label} (${type})`).join(', ')}`
      : 'every layer that it reads from has a reference, and agrees',
  );
  return lines;
}

/** What the search for a cause came to; empty where nothing diverges or none was made. */
export function diagnosisLines(report: VerifyReport): string[] {
  const { diagnosed, firstIsolated } = report;
  const compared = report.layers.filter(({ isolated }) => isolated);
  const diverging = compared.filter(({ isolated }) => isFailing(isolated!));
  if (report.ok || compared.length === 0) return [];
  const lines = [
    firstIsolated
      ? `fed the references of what they read, ${layerCount(diverging)} of ${layerCount(compared)} layers diverge: ` +
        listed(diverging.map(({ label }) => label))
      : 'fed the references of what they read, all layers agree: the difference accumulates over layers',
  ];
  if (!diagnosed) return lines;
  if (!firstIsolated) lines.push(`the layer that adds most to it is ${diagnosed.label} (${diagnosed.type})`);
  for (const point of report.points) lines.push(...pointLines(point));
  return lines;
}

/** How many layers these are the tops of. */
export function layerCount(results: readonly LayerResult[]): number {
  return new Set(results.map(({ index }) => index)).size;
}

/** What was tried at one top, and what explains its difference. */
function pointLines({ result: { label: at, isolated }, tried, causes, mendedBy }: Point): string[] {
  if (causes.length === 0 && mendedBy) return [`${at} agrees with the same edit, ${mendedBy.id} at ${mendedBy.layer}`];
  const made = `${tried.length} ${tried.length === 1 ? 'change was' : 'changes were'} tried at ${at}`;
  if (causes.length === 0) return [`${made}, none explains the difference`];
  const before = isolated?.comparison;
  const was = before ? `, was ${formatFigure(before.maxRel)}` : '';
  return [
    `${made}; what makes it agree:`,
    ...causes.flatMap(({ id, layer, type, label, explanation, fix, comparison }, i) => [
      `  ${i + 1}. ${id} at ${layer} (${type}): ${label}; max rel ${formatFigure(comparison.maxRel)}${was}`,
      `     ${explanation}`,
      ...fix
        .trimEnd()
        .split('\n')
        .map((line) => `       ${line}`),
    ]),
  ];
}

function describe({ comparison, referenceShape, shape }: LayerResult): string {
  if (!comparison)
    return `gives ${shape.join('x')}, the reference is ${referenceShape?.join('x') ?? 'of another shape'}`;
  const { maxAbs, maxRel, cosine, outside, count } = comparison;
  return (
    `max abs ${formatFigure(maxAbs)}, max rel ${formatFigure(maxRel)}, cosine ${cosine.toFixed(6)}, ` +
    `${outside} of ${count} values outside the tolerance`
  );
}

function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} … and ${names.length - most} more` : shown;
}

/** Figures as JSON has them: what is not finite as a word; null where nothing was compared. */
type JsonFigure = number | 'NaN' | 'Infinity' | '-Infinity' | null;

interface JsonFigures {
  maxAbs: JsonFigure;
  maxRel: JsonFigure;
  cosine: JsonFigure;
  /** Null without a reference. */
  ok: boolean | null;
}

/** What `netspec verify --json` prints: the members of {@link VerifyReport} but for the evidence, and these. */
export interface VerifyJson extends Omit<VerifyReport, 'layers' | 'points' | 'causes' | 'evidence'> {
  /** Same as `ok`. */
  passed: boolean;
  /** The first layer that diverges, and how far. */
  first: { layer: string; top: string; type: string; error: string } | null;
  /** Best first. */
  causes: (Omit<Cause, 'outcome'> & { matches: true })[];
  layers: (Omit<LayerResult, 'isolated'> & JsonFigures & { isolated: JsonFigures | null })[];
}

/** The report as JSON data: figures that are not finite become strings, which JSON has and NaN it has not. */
export function reportToJson({ evidence: _evidence, points: _points, ...report }: VerifyReport): VerifyJson {
  const { firstDivergence: first } = report;
  const json = {
    passed: report.ok,
    first: first ? { layer: first.name, top: first.top, type: first.type, error: describe(first) } : null,
    ...report,
    causes: report.causes.map(({ outcome: _outcome, ...cause }) => ({ ...cause, matches: true })),
    layers: report.layers.map((layer) => ({
      ...layer,
      ...figures(layer),
      isolated: layer.isolated ? figures(layer.isolated) : null,
    })),
  };
  return JSON.parse(
    JSON.stringify(json, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  ) as VerifyJson;
}

function figures({ status, comparison }: Pick<LayerResult | IsolatedResult, 'status' | 'comparison'>) {
  const { maxAbs = null, maxRel = null, cosine = null } = comparison ?? {};
  return { maxAbs, maxRel, cosine, ok: status === 'no reference' || status === 'not fed' ? null : status === 'agrees' };
}
