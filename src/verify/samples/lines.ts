/** lines: a report on samples as the cells of a table, columns of a CSV, and lines for people. */
import { metricOf } from '../../compare/metrics/index.js';
import { formatMeasure } from '../report.js';
import type { LayerResult } from '../result.js';
import type { SampledLayer, SamplesReport } from './verify-samples.js';

/** What the table shows unless other measures are asked for. */
const USUAL = ['max-rel'];
const QUANTILES = ['p50', 'p90', 'p99'] as const;

const shown = (metrics: readonly string[]): readonly string[] => (metrics.length > 0 ? metrics : USUAL);

/** The titles of the table. */
export function sampleColumns(metrics: readonly string[]): string[] {
  const figures = shown(metrics).flatMap((name) => [metricOf(name, 'options.metrics').title, 'mean', 'p90']);
  return ['layer', 'type', 'shape', ...figures, 'worst', 'allclose'];
}

/** One row, in the order of {@link sampleColumns}. */
export function sampleRow(layer: SampledLayer, metrics: readonly string[]): string[] {
  const { label, type, shape, spread, status, samples, failing, sample } = layer;
  const figures = shown(metrics).flatMap((name) => {
    const { [name]: of } = spread;
    return of ? [of.worst, of.mean, of.p90].map((value) => formatMeasure(name, value)) : ['', '', ''];
  });
  const verdict = samples === 0 ? status : failing > 0 ? `NO (${failing} of ${samples} samples)` : 'yes';
  return [label, type, shape.join('x'), ...figures, sample, verdict];
}

/** What a CSV has of a layer besides the figures of its worst sample. */
export function sampleCsv(layer: LayerResult): Record<string, string | number> {
  const { sample, samples, failing, spread } = layer as SampledLayer;
  const cells: Record<string, string | number> = { worst_sample: sample, samples, failing };
  for (const [name, of] of Object.entries(spread)) {
    const column = name.replaceAll('-', '_');
    for (const each of ['worst', 'mean', ...QUANTILES] as const) cells[`${column}_${each}`] = of[each];
    cells[`${column}_sample`] = of.sample;
  }
  return cells;
}

/** The closing lines: how many samples agree, and where the worst goes wrong. */
export function sampleLines({ samples, report, worst, stopped, layers }: SamplesReport, count: number): string[] {
  const { rtol, atol } = report.tolerance;
  const failing = samples.filter(({ ok }) => !ok);
  const compared = layers.filter((layer) => layer.samples > 0).length;
  const first = layers.find((layer) => layer.failing > 0);
  return [
    ...(stopped ? [`stopped after ${samples.length} of ${count} samples; what is known so far:`] : []),
    `${samples.length} samples, ${compared} layers with references; rtol ${rtol}, atol ${atol}, algorithm ${report.algorithm}`,
    ...(report.unusedReferences.length > 0
      ? [`references that belong to no layer of this net: ${report.unusedReferences.slice(0, 10).join(', ')}`]
      : []),
    ...(first
      ? [
          `${failing.length} of ${samples.length} samples diverge: ${listed(failing.map(({ name }) => name))}`,
          `first layer that diverges: ${first.label} (${first.type}), in ${first.failing} of ${first.samples} samples; worst in ${worst}`,
        ]
      : ['every matched layer agrees in every sample', `largest error in ${worst}`]),
  ];
}

function listed(names: readonly string[], most = 10): string {
  const few = names.slice(0, most).join(', ');
  return names.length > most ? `${few} … and ${names.length - most} more` : few;
}
