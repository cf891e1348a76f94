/** Clip: ONNX's Clip. */
import { ClipLayer } from '../../../layers/clip.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const clip: LayerExport = {
  layers: [ClipLayer],
  becomes: 'Clip',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { min, max } = resolve('ClipParameter', param.clip_param);
    return [ops.clip(x!, min, max)];
  },
};
