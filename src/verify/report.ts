/**
 * report: a verify result as data for JSON and as lines for people. Knows nothing of terminals: no colours, no widths.
 */
import { REPORT, checkArguments } from '../arguments.js';
import type { Cause } from './diagnosis.js';
import { formatFigure } from '../compare/figures.js';
import { metricOf } from '../compare/metrics/index.js';
import type { IsolatedResult, LayerResult, Point, VerifyReport } from './result.js';
import { nonFiniteLine } from './non-finite.js';
import { isFailing } from './rows.js';

export const TABLE_HEADER = ['layer', 'type', 'shape', 'max abs', 'max rel', 'cosine', 'allclose'] as const;

/** The titles of the table with these measures in place of the usual figures. */
export function tableHeader(metrics: readonly string[]): readonly string[] {
  if (metrics.length === 0) return TABLE_HEADER;
  return ['layer', 'type', 'shape', ...metrics.map((name) => metricOf(name, 'options.metrics').title), 'allclose'];
}

/** One row of the table, in the order of {@link tableHeader}. */
export function tableRow(row: LayerResult, metrics: readonly string[] = []): string[] {
  const { label, type, shape, status, comparison, measures = {} } = row;
  const figures =
    metrics.length > 0
      ? metrics.map((name) => (measures[name] === undefined ? '' : formatMeasure(name, measures[name])))
      : comparison && status !== 'stepped over'
        ? [formatFigure(comparison.maxAbs), formatFigure(comparison.maxRel), formatCosine(comparison.cosine)]
        : ['', '', ''];
  return [label, type, shape.join('x'), ...figures, verdict(row)];
}

/** Whether a row agrees, in the words of its last column. */
function verdict({ status, comparison, referenceShape, failed, channelsLast }: LayerResult): string {
  if (status === 'stepped over' || status === 'no reference') return status;
  if (status === 'agrees') return channelsLast ? 'yes, channels last' : 'yes';
  const why =
    failed?.join(', ') ??
    (comparison
      ? `${comparison.outside} of ${comparison.count}`
      : `reference is ${referenceShape?.join('x') ?? 'of another shape'}`);
  return `NO (${why})${channelsLast ? ', channels last' : ''}`;
}

/** A measure as tables write it: those near 1 with the digits that matter there. */
export function formatMeasure(name: string, value: number): string {
  return name === 'cosine' ? formatCosine(value) : formatFigure(value);
}

function formatCosine(value: number): string {
  return Number.isNaN(value) ? 'nan' : value.toFixed(6);
}

/** The closing lines: what was compared, and where the port first goes wrong. */
export function summaryLines(report: VerifyReport): string[] {
  const { rtol, atol } = report.tolerance;
  const lines = [
    `${report.matched} of ${report.references} references matched; rtol ${rtol}, atol ${atol}, algorithm ${report.algorithm}`,
  ];
  if (report.unusedReferences.length > 0)
    lines.push(`references that belong to no layer of this net: ${listed(report.unusedReferences)}`);
  const steppedOver = steppedOverLine(report);
  if (steppedOver !== undefined) lines.push(steppedOver);
  const first = report.firstDivergence;
  if (!first) {
    lines.push(steppedOver === undefined ? 'every matched layer agrees' : 'every other matched layer agrees');
    return lines;
  }
  lines.push(`first layer that diverges: ${first.label} (${first.type}): ${describe(first)}`);
  if (report.nonFinite) lines.push(nonFiniteLine(report.nonFinite));
  lines.push(
    report.uncheckedBefore.length > 0
      ? `before it, without a reference: ${report.uncheckedBefore.map(({ label, type }) => `${label} (${type})`).join(', ')}`
      : 'every layer that it reads from has a reference, and agrees',
  );
  return lines;
}

/** `stepped over: 2 layers of type Foo (a, b)`; undefined where none was. */
function steppedOverLine({ layers }: VerifyReport): string | undefined {
  const names = new Map<string, Set<string>>();
  for (const { status, type, name } of layers)
    if (status === 'stepped over') names.set(type, (names.get(type) ?? new Set()).add(name));
  if (names.size === 0) return undefined;
  const parts = [...names].map(
    ([type, of]) => `${of.size} ${of.size === 1 ? 'layer' : 'layers'} of type ${type} (${listed([...of], 4)})`,
  );
  return `stepped over: ${new Intl.ListFormat('en').format(parts)}`;
}

/** What the search for a cause came to; empty where nothing diverges or none was made. */
export function diagnosisLines(report: VerifyReport): string[] {
  const { diagnosed, firstIsolated } = report;
  if (report.ok) return [];
  const isolated = isolatedLine(report);
  if (isolated === undefined) return report.points.flatMap(pointLines);
  const lines = [isolated];
  if (!diagnosed) return lines;
  if (!firstIsolated) lines.push(`the layer that adds most to it is ${diagnosed.label} (${diagnosed.type})`);
  for (const point of report.points) lines.push(...pointLines(point));
  return lines;
}

/** How many layers are wrong by themselves; undefined where none was fed references. */
export function isolatedLine({ layers, firstIsolated }: VerifyReport): string | undefined {
  const compared = layers.filter(({ isolated }) => isolated);
  if (compared.length === 0) return undefined;
  const diverging = compared.filter(({ isolated }) => isFailing(isolated!));
  return firstIsolated
    ? `fed the references of what they read, ${layerCount(diverging)} of ${layerCount(compared)} layers diverge: ` +
        listed(diverging.map(({ label }) => label))
    : 'fed the references of what they read, all layers agree: the difference accumulates over layers';
}

