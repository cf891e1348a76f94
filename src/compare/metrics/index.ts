/** The measures of agreement. One file is one row here; `--metric`, its help and tolerance files know them from this table. */
import { checkArguments, fields, LIST, type ArgumentKind } from '../../arguments.js';
import { didYouMean, NetspecError } from '../../errors.js';
import type { Metric, Sides } from './metric.js';
import { metric as boxIou } from './box-iou.js';
import { metric as boxScore } from './box-score.js';
import { metric as boxes } from './boxes.js';
import { metric as cosine } from './cosine.js';
import { metric as firstNonFinite } from './first-non-finite.js';
import { metric as kl } from './kl.js';
import { metric as maxAbs } from './max-abs.js';
import { metric as maxRel } from './max-rel.js';
import { metric as meanAbs } from './mean-abs.js';
import { metric as meanRel } from './mean-rel.js';
import { metric as outside } from './outside.js';
import { metric as p50 } from './p50.js';
import { metric as p90 } from './p90.js';
import { metric as p99 } from './p99.js';
import { metric as psnr } from './psnr.js';
import { metric as relativeL1 } from './relative-l1.js';
import { metric as relativeL2 } from './relative-l2.js';
import { metric as rmse } from './rmse.js';
import { metric as sqnr } from './sqnr.js';
import { metric as top1 } from './top-1.js';
import { metric as top5 } from './top-5.js';

export type { Metric, Sides } from './metric.js';

/** In the order of the help. */
export const METRICS: readonly Metric[] = [
  maxAbs,
  maxRel,
  meanAbs,
  meanRel,
  rmse,
  relativeL1,
  relativeL2,
  cosine,
  sqnr,
  psnr,
  kl,
  outside,
  p50,
  p90,
  p99,
  firstNonFinite,
  top1,
  top5,
  boxes,
  boxIou,
  boxScore,
];

const NUMBERS: ArgumentKind = {
  expected: 'an array of numbers',
  accepts: (value) => Array.isArray(value) || ArrayBuffer.isView(value),
};
const SIDES = fields('both sides { actual, reference }', { actual: NUMBERS, reference: NUMBERS });

const BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [metric.name, metric]));

/**
 * A measure by its name.
 * @param where what the error says of where the name stands: `--metric`
 * @throws NetspecError for a name that no measure has.
 */
export function metricOf(name: string, where: string): Metric {
  const metric = BY_NAME.get(name);
  if (metric) return metric;
  const names = [...BY_NAME.keys()];
  throw new NetspecError(`${where}: there is no measure '${name}'`, {
    hint: didYouMean(name, names) ?? `there are ${names.join(', ')}`,
  });
}

/**
 * Measures how two arrays agree.
 * @returns the measures by name; those are left out that do not apply, as boxes of what is no detection.
 * @throws NetspecError for a name that no measure has, or arrays of different lengths.
 * @example
 * const sides = { actual: [1, 2, 3.5], reference: [1, 2, 3] };
 * measure(['max-abs', 'rmse'], sides)['max-abs']; // → 0.5
 */
export function measure(
  names: readonly string[],
  sides: Pick<Sides, 'actual' | 'reference'> & Partial<Sides>,
): Record<string, number> {
  checkArguments('measure()', { names: [names, LIST], sides: [sides, SIDES] });
  return measured(
    names.map((name) => metricOf(name, 'measure()')),
    {
      shape: [sides.actual.length],
      referenceShape: [sides.reference.length],
      tolerance: { rtol: 1e-3, atol: 1e-4 },
      isOutput: true,
      ...sides,
    },
  );
}

/** What measures say of two sides, by their names; those left out that do not apply. */
export function measured(metrics: readonly Metric[], sides: Sides): Record<string, number> {
  const hasSameLength = sides.actual.length === sides.reference.length;
  const values: Record<string, number> = {};
  for (const metric of metrics) {
    if (!hasSameLength && !metric.takesShapes) continue;
    const value = metric.measure(sides);
    if (value !== undefined) values[metric.name] = value;
  }
  return values;
}
