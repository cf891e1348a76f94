/**
 * module-layers: which layers of a net are, together, one module of the model: a BatchNorm and the Scale behind it, a
 * Deconvolution and the Scale that mends its border. A module's output is that of the last of its layers.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { factsOf } from '../../layers/registry.js';
import { resolve } from '../../proto/message.js';
import { canonicalName } from '../name-index.js';

/**
 * Types that give what they read another shape, or a part of it, and that porters put behind a module of the model. Others that only
 * move values, as ShuffleChannel does, are modules of the model themselves: the list is one of habits, not of facts.
 */
export const SHAPING_TYPES: readonly string[] = ['Crop', 'Slice', 'Reshape', 'Flatten', 'Permute'];

/** Types that porters put behind a module likewise: they change what it gives by constants, by its shape, or to a part of it. */
const SMALL_TYPES: ReadonlySet<string> = new Set([
  ...['Scale', 'Bias', 'Power', 'Eltwise', 'Clip', 'Threshold'],
  ...SHAPING_TYPES,
]);

/** Whether a layer has a matrix of weights: a Scale along the channels behind it is a module of its own, a normalization. */
const hasMatrix = (layer: LayerParameter): boolean => factsOf(layer)?.weights !== undefined || layer.type === 'Embed';

/**
 * Whether `next`, which reads what `layer` makes, belongs to the same module of the model.
 *
 * Some pairs are told by their types: PyTorch has one module for what Caffe has two layers for. Others are told by their
 * names as well: `up_border` behind `up`.
 * @param first the first layer of the module, where `layer` is not
 * @example completesModule({ type: 'Scale', name: 'scale1' }, { type: 'BatchNorm', name: 'bn1' }) // true
 */
export function completesModule(next: LayerParameter, layer: LayerParameter, first = layer): boolean {
  switch (next.type) {
    case 'Scale':
      if (factsOf(layer)?.normalizes) return true;
      if (isSpatialFactor(next)) return layer.type === 'Deconvolution' || layer.type === 'Pooling';
      break;
    case 'Bias':
      if (layer.type === 'BatchNorm' || (layer.type === 'Scale' && !layer.scale_param?.bias_term)) return true;
      break;
    case 'Clip':
      // ReLU6, where it was ported as what it is made of.
      if (layer.type === 'ReLU') return true;
  }
  if (!SMALL_TYPES.has(next.type ?? '') || !isNamedAfter(next.name ?? '', first.name ?? '')) return false;
  return !(next.type === 'Scale' && hasMatrix(layer));
}

/** A Scale whose factors lie over the rows and columns of an image, and are the same for all channels. */
function isSpatialFactor({ bottom = [], scale_param }: LayerParameter): boolean {
  const { axis, num_axes } = resolve('ScaleParameter', scale_param);
  return bottom.length === 1 && (axis === 2 || axis === -2) && num_axes !== 1;
}

/** Whether one name is the other and something behind it: `up_border` of `up`, `bn1/scale` of `bn1`. */
export function isNamedAfter(name: string, module: string): boolean {
  const [long, short] = [canonicalName(name), canonicalName(module)];
  return short !== '' && long.length > short.length && long.startsWith(short) && /[_:-]/.test(long[short.length]!);
}
