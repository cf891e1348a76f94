/** ROIPooling: ONNX's MaxRoiPool. */
import { ROIPoolingLayer } from '../../../layers/roi-pooling.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { countOf } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

export const roiPooling: LayerExport = {
  layers: [ROIPoolingLayer],
  becomes: 'MaxRoiPool',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [x, rois], topShapes: [shape] }) => {
    const given = settingsOf<{ pooled_h: number; pooled_w: number; spatial_scale: number }>(param, 'roi_pooling_param');
    const { pooled_h = 0, pooled_w = 0, spatial_scale: scale = 1 } = given;
    const regions = ops.reshape(rois!, [countOf(rois!) / 5, 5]);
    const attributes = { pooled_shape: [pooled_h, pooled_w], spatial_scale: { float: scale } };
    return [ops.node('MaxRoiPool', [x, regions], shape!, attributes)];
  },
};
