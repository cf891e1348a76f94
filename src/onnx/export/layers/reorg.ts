/** Reorg, in all its kinds: Reshape, Transpose, Reshape. They differ in the image that they hand to Darknet's routine. */
import { ReorgSophgoLayer } from '../../../layers/reorg-sophgo.js';
import { ReorgSynopsysLayer } from '../../../layers/reorg-synopsys.js';
import { ReorgLayer } from '../../../layers/reorg.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';
import { reorg as moveBlocks } from '../reorg.js';

export const reorg: LayerExport = {
  layers: [ReorgLayer, ReorgSophgoLayer, ReorgSynopsysLayer],
  becomes: 'Reshape, Transpose, Reshape',
  emit: ({ ops, layer, param, bottoms: [x], topShapes: [shape] }) => {
    const { stride = 1, reverse = false } = settingsOf<{ stride: number; reverse: boolean }>(param, 'reorg_param');
    const from = layer instanceof ReorgSophgoLayer ? shape! : x!.shape;
    const [channels, height, width] = from.slice(1) as [number, number, number];
    const image: [number, number, number] =
      layer instanceof ReorgSynopsysLayer ? [channels, width, height] : [channels, height, width];
    return [moveBlocks(ops, x!, shape!, { image, stride, reverse })];
  },
};
