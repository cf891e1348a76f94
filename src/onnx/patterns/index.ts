/** Patterns: groups of nodes that are one layer, or none; one file each, run in this order before the operators. */
import type { Prepared } from '../prepare/prepare.js';
import type { Pattern, PatternOptions } from './pattern.js';

export const PATTERNS: readonly Pattern[] = [];

/** Applies all patterns to the graph, in place. */
export function simplify({ graph, values }: Prepared, options: PatternOptions): void {
  for (const pattern of PATTERNS) {
    for (const node of [...graph.nodes]) pattern.apply({ graph, values, node, options });
    graph.prune();
  }
}
