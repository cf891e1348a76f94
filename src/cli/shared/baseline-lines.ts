/** baseline-lines: what became of a baseline, for people. */
import type { BaselineComparison } from '../../verify/limits/baseline.js';

export function baselineLines({ worse, missing, added, ok }: BaselineComparison, file: string): string[] {
  return [
    ok ? `nothing is worse than in ${file}` : `worse than in ${file}: ${worse.length + missing.length}`,
    ...worse.map(({ layer, what }) => `  ${layer}: ${what}`),
    ...missing.map((layer) => `  ${layer}: is not compared any more`),
    ...(added.length > 0 ? [`not in ${file}: ${added.join(', ')}`] : []),
  ];
}