/** How many layers these are the tops of. */
export function layerCount(results: readonly LayerResult[]): number {
  return new Set(results.map(({ index }) => index)).size;
}

/** What was tried at one top, and what explains its difference. */
function pointLines({ result: { label: at, isolated }, tried, causes, mendedBy, remarks = [] }: Point): string[] {
  if (causes.length === 0 && mendedBy) return [`${at} agrees with the same edit, ${mendedBy.id} at ${mendedBy.layer}`];
  const isOfAll = tried.length === 0 && causes.length > 0;
  const made = `${tried.length} ${tried.length === 1 ? 'change was' : 'changes were'} tried at ${at}`;
  if (causes.length === 0) return [`${made}, none explains the difference`, ...remarks.map((remark) => `  ${remark}`)];
  const before = isolated?.comparison;
  const was = before && !isOfAll ? `, was ${formatFigure(before.maxRel)}` : '';
  return [
    isOfAll ? 'what was found of all references:' : `${made}; what makes it agree:`,
    ...causes.flatMap((cause, i) => [
      ...causeLines(cause, `  ${i + 1}. `, was),
      ...cause.alternatives.flatMap((other) => causeLines(other, '     or: ', was)),
    ]),
  ];
}

function causeLines(cause: Cause, head: string, was: string): string[] {
  const { id, layer, type, label, explanation, remark, fix, numbers, comparison } = cause;
  const code = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => `       ${line}`);
  return [
    `${head}${id} at ${layer} (${type}): ${label}; max rel ${formatFigure(comparison.maxRel)}${was}`,
    `     ${explanation}`,
    ...(remark === undefined ? [] : [`     ${remark}`]),
    ...(fix === '' ? [] : code(fix)),
    ...(numbers === undefined ? [] : ['     its numbers, for pack-weights:', ...code(numbers)]),
  ];
}

/** Why a layer disagrees, or how far it is off. */
export function describe({ comparison, referenceShape, shape, channelsLast, failed }: LayerResult): string {
  if (channelsLast)
    return `the reference has its channels last; turned, ${comparison!.allclose ? 'it agrees' : `max rel is ${formatFigure(comparison!.maxRel)}`}`;
  if (!comparison)
    return `gives ${shape.join('x')}, the reference is ${referenceShape?.join('x') ?? 'of another shape'}`;
  const { maxAbs, maxRel, cosine, outside, count } = comparison;
  const limits = failed ? `${failed.join(', ')}; ` : '';
  return (
    `${limits}max abs ${formatFigure(maxAbs)}, max rel ${formatFigure(maxRel)}, cosine ${cosine.toFixed(6)}, ` +
    `${outside} of ${count} values outside the tolerance`
  );
}

function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} … and ${names.length - most} more` : shown;
}

/** Figures as JSON has them: what is not finite as a word; null where nothing was compared. */
type JsonFigure = number | 'NaN' | 'Infinity' | '-Infinity' | null;

/** The figures of a comparison as `--json` writes them. */
export interface JsonFigures {
  maxAbs: JsonFigure;
  maxRel: JsonFigure;
  cosine: JsonFigure;
  /** Null without a reference. */
  ok: boolean | null;
}

/** A {@link Cause} as `--json` writes it. */
export type JsonCause = Omit<Cause, 'outcome' | 'alternatives'> & { matches: true; alternatives: JsonCause[] };

function causeToJson({ outcome: _outcome, alternatives, ...cause }: Cause): JsonCause {
  return { ...cause, matches: true, alternatives: alternatives.map(causeToJson) };
}

/** What `netspec verify --json` prints: the members of {@link VerifyReport} but for the evidence, and these. */
export interface VerifyJson extends Omit<
  VerifyReport,
  'layers' | 'points' | 'causes' | 'mends' | 'mendedText' | 'evidence'
> {
  /** Same as `ok`. */
  passed: boolean;
  /** The first layer that diverges, and how far. */
  first: { layer: string; top: string; type: string; error: string } | null;
  causes: JsonCause[];
  layers: (Omit<LayerResult, 'isolated'> & JsonFigures & { isolated: JsonFigures | null })[];
}

/**
 * The report as JSON data: figures that are not finite become strings, which JSON has and NaN it has not.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const report = await verify(net, { references: await openWeights('references.npz'), map: blobMap(net) });
 * JSON.stringify(reportToJson(report)).includes('"passed":true'); // → true
 */
export function reportToJson(report: VerifyReport): VerifyJson {
  checkArguments('reportToJson()', { report: [report, REPORT] });
  return jsonOf(report);
}

function jsonOf({
  evidence: _evidence,
  points: _points,
  mends: _mends,
  mendedText: _text,
  ...report
}: VerifyReport): VerifyJson {
  const { firstDivergence: first } = report;
  const json = {
    passed: report.ok,
    first: first ? { layer: first.name, top: first.top, type: first.type, error: describe(first) } : null,
    ...report,
    causes: report.causes.map(causeToJson),
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
  return {
    maxAbs,
    maxRel,
    cosine,
    ok: ['no reference', 'not fed', 'stepped over'].includes(status) ? null : status === 'agrees',
  };
}
