/** ROIAlign: ONNX's RoiAlign, whose regions are not moved by half a pixel. */
import { ROIAlignLayer } from '../../../layers/roi-align.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';
import { countOf } from '../graph-builder.js';

interface Settings {
  pooled_h: number;
  pooled_w: number;
  spatial_scale: number;
  sampling_ratio: number;
}

export const roiAlign: LayerExport = {
  layers: [ROIAlignLayer],
  becomes: 'RoiAlign, whose regions are not moved by half a pixel',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [x, rois], topShapes: [shape] }) => {
    const given = settingsOf<Settings>(param, 'roi_align_param');
    const { pooled_h, pooled_w, spatial_scale: scale = 1, sampling_ratio: ratio = 0 } = given;
    const regions = ops.reshape(rois!, [countOf(rois!) / 5, 5]);
    const [images, corners] = ops.split(regions, 1, [1, 4]);
    const indices = ops.reshape(ops.cast(images!, 'int64'), [regions.shape[0]!]);
    return [
      ops.node('RoiAlign', [x, corners, indices], shape!, {
        mode: 'avg',
        output_height: pooled_h,
        output_width: pooled_w,
        sampling_ratio: ratio,
        spatial_scale: { float: scale },
        // Until opset 16 there is no other way.
        coordinate_transformation_mode: ops.opset >= 16 ? 'output_half_pixel' : undefined,
      }),
    ];
  },
};
