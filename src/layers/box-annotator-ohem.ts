/** BoxAnnotatorOHEM: chooses regions for training. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * Labels the regions with the largest losses only.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms rois, (R, 5); losses, labels and weights of the regions
 * @tops labels and weights of the regions
 * @source box_annotator_ohem_layer.cpp of daijifeng001/caffe-rfcn
 */
export class BoxAnnotatorOHEMLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'BoxAnnotatorOHEM',
    origin: 'R-FCN',
    family: 'other',
    doc: 'Labels the regions with the largest losses only.',
    bottoms: ['rois', 'losses', 'labels', 'weights'],
    tops: ['labels', 'weights'],
    params: ['box_annotator_ohem_param'],
    unsupported: { purpose: 'choose regions for training', instead: leftOutInstead },
  };
}
