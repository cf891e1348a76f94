/**
 * Which layers a net has in a given state: Caffe's include and exclude rules over phase, level and stages.
 */
import { NetspecError } from '../errors.js';
import type { NetParameter, NetState, NetStateRule } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import { addressIn, derive, nameAndType } from '../proto/derive.js';

/**
 * Whether a state meets a rule: every condition that the rule states holds. An empty rule is met by every state.
 * As Caffe's Net::StateMeetsRule.
 */
export function stateMeetsRule(state: NetState, rule: NetStateRule): boolean {
  const { phase, level, stage: stages } = resolve('NetState', state);
  if (rule.phase !== undefined && rule.phase !== phase) return false;
  if (rule.min_level !== undefined && level < rule.min_level) return false;
  if (rule.max_level !== undefined && level > rule.max_level) return false;
  if (rule.stage?.some((stage) => !stages.includes(stage))) return false;
  return !rule.not_stage?.some((stage) => stages.includes(stage));
}

/**
 * The net without the layers that its `state` leaves out: those with include rules of which none is met, and those with
 * an exclude rule that is met. As Caffe's Net::FilterNet.
 * @throws NetspecError for a layer with both kinds of rule.
 */
export function filterNet(net: NetParameter): NetParameter {
  const state = net.state ?? {};
  const layer = (net.layer ?? []).filter((candidate) => {
    const { include = [], exclude = [] } = candidate;
    if (include.length > 0 && exclude.length > 0)
      throw new NetspecError('Specify either include rules or exclude rules; not both.', {
        layer: nameAndType(candidate),
        field: 'exclude',
        ...addressIn(candidate, 'exclude'),
      });
    const met = (rule: NetStateRule) => stateMeetsRule(state, rule);
    return include.length > 0 ? include.some(met) : !exclude.some(met);
  });
  return derive(net, { layer });
}
