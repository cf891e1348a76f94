/** does-not-build: Caffe refuses the net. */
import { Phase } from '../../generated/messages.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const doesNotBuild: Rule = {
  name: 'does-not-build',
  severity: 'error',
  doc: 'Caffe refuses the net',
  check: (net) => {
    const { problem, layers } = net;
    if (!problem) return [];
    const { layer, field, hint, line, column } = problem.details;
    const found = layer && layers.find(({ name, type }) => name === layer.name && type === layer.type);
    const facts = found && net.factsOf(found);
    const message = messageOf(net, problem.reason);
    const place = { layer: found, field, hint, ...(line !== undefined && { address: { line, column } }) };
    // Layers that Caffe or a fork has, and netspec does not run: shapes behind them are unknown.
    if (found && (!facts || facts.unsupported))
      return [{ ...place, severity: 'note', message: `${message}. Rules that need shapes are left out.` }];
    // Another fork's layer of this type may take it: only the vendor's own Caffe knows.
    if (facts && facts.origin !== 'BVLC')
      return [{ ...place, severity: 'warning', message: `${message} (by the rules of ${facts.origin})` }];
    return [{ ...place, message }];
  },
};

/** With the phase, where layers of the other one were left out: a net for training alone has no data in phase TEST. */
function messageOf({ net, phase }: LintNet, reason: string): string {
  const other = phase === 'TEST' ? Phase.TRAIN : Phase.TEST;
  const isPart = net.layer?.some(({ include = [] }) => include.some((rule) => rule.phase === other));
  return isPart ? `Built for the phase ${phase}: ${reason}` : reason;
}
