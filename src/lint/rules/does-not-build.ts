/** does-not-build: Caffe refuses the net. */
import type { Rule } from '../rule.js';

export const doesNotBuild: Rule = {
  name: 'does-not-build',
  severity: 'error',
  doc: 'Caffe refuses the net',
  check: (net) => {
    const { problem, layers } = net;
    if (!problem) return [];
    const { layer, field, hint, line, column } = problem.details;
    const found = layers.find(({ name }) => layer?.name !== undefined && name === layer.name);
    // Layers that Caffe or a fork has, and netspec does not run: shapes behind them are unknown.
    const facts = found && net.factsOf(found);
    const isOnlyUnknown = found !== undefined && (facts === undefined || facts.unsupported !== undefined);
    return [
      {
        layer: found,
        field,
        message: isOnlyUnknown ? `${problem.reason}. Rules that need shapes are left out.` : problem.reason,
        ...(isOnlyUnknown && { severity: 'note' }),
        hint,
        ...(line !== undefined && { address: { line, column } }),
      },
    ];
  },
};
