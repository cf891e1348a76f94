/** ResizeNearestNeighbor of Synopsys: ONNX's Resize with its choice of coordinates and rounding. */
import { ResizeNearestNeighborLayer } from '../../../layers/resize-nearest-neighbor.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { ResizeSettings } from '../../../layers/shared/resize.js';
import { resizeImages } from '../image-axes.js';
import type { LayerExport } from '../layer-export.js';

export const resizeNearestNeighbor: LayerExport = {
  layers: [ResizeNearestNeighborLayer],
  becomes: 'Resize with its choice of coordinates and rounding',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const s = settingsOf<ResizeSettings>(param, 'resize_nearest_neighbor_param');
    const [coordinates, nearest] = s.half_pixel_onnx
      ? ['half_pixel', 'floor']
      : s.half_pixel_centers
        ? // ⌊(i + ½) · step⌋ is (i + ½) · step − ½ rounded, halves upwards.
          ['half_pixel', 'round_prefer_ceil']
        : s.align_corners
          ? ['align_corners', 'round_prefer_ceil']
          : ['asymmetric', 'floor'];
    const isChannelsLast = (s.data_format ?? 'NHWC') === 'NHWC';
    return [resizeImages(ops, x!, shape!, isChannelsLast, { mode: 'nearest', coordinates: coordinates, nearest })];
  },
};
