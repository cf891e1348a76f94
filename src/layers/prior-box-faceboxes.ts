/** PriorBox of FaceBoxes: default boxes, of which small ones stand closer together. */
import { PriorBoxesLayer, type CellBox } from './shared/prior-boxes.js';
import type { LayerFacts } from './facts.js';

/** How many boxes of a size stand side by side in a cell, and how far apart, in pixels. */
const DENSE = new Map([
  [32, { across: 4, apart: 8 }],
  [64, { across: 2, apart: 16 }],
]);

/**
 * Squares in each cell of a feature map, and the variances by which their offsets are decoded. Small squares stand closer together
 * than the cells do.
 *
 * @formula of each cell, for each `min_size` s: s = 32: 16 squares, 8 pixels apart; s = 64: 4 squares, 16 pixels apart; otherwise
 *   one. The last of a row or column has its centre one distance before the middle between two cells' centres. The side of a square
 *   is s − 1. Coordinates are divided by the size of the image
 * @bottoms x, the feature map (N, C, H, W); data, the image (N, C, height, width). Only their sizes are used
 * @tops y, (1, 2, H · W · P · 4): xmin, ymin, xmax, ymax of each box, then the four variances of each
 * @fields `min_size`. `variance`, `step`, `img_size`, `clip` and `offset` as of PriorBox. `max_size` and `aspect_ratio` are refused
 * @source prior_box_layer.cpp of sfzhang15/FaceBoxes; Zhang et al., FaceBoxes, 2017
 */
export class PriorBoxFaceBoxesLayer extends PriorBoxesLayer {
  static override readonly facts: LayerFacts = {
    type: 'PriorBox',
    origin: 'FaceBoxes',
    family: 'other',
    doc: 'Default squares of each cell of a feature map; small ones stand closer together.',
    bottoms: ['x', 'data'],
    tops: ['y'],
    params: ['prior_box_param'],
    variant: {
      name: 'faceboxes',
      schemas: ['faceboxes'],
      when: 'a PriorBox of the net has three min_size, and the convolutions beside it have outputs for 21 boxes',
      claims: () => false,
    },
    withoutCase: 'test/layers/prior-boxes.test.ts derives the boxes of small maps by hand',
  };

  protected override cellBoxes(): readonly CellBox[] {
    const { min_size = [], max_size = [], aspect_ratio = [] } = this.settings;
    this.check(min_size.length > 0, 'must provide min_size.', 'write min_size: …', 'prior_box_param.min_size');
    this.checkPositive('min_size', min_size);
    for (const [name, values] of Object.entries({ max_size, aspect_ratio }))
      this.check(values.length === 0, `FaceBoxes has no ${name}`, undefined, `prior_box_param.${name}`);
    return min_size.flatMap((size) => {
      const whole = Math.trunc(size);
      const { across, apart } = DENSE.get(whole) ?? { across: 1, apart: 0 };
      const places = Array.from({ length: across }, (_, i) => (i - Math.floor(across / 2)) * apart);
      return places.flatMap((dy) => places.map((dx) => ({ width: whole - 1, height: whole - 1, dx, dy })));
    });
  }
}
