/** Tile: ONNX's Tile along one axis. */
import { TileLayer } from '../../../layers/tile.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const tile: LayerExport = {
  layers: [TileLayer],
  becomes: 'Tile along one axis',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { axis, tiles } = resolve('TileParameter', param.tile_param);
    const along = axisIn(x!, axis);
    return [
      ops.tile(
        x!,
        x!.shape.map((_, i) => (i === along ? tiles : 1)),
      ),
    ];
  },
};
