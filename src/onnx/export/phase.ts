/** The phase that a layer of a net is in. */
import { Phase } from '../../generated/messages.js';
import type { Layer } from '../../layers/layer.js';
import type { Net } from '../../runtime/net.js';

/** A layer's own phase, else the net's. */
export function phaseOf({ phase }: Pick<Net, 'phase'>, { param }: Pick<Layer, 'param'>): Phase {
  return param.phase ?? (phase === 'TRAIN' ? Phase.TRAIN : Phase.TEST);
}
