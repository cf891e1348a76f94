/** PriorBox of the first TextBoxes: each default box twice. */
import type { LayerFacts } from './facts.js';
import { PriorBoxLayer } from './prior-box.js';

/**
 * The boxes of SSD's PriorBox, each followed by the same box with its centre at the lower edge of the cell.
 *
 * @formula as of PriorBox; the second box of each pair has its centre at ((w + ½) · step_w, (h + 1) · step_h)
 * @bottoms x, the feature map (N, C, H, W); data, the image (N, C, height, width). Only their sizes are used
 * @tops y, (1, 2, H · W · P · 4): xmin, ymin, xmax, ymax of each box, then the four variances of each
 * @fields those of PriorBox
 * @source prior_box_layer.cpp of MhLiao/TextBoxes; Liao et al., TextBoxes, 2017
 */
export class PriorBoxTextBoxesLayer extends PriorBoxLayer {
  static override readonly facts: LayerFacts = {
    type: 'PriorBox',
    origin: 'TextBoxes',
    family: 'other',
    doc: 'Default boxes of each cell of a feature map, each a second time at the lower edge of the cell.',
    bottoms: ['x', 'data'],
    tops: ['y'],
    params: ['prior_box_param'],
    variant: {
      name: 'textboxes',
      schemas: ['first-textboxes'],
      when: "flip is false, and the convolutions beside one have outputs for twice its boxes, of the detector's classes",
      claims: () => false,
    },
    withoutCase: 'test/layers/prior-boxes.test.ts derives the boxes of small maps by hand',
  };

  protected override get isDenser(): boolean {
    return true;
  }
}
