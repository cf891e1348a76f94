/** DetectionEvaluate: counts right and wrong detections. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * Compares detections with annotations: right and wrong ones of each class.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms detections as of DetectionOutput; label, the annotated boxes
 * @tops y, rows of image, class, score, right, wrong
 * @source detection_evaluate_layer.cpp of weiliu89/caffe (SSD)
 */
export class DetectionEvaluateLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'DetectionEvaluate',
    origin: 'SSD',
    family: 'other',
    doc: 'Compares detections with annotations: right and wrong ones of each class.',
    bottoms: ['detections', 'label'],
    tops: ['y'],
    params: ['detection_evaluate_param'],
    training: { labels: [1], measures: true },
    unsupported: {
      purpose: 'evaluate a detector on annotated data',
      instead: leftOutInstead,
    },
  };
}
