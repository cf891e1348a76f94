/** pooling-rounding: Caffe rounds pooled sizes up where the models that are ported round them down. For what tries the other way. */
import { PoolingParameter_RoundMode as Round, type LayerParameter } from '../generated/messages.js';
import { derive } from '../proto/derive.js';
import { resolve } from '../proto/message.js';

/** Whether a layer is a Pooling whose sizes are rounded up. */
export function roundsUp({ type, pooling_param: param }: LayerParameter): boolean {
  if (type !== 'Pooling') return false;
  const { round_mode, global_pooling } = resolve('PoolingParameter', param);
  return round_mode === Round.CEIL && !global_pooling;
}

/** The pooling with sizes that are rounded down. */
export function roundedDown(layer: LayerParameter): LayerParameter {
  return derive(layer, { pooling_param: { ...layer.pooling_param, round_mode: Round.FLOOR } });
}
