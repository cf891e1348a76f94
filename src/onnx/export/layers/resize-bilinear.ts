/** ResizeBilinear of Synopsys: ONNX's Resize with its choice of coordinates. */
import { ResizeBilinearLayer } from '../../../layers/resize-bilinear.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { ResizeSettings } from '../../../layers/shared/resize.js';
import { resizeImages } from '../image-axes.js';
import type { LayerExport } from '../layer-export.js';

export const resizeBilinear: LayerExport = {
  layers: [ResizeBilinearLayer],
  becomes: 'Resize with its choice of coordinates',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const s = settingsOf<ResizeSettings>(param, 'resize_bilinear_param');
    const coordinates = s.align_corners
      ? 'align_corners'
      : s.half_pixel_centers
        ? 'half_pixel'
        : s.pytorch_half_pixel
          ? 'pytorch_half_pixel'
          : 'asymmetric';
    const isChannelsLast = (s.data_format ?? 'NHWC') === 'NHWC';
    return [resizeImages(ops, x!, shape!, isChannelsLast, { mode: 'linear', coordinates })];
  },
};
