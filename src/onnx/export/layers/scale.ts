/** Scale: Mul, and Add where there is a bias. */
import { ScaleLayer } from '../../../layers/scale.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';
import { spanningValue } from '../span.js';

export const scale: LayerExport = {
  layers: [ScaleLayer],
  becomes: 'Mul, and Add where there is a bias',
  emit: (context) => {
    const { ops, param, bottoms } = context;
    const { axis, bias_term: hasBias } = resolve('ScaleParameter', param.scale_param);
    const isGiven = bottoms.length > 1;
    const y = ops.mul(bottoms[0]!, spanningValue(context, axis, isGiven ? undefined : 0));
    return [hasBias ? ops.add(y, spanningValue(context, axis, isGiven ? 0 : 1)) : y];
  },
};
