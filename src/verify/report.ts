/**
 * report: a verify result as data for JSON and as lines for people. Knows nothing of terminals: no colours, no widths.
 */
import { formatFigure } from './figures.js';
import type { LayerResult, VerifyReport } from './verify.js';

export const TABLE_HEADER = ['layer', 'type', 'shape', 'max abs', 'max rel', 'cosine', 'allclose'] as const;

/** One row of the table, in the order of {@link TABLE_HEADER}. */
export function tableRow({ name, type, shape, status, comparison, referenceShape }: LayerResult): string[] {
  const head = [name, type, shape.join('x')];
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
  lines.push(`first layer that diverges: ${first.name} (${first.type}): ${describe(first)}`);
  lines.push(
    report.uncheckedBefore.length > 0
      ? `before it, without a reference: ${report.uncheckedBefore.map(({ name, type }) => `${name} (${type})`).join(', ')}`
      : 'every layer that it reads from has a reference, and agrees',
  );
  return lines;
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

/** The report as JSON data: figures that are not finite become strings, which JSON has and NaN it has not. */
export function reportToJson(report: VerifyReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}
