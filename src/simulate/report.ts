/** report: a simulation as lines for people and as data for JSON. Knows nothing of terminals. */
import { checkArguments, fields, LIST } from '../arguments.js';
import { formatFigure } from '../compare/figures.js';
import type { SimulationError } from './figures.js';
import { SIDE_BINS, type Histogram } from './histogram.js';
import type { SimulatedLayer, SimulationReport } from './result.js';

export const SIMULATION_HEADER = ['layer', 'type', 'shape', 'in', 'SQNR dB', 'cosine', 'max abs', 'max rel'] as const;

/** Layers of the table of sensitivity that the terminal shows. */
const SHOWN = 10;

/** Two decimals; `exact` where there is no noise. */
export function formatDecibels(sqnr: number): string {
  if (Number.isNaN(sqnr)) return 'nan';
  if (sqnr === Infinity) return 'exact';
  return sqnr === -Infinity ? '-inf' : sqnr.toFixed(2);
}

/** One row of the table, in the order of {@link SIMULATION_HEADER}. */
export function simulationRow(
  { name, type, top, shape, precision, error }: SimulatedLayer,
  severalTops: boolean,
): string[] {
  return [
    severalTops ? `${name}: ${top}` : name,
    type,
    shape.join('x'),
    precision,
    formatDecibels(error.sqnr),
    Number.isNaN(error.cosine) ? 'nan' : error.cosine.toFixed(6),
    formatFigure(error.maxAbs),
    formatFigure(error.maxRel),
  ];
}

/** What stands below the table. */
export function simulationLines(report: SimulationReport): string[] {
  const { samples, calibrationSamples, outputs, sensitivity, keep, warnings, layers, settings } = report;
  const count = (n: number, of: string): string => `${n} ${of}${n === 1 ? '' : 's'}`;
  const ranges = report.scales ? `, ranges of ${count(calibrationSamples, 'sample')}` : '';
  const lines = [`simulated ${settings}; ${count(samples, 'sample')}${ranges}`];
  for (const [name, error] of Object.entries(outputs)) lines.push(`output ${name}: ${errorText(error)}`);
  const referenced = layers.filter(({ reference }) => reference);
  const last = referenced.at(-1);
  if (last?.reference)
    lines.push(
      `against references (${referenced.length}), at ${last.name}: the float net ${formatDecibels(last.reference.float.sqnr)} dB, ` +
        `the simulated net ${formatDecibels(last.reference.simulated.sqnr)} dB`,
    );
  if (sensitivity) {
    lines.push('', `what each layer alone in ${report.format} does to the outputs, the most harmful first:`);
    const width = Math.max(0, ...sensitivity.slice(0, SHOWN).map(({ name }) => name.length));
    for (const { name, type, sqnr } of sensitivity.slice(0, SHOWN))
      lines.push(`  ${name.padEnd(width)}  ${formatDecibels(sqnr).padStart(7)} dB  ${type}`);
    if (sensitivity.length > SHOWN) lines.push(`  and ${sensitivity.length - SHOWN} layers more`);
  }
  if (keep) lines.push('', ...keepLines(keep));
  if (warnings.length > 0) lines.push('', ...warnings.map(({ text }) => `warning: ${text}`));
  return lines;
}

function keepLines({ wanted, reached, layers, of }: NonNullable<SimulationReport['keep']>): string[] {
  if (layers.length === 0)
    return [`no layer has to stay in float32 for ${wanted} dB: the outputs have ${formatDecibels(reached)}`];
  const result = reached === Infinity ? 'the outputs are exact' : `the outputs have ${formatDecibels(reached)}`;
  return [
    `to stay in float32 for ${wanted} dB, ${layers.length} of ${of} layers (${result}):`,
    `  --keep ${layers.join(',')}`,
  ];
}

function errorText({ sqnr, cosine, maxAbs }: SimulationError): string {
  return `SQNR ${formatDecibels(sqnr)} dB, cosine ${Number.isNaN(cosine) ? 'nan' : cosine.toFixed(6)}, max abs ${formatFigure(maxAbs)}`;
}

/** Whether a value of an output is no finite number although the float net's is one. */
export function overflows({ outputs }: SimulationReport): boolean {
  return Object.values(outputs).some(({ maxAbs }) => !Number.isFinite(maxAbs));
}

/** Counts of values in equal steps over a range. */
export interface RangeHistogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

/** A histogram in so few bins that a picture shows them, over the range of what was seen. */
export function coarseHistogram({ bins, limit, min, max, zeros }: Histogram, size = 64): RangeHistogram {
  if (!(max >= min)) return { from: 0, to: 0, counts: [] };
  const counts = new Array<number>(size).fill(0);
  const width = limit / SIDE_BINS;
  const step = (max - min) / size;
  const at = (value: number): number =>
    step === 0 ? 0 : Math.min(size - 1, Math.max(0, Math.floor((value - min) / step)));
  bins.forEach((count, i) => {
    if (count > 0) counts[at((i - SIDE_BINS + 0.5) * width)]! += count;
  });
  if (zeros > 0) counts[at(0)]! += zeros;
  return { from: min, to: max, counts };
}

/**
 * A report as JSON data: figures that are not finite become strings, histograms 64 counts each.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const report = await simulate(net, { format: 'bf16', sensitivity: false });
 * JSON.stringify(simulationToJson(report)).includes('"format":"bf16"'); // → true
 */
export function simulationToJson(report: SimulationReport): unknown {
  checkArguments('simulationToJson()', {
    report: [report, fields('a report, such as simulate() gives', { layers: LIST, ranges: LIST, warnings: LIST })],
  });
  return finiteOnly({
    ...report,
    ranges: report.ranges.map(({ histogram, ...range }) => ({ ...range, histogram: coarseHistogram(histogram) })),
  });
}

function finiteOnly(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(finiteOnly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, finiteOnly(each)]));
}
