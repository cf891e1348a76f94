/** own-values: layers whose parameters the prototxt itself gives, so that no weight file has to hold them. */
import { isDeterministicFiller } from '../../engine/deterministic-fillers.js';
import { Phase, type LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { holds, type LayerFacts } from '../facts.js';

/** Whether a layer's weights are an interpolation kernel that its filler makes. */
export function isUpsampling({ type, convolution_param: param }: LayerParameter): boolean {
  const filler = param?.weight_filler;
  if (type !== 'Deconvolution' || !filler || !isDeterministicFiller(filler)) return false;
  if (param.bias_term !== false && !isDeterministicFiller(param.bias_filler)) return false;
  return filler.type === 'bilinear' || resolve('FillerParameter', filler).value !== 0;
}

/** Whether a layer has statistics and normalizes by those of each batch, so that nobody reads them. */
export function ignoresStatistics(layer: LayerParameter, facts: Partial<LayerFacts> | undefined): boolean {
  return Boolean(facts?.frozenBlobs) && holds(facts?.changesBlobs, layer, Phase.TEST);
}
