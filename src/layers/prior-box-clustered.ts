/** PriorBoxClustered: default boxes of given sizes. */
import { PriorBoxesLayer, type CellBox } from './shared/prior-boxes.js';
import type { LayerFacts } from './facts.js';

/**
 * Boxes of given widths and heights around the centre of each cell of a feature map, and the variances by which their offsets
 * are decoded.
 *
 * @formula of each cell (h, w), for each i: a box of `width[i]` × `height[i]` pixels with its centre at ((w + offset) · step_w,
 *   (h + offset) · step_h). Coordinates are divided by the size of the image
 * @bottoms x, the feature map (N, C, H, W); data, the image (N, C, height, width). Only their sizes are used
 * @tops y, (1, 2, H · W · P · 4): xmin, ymin, xmax, ymax of each box, then the four variances of each
 * @fields `width` and `height`: as many of each. `variance`, `step`, `img_size`, `clip` and `offset` as of PriorBox
 * @source prior_box_clustered_layer.cpp of openvinotoolkit/training_toolbox_caffe
 */
export class PriorBoxClusteredLayer extends PriorBoxesLayer {
  static override readonly facts: LayerFacts = {
    type: 'PriorBoxClustered',
    origin: 'OpenVINO',
    family: 'other',
    doc: 'Default boxes of given widths and heights for each cell of a feature map.',
    bottoms: ['x', 'data'],
    tops: ['y'],
    params: ['prior_box_param'],
    withoutCase: 'test/layers/prior-boxes.test.ts derives the boxes of small maps by hand',
  };

  protected override cellBoxes(): readonly CellBox[] {
    const { width = [], height = [] } = this.settings;
    this.check(width.length > 0, 'must provide width.', 'write width: … and height: …', 'prior_box_param.width');
    this.check(
      height.length === width.length,
      `there must be as many height as width: ${height.length} and ${width.length}`,
      undefined,
      'prior_box_param.height',
    );
    this.checkPositive('width', width);
    this.checkPositive('height', height);
    return width.map((each, i) => ({ width: each, height: height[i]! }));
  }
}
