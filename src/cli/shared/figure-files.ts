/** figure-files: what verify writes of its figures besides what it prints: CSV, JUnit XML, a baseline. */
import { NetspecError } from '../../errors.js';
import type { Baseline, BaselineComparison } from '../../verify/limits/baseline.js';
import type { LayerResult } from '../../verify/result.js';
import type { MeasureOptions } from './measure-options.js';
import { sameFile } from './same-file.js';

/** Columns that only some callers have, by title. */
export type ExtraColumns = (layer: LayerResult) => Readonly<Record<string, string | number>>;

/** What the files are made of. */
export interface Figures {
  net: string;
  layers: readonly LayerResult[];
  metrics: readonly string[];
  /** Beside the usual columns of the CSV. */
  extra?: ExtraColumns;
}

/**
 * Reads the baseline.
 * @throws NetspecError for a file that is none
 */
export async function readBaseline({ baseline }: MeasureOptions): Promise<Baseline | undefined> {
  if (baseline === undefined) return undefined;
  const { parseBaseline } = await import('../../verify/limits/baseline.js');
  const { readText } = await import('../../node/files.js');
  return parseBaseline(await readText(baseline), baseline);
}

/**
 * Writes the files that are asked for, all or none.
 * @returns their names
 */
export async function writeFigures(
  options: MeasureOptions,
  figures: Figures,
  compared: BaselineComparison | undefined,
): Promise<string[]> {
  const { textFile, writeFilesAtomically } = await import('../../node/files.js');
  const { net, layers } = figures;
  const files = [];
  if (options.saveBaseline !== undefined) {
    const { baselineOf, formatBaseline } = await import('../../verify/limits/baseline.js');
    files.push(textFile(options.saveBaseline, formatBaseline(baselineOf(layers))));
  }
  if (options.csv !== undefined) files.push(textFile(options.csv, await csvText(figures)));
  if (options.junit !== undefined) {
    const { junitXml } = await import('./junit.js');
    const { describe } = await import('../../verify/report.js');
    files.push(textFile(options.junit, junitXml(`netspec verify ${net}`, layers, describe, compared)));
  }
  await writeFilesAtomically(files);
  return files.map(({ file }) => file);
}

async function csvText({ layers, metrics, extra }: Figures): Promise<string> {
  const { csvLines } = await import('./csv.js');
  const rows = layers.map((layer) => new Map(Object.entries({ ...rowOf(layer, metrics), ...extra?.(layer) })));
  const titles = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const cells = rows.map((row) => titles.map((title) => row.get(title) ?? ''));
  return csvLines(titles, cells)
    .map(({ text }) => `${text}\n`)
    .join('');
}

function rowOf(layer: LayerResult, metrics: readonly string[]): Record<string, string | number> {
  const { label, type, top, shape, reference = '', status, comparison, measures = {}, failed = [] } = layer;
  const row: Record<string, string | number> = {
    ...{ layer: label, type, top, shape: shape.join('x'), reference, status },
    max_abs: comparison?.maxAbs ?? '',
    max_rel: comparison?.maxRel ?? '',
    cosine: comparison?.cosine ?? '',
    outside: comparison?.outside ?? '',
    count: comparison?.count ?? '',
  };
  for (const name of metrics) row[name.replaceAll('-', '_')] ??= measures[name] ?? '';
  row.failed = failed.join('; ');
  return row;
}

/**
 * Refuses two options that name one file.
 * @throws NetspecError
 */
export function checkFigureFiles({ csv, junit, saveBaseline }: MeasureOptions): void {
  const given = Object.entries({ csv, junit, 'save-baseline': saveBaseline }).filter(([, file]) => file !== undefined);
  for (const [i, [name, file]] of given.entries())
    for (const [other, otherFile] of given.slice(i + 1))
      if (sameFile(file!, otherFile!))
        throw new NetspecError(`--${name} and --${other} name the same file: ${file!}`, {
          hint: 'write each to a file of its own',
        });
}
