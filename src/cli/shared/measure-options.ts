/** measure-options: the options of verify that say what is measured, what is allowed, and where the figures go. */
import { NetspecError } from '../../errors.js';
import type { ToleranceRules } from '../../verify/limits/tolerance-rules.js';
import { options, type ValuesOf } from './options.js';

export const MEASURE_OPTIONS = options({
  metric: {
    type: 'string',
    array: true,
    describe: 'measures for the table, NAME[,NAME]: rmse, sqnr, psnr, p99, top-1, boxes … See docs/verify.md',
  },
  tolerance: {
    type: 'string',
    describe: 'JSON file with tolerances and limits of measures, for layers by name, pattern or type',
  },
  baseline: {
    type: 'string',
    describe: 'figures of an earlier run; exit 1 when a layer got worse, and only then',
  },
  saveBaseline: { type: 'string', describe: 'write the figures to this file, for --baseline' },
  csv: { type: 'string', describe: 'write the figures of all layers to this file, as CSV' },
  junit: { type: 'string', describe: 'write one test case for each layer to this file, as JUnit XML' },
});
export type MeasureOptions = ValuesOf<typeof MEASURE_OPTIONS>;

/** What is measured and allowed, as `verify` takes it. */
export interface Measures {
  metrics: readonly string[];
  tolerances?: ToleranceRules;
}

/**
 * Reads the options, before anything is computed.
 * @throws NetspecError for a measure that is none, or a file that holds no tolerances
 */
export async function readMeasures({ metric, tolerance }: MeasureOptions): Promise<Measures> {
  const { metricOf } = await import('../../compare/metrics/index.js');
  const metrics = [...new Set(metric.flatMap((names) => names.split(',')).map((name) => name.trim()))];
  if (metric.length > 0 && metrics.includes(''))
    throw new NetspecError(`--metric expects names separated by commas, got '${metric.join(' ')}'`, {
      hint: 'for example --metric cosine,sqnr',
    });
  for (const name of metrics) metricOf(name, '--metric');
  if (tolerance === undefined) return { metrics };
  const { parseToleranceRules } = await import('../../verify/limits/tolerance-rules.js');
  const { readText } = await import('../../node/files.js');
  return { metrics, tolerances: parseToleranceRules(await readText(tolerance), tolerance) };
}
