/**
 * BatchNorm layers that declare `param` three times, as Caffe once required: their blobs are statistics, never trained.
 */
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import { inherit } from './inherit.js';

/** True when a BatchNorm layer has exactly three `param`, and these are not at rest already. */
export function needsBatchNormUpgrade(net: NetParameter): boolean {
  return net.layer?.some(mustFreeze) ?? false;
}

/** The net with lr_mult and decay_mult 0 for these. */
export function upgradeBatchNorm(net: NetParameter): NetParameter {
  const layer = net.layer?.map((each) => (mustFreeze(each) ? freeze(each) : each));
  return inherit({ ...net, layer }, 'NetParameter', net);
}

/** Whether a layer is a BatchNorm with three `param` of which some would train. */
export function mustFreeze(layer: LayerParameter): boolean {
  const { type, param = [] } = layer;
  return (
    type === 'BatchNorm' && param.length === 3 && param.some((spec) => spec.lr_mult !== 0 || spec.decay_mult !== 0)
  );
}

function freeze(layer: LayerParameter): LayerParameter {
  const param = layer.param?.map((spec) => inherit({ ...spec, lr_mult: 0, decay_mult: 0 }, 'ParamSpec', spec));
  return inherit({ ...layer, param }, 'LayerParameter', layer);
}
