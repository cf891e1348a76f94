/** Setting a layer up over its blobs: the refusal of in-place use, then the layer's own checks and shapes. */
import type { Blob } from '../../engine/blob.js';
import { NetspecError } from '../../errors.js';
import { Phase } from '../../generated/messages.js';
import { holds } from '../facts.js';
import type { Layer, LayerClass } from '../layer.js';

/**
 * Calls the layer's `setUp` and `reshape`.
 * @throws NetspecError in Caffe's words when a top is a bottom and the layer's facts do not allow it; whatever the layer refuses
 */
export function setUpLayer(layer: Layer, bottom: readonly Blob[], top: readonly Blob[]): void {
  const { facts } = layer.constructor as LayerClass;
  const mayBeFirst = holds(facts?.inPlace, layer.param, layer.param.phase ?? Phase.TEST);
  const isRefused = (blob: Blob, index: number): boolean =>
    bottom.includes(blob) && !(mayBeFirst && index === 0 && blob === bottom[0]);
  if (facts && top.some(isRefused))
    throw new NetspecError(`${layer.type} Layer does not allow in-place computation.`, {
      hint: 'give the top a name of its own',
      field: 'top',
      layer: { name: layer.name, type: layer.type },
    });
  layer.setUp(bottom, top);
  layer.reshape(bottom, top);
}
